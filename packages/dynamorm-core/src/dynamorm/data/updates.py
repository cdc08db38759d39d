"""Update actions: DynamoDB's SET, REMOVE, ADD and DELETE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path
from dynamorm.data.records import field, record
from dynamorm.data.values import AttributeValue


@record
class IfNotExists:
    """The value at the path, or the default when there is no value."""

    path: Path
    default: SetOperand


#: An operand of ``Plus``, ``Minus`` or ``ListAppend``, or the value of a ``Set``.
SetOperand: TypeAlias = Path | Value | IfNotExists


@record
class Plus:
    """The sum of two numbers."""

    left: SetOperand
    right: SetOperand


@record
class Minus:
    """The difference of two numbers."""

    left: SetOperand
    right: SetOperand


@record
class ListAppend:
    """One list followed by another: DynamoDB's ``list_append``, which can append and prepend."""

    left: SetOperand
    right: SetOperand


#: The value of a ``Set``. Functions and sums are not nested, except for ``IfNotExists``.
SetValue: TypeAlias = SetOperand | Plus | Minus | ListAppend


@record
class Set:
    """SET: put a value at the path. Operands that are paths refer to the item as it was before the update."""

    path: Path
    value: SetValue


@record
class Remove:
    """REMOVE: remove the value at the path. Nothing happens when there is no value."""

    path: Path


@record
class Add:
    """ADD: add to a number, or add elements to a set. Without a value, it starts from 0 or the empty set."""

    path: Path
    value: AttributeValue = field(repr=False)


@record
class Delete:
    """DELETE: remove elements from a set. The attribute is removed when no element is left."""

    path: Path
    value: AttributeValue = field(repr=False)


#: What to do about an update that reads a value that the item does not have, for messages.
MISSING_OPERAND_ADVICE = (
    "For a number that may be missing, use '__add' instead of '__plus': it starts from 0. Give another operand a "
    "default, as in Book.rebate.if_not_exists(0), or update only items that have it, with a condition."
)
#: What to do about an update below a map or a list that the item does not have, for messages.
MISSING_PARENT_ADVICE = (
    "Set the map or list as a whole, or first make an empty one where there is none, as in "
    "update_item(…, child__if_not_exists={}). An instance that was read, and whose item lacks a map, writes it itself."
)

#: What to do about an update of a number, a list or a set that is something else, for messages.
NULL_OPERAND_ADVICE = (
    "NULL, an explicit None, is no number, list or set: set the field to a value first, or remove it, as in "
    "update_item(…, rebate__remove=True), which makes '__add' and '__append' begin anew."
)

#: One action of an update.
UpdateAction: TypeAlias = Set | Remove | Add | Delete


def overlapping(actions: Sequence[UpdateAction]) -> Iterator[tuple[Path, Path]]:
    """Yield the paths of each pair of *actions* that overlap, which DynamoDB refuses."""
    for position, action in enumerate(actions):
        for other in actions[position + 1 :]:
            if action.path.overlaps(other.path):
                yield action.path, other.path


def values(action: UpdateAction) -> Iterator[AttributeValue]:
    """Yield each constant in an *action*, as often as it occurs."""
    if isinstance(action, (Add, Delete)):
        yield action.value
    elif isinstance(action, Set):
        yield from _constants(action.value)


def operand_paths(actions: Sequence[UpdateAction]) -> Iterator[Path]:
    """Yield each path that an operand of the *actions* reads."""
    for action in actions:
        if isinstance(action, Set):
            yield from _operand_paths(action.value)


def _operand_paths(operand: SetValue) -> Iterator[Path]:
    match operand:
        case Path():
            yield operand
        case IfNotExists(path=path, default=default):
            yield path
            yield from _operand_paths(default)
        case Plus(left=left, right=right) | Minus(left=left, right=right) | ListAppend(left=left, right=right):
            yield from _operand_paths(left)
            yield from _operand_paths(right)


def _constants(operand: SetValue) -> Iterator[AttributeValue]:
    if isinstance(operand, Value):
        yield operand.value
    elif isinstance(operand, IfNotExists):
        yield from _constants(operand.default)
    elif isinstance(operand, (Plus, Minus, ListAppend)):
        yield from _constants(operand.left)
        yield from _constants(operand.right)

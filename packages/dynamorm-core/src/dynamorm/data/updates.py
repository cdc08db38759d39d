"""Update actions: what an update does to an item, DynamoDB's SET, REMOVE, ADD and DELETE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue


@record
class IfNotExists:
    """The value at the path, or the default when there is none."""

    path: Path
    default: Path | Value


#: What an operand of an arithmetic or list function is.
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
    """One list followed by another: DynamoDB's ``list_append``, which also prepends."""

    left: SetOperand
    right: SetOperand


@record
class Set:
    """SET: puts a value at the path. Operands that are paths read the item as it was before the update."""

    path: Path
    value: SetOperand | Plus | Minus | ListAppend


@record
class Remove:
    """REMOVE: takes away what stands at the path; nothing happens when there is nothing."""

    path: Path


@record
class Add:
    """ADD: adds to a number, or elements to a set; starts from 0 or the empty set when there is none."""

    path: Path
    value: AttributeValue


@record
class Delete:
    """DELETE: takes elements out of a set; the attribute goes when none is left."""

    path: Path
    value: AttributeValue


#: One change of an update.
UpdateAction: TypeAlias = Set | Remove | Add | Delete


def overlapping(actions: Sequence[UpdateAction]) -> Iterator[tuple[Path, Path]]:
    """Each pair of paths that two of the *actions* both touch, which DynamoDB refuses."""
    for position, action in enumerate(actions):
        for other in actions[position + 1 :]:
            if action.path.overlaps(other.path):
                yield action.path, other.path


def values(action: UpdateAction) -> Iterator[AttributeValue]:
    """Each constant of an *action*, as often as it stands there."""
    if isinstance(action, (Add, Delete)):
        yield action.value
    elif isinstance(action, Set):
        yield from _constants(action.value)


def _constants(operand: SetOperand | Plus | Minus | ListAppend) -> Iterator[AttributeValue]:
    if isinstance(operand, Value):
        yield operand.value
    elif isinstance(operand, IfNotExists):
        yield from _constants(operand.default)
    elif isinstance(operand, (Plus, Minus, ListAppend)):
        yield from _constants(operand.left)
        yield from _constants(operand.right)

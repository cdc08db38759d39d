"""Updates of items, by the actions of an update expression.

The rules are those of "Using update expressions in DynamoDB" in the developer guide. Where the guide says nothing, they
are those of Amazon's DynamoDB Local. Every operand reads the item as it was before the update, and an index into a list
refers to the list as it was before the update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from enum import Enum
from typing import Final, NamedTuple, TypeAlias, cast

from dynamorm.data import (
    Add,
    AttributeType,
    AttributeValue,
    Delete,
    IfNotExists,
    Item,
    ListAppend,
    Minus,
    Number,
    Path,
    PathElement,
    Plus,
    Remove,
    Set,
    SetOperand,
    UpdateAction,
    Value,
    normalise,
    type_of,
)
from dynamorm.data.conditions import unknown
from dynamorm.data.updates import MISSING_OPERAND_ADVICE, MISSING_PARENT_ADVICE, NULL_OPERAND_ADVICE
from dynamorm.exceptions import InvalidUpdate
from dynamorm.rules.paths import MISSING, check_value, overlapping_paths, value_at


class _Removed(Enum):
    """A placeholder for a removed value, so that indexes stay valid until the update is complete."""

    REMOVED = "removed"


_REMOVED: Final = _Removed.REMOVED
_NewValue: TypeAlias = AttributeValue | _Removed
_Container: TypeAlias = dict[str, _NewValue] | list[_NewValue]

# Exact for any two numbers that DynamoDB can hold: 1E-130 and 1E+125 lie 256 digits apart.
_ARITHMETIC: Final = Context(prec=400)
_SET_TYPES: Final[frozenset[AttributeType]] = frozenset({"SS", "NS", "BS"})
_TYPE_NAMES: Final[Mapping[AttributeType, str]] = {"N": "numbers", "L": "lists"}


class Update:
    """A sequence of update actions on items of one table, which is checked once.

    ``Update("books", actions).apply_to(item)`` is what DynamoDB makes of an item.

    Args:
        table: The name of the table, for messages.
        actions: The actions.

    Raises:
        InvalidUpdate: DynamoDB refuses the actions, whatever the item.
        InvalidValue: It refuses a value in them.
        Unsupported: An action, or an operand in it, is of an unknown type.
    """

    __slots__ = ("_actions", "_table")

    def __init__(self, table: str, actions: Sequence[UpdateAction]) -> None:
        self._table = table
        self._actions = actions
        for action in actions:
            self._check_constants(action)
        for path, other in overlapping_paths([action.path for action in actions]):
            if path == other:
                raise InvalidUpdate(
                    f"One update of '{table}' changes '{path}' twice. Make it two updates, or one change."
                )
            raise InvalidUpdate(
                f"One update of '{table}' changes both '{path}' and '{other}', which overlap. Make it two updates, "
                "or one change of the outer value."
            )

    def apply_to(self, item: Item) -> Item:
        """Return an updated copy of *item*, which shares the values that did not change.

        An item that is not there is updated as one that has only its key.

        Raises:
            InvalidUpdate: A path leads nowhere, or an operand has the wrong type.
            InvalidValue: A result is a number that can't be stored.
        """
        result = dict(item)
        for attribute in {action.path.attribute for action in self._actions if len(action.path.elements) > 1}:
            if attribute in item:
                result[attribute] = _copied(item[attribute])
        changes = [
            _Change(self._parent(action.path, result), action.path.elements[-1], self._new_value(action, item))
            for action in self._actions
        ]
        _make(changes)
        return result

    def changed_attributes(self, item: Item) -> Item:
        """Return the attributes of *item* in which an action has a value, as ``UPDATED_NEW`` asks for."""
        paths = [action.path for action in self._actions]
        return {path.attribute: item[path.attribute] for path in paths if value_at(item, path) is not MISSING}

    def _check_constants(self, action: UpdateAction) -> None:
        match action:
            case Set(path=path, value=Plus(left=left, right=right) | Minus(left=left, right=right)):
                self._check_operands((left, right), path, "N")
            case Set(path=path, value=ListAppend(left=left, right=right)):
                self._check_operands((left, right), path, "L")
            case Set(path=path, value=operand):
                self._check_operands((operand,), path)
            case Add(path=path, value=value):
                check_value(value)
                if type_of(value) not in {"N", *_SET_TYPES}:
                    raise self._wrong_type(
                        path, f"ADD takes a number or a set, not a value of the type {type_of(value)}"
                    )
            case Delete(path=path, value=value):
                check_value(value)
                if type_of(value) not in _SET_TYPES:
                    raise self._wrong_type(path, f"DELETE takes a set, not a value of the type {type_of(value)}")
            case Remove():
                pass
            case _:
                raise unknown("Update actions", type(action))

    def _check_operands(self, operands: Sequence[object], path: Path, kind: AttributeType | None = None) -> None:
        for operand in operands:
            if isinstance(operand, Value):
                check_value(operand.value)
                if kind is not None:
                    self._check_type(operand.value, kind, path)
            elif isinstance(operand, IfNotExists):
                if operand.path == operand.default:
                    raise InvalidUpdate(
                        f"The update of '{path}' in '{self._table}' gives '{operand.path}' itself as its default. Give "
                        "a value."
                    )
                self._check_operands((operand.default,), path)
            elif not isinstance(operand, Path):
                raise unknown("Operands", type(operand))

    def _check_type(self, value: AttributeValue, kind: AttributeType, path: Path) -> None:
        if type_of(value) != kind:
            raise self._wrong_type(path, f"it takes {_TYPE_NAMES[kind]}, not a value of the type {type_of(value)}")

    def _parent(self, path: Path, result: Item) -> _Container:
        """Return the map or list in *result* that contains the value at *path*."""
        outer = Path(path.elements[:-1]) if len(path.elements) > 1 else None
        parent = result if outer is None else value_at(result, outer)
        if isinstance(parent, dict if isinstance(path.elements[-1], str) else list):
            return cast("_Container", parent)
        kind = "map" if isinstance(path.elements[-1], str) else "list"
        raise InvalidUpdate(
            f"The update of '{self._table}' can't reach '{path}', because '{outer}' is not a {kind} in this item. "
            f"{MISSING_PARENT_ADVICE}"
        )

    def _new_value(self, action: UpdateAction, item: Item) -> _NewValue:
        if isinstance(action, Set):
            return self._set_value(action, item)
        if isinstance(action, Add):
            return self._sum(action, item)
        if isinstance(action, Delete):
            return self._difference(action, item)
        return _REMOVED

    def _set_value(self, action: Set, item: Item) -> AttributeValue:
        path = action.path
        if isinstance(action.value, (Plus, Minus)):
            left, right = self._operand(action.value.left, item, path), self._operand(action.value.right, item, path)
            self._check_type(left, "N", path)
            self._check_type(right, "N", path)
            number = _sum(cast("Number", left), cast("Number", right), subtract=isinstance(action.value, Minus))
            return normalise(number, str(path))
        if isinstance(action.value, ListAppend):
            left, right = self._operand(action.value.left, item, path), self._operand(action.value.right, item, path)
            self._check_type(left, "L", path)
            self._check_type(right, "L", path)
            return [*cast("list[AttributeValue]", left), *cast("list[AttributeValue]", right)]
        return self._operand(action.value, item, path)

    def _operand(self, operand: SetOperand, item: Item, path: Path) -> AttributeValue:
        if isinstance(operand, Value):
            return operand.value
        if isinstance(operand, IfNotExists):
            # The default is always looked up, since DynamoDB refuses a default that is missing.
            default = self._operand(operand.default, item, path)
            present = value_at(item, operand.path)
            return default if present is MISSING else present
        value = value_at(item, operand)
        if value is MISSING:
            raise InvalidUpdate(
                f"The update of '{path}' in '{self._table}' reads '{operand}', which this item does not have. "
                f"{MISSING_OPERAND_ADVICE}"
            )
        return value

    def _sum(self, action: Add, item: Item) -> AttributeValue:
        present, added = value_at(item, action.path), action.value
        if present is MISSING:
            return added
        if type_of(present) != type_of(added):
            raise self._wrong_type(action.path, f"ADD can't add a {type_of(added)} to a {type_of(present)}")
        if isinstance(added, set):
            return cast("AttributeValue", cast("set[str]", present) | cast("set[str]", added))
        return normalise(_sum(cast("Number", present), cast("Number", added)), str(action.path))

    def _difference(self, action: Delete, item: Item) -> _NewValue:
        present, deleted = value_at(item, action.path), action.value
        if present is MISSING:
            return _REMOVED
        if type_of(present) != type_of(deleted):
            raise self._wrong_type(action.path, f"DELETE can't take a {type_of(deleted)} out of a {type_of(present)}")
        return cast("AttributeValue", cast("set[str]", present) - cast("set[str]", deleted)) or _REMOVED

    def _wrong_type(self, path: Path, reason: str) -> InvalidUpdate:
        advice = f" {NULL_OPERAND_ADVICE}" if "NULL" in reason else ""
        return InvalidUpdate(
            f"The update of '{path}' in '{self._table}' has an operand of the wrong type: {reason}.{advice}"
        )


class _Change(NamedTuple):
    """A value to put into a map or a list, or to remove from it."""

    container: _Container
    element: PathElement
    value: _NewValue


def _make(changes: Sequence[_Change]) -> None:
    lists: list[list[_NewValue]] = []
    # Elements that are set beyond the end of a list are appended, in the order of their indexes.
    for change in sorted(changes, key=lambda change: change.element if isinstance(change.element, int) else 0):
        container, element, value = change.container, change.element, change.value
        if isinstance(container, dict):
            if value is _REMOVED:
                container.pop(str(element), None)
            else:
                container[str(element)] = value
        elif isinstance(element, int):
            lists.append(container)
            if element < len(container):
                container[element] = value
            elif value is not _REMOVED:
                container.append(value)
    for elements in lists:
        elements[:] = [element for element in elements if element is not _REMOVED]


def _sum(left: Number, right: Number, *, subtract: bool = False) -> Number:
    """Return the exact sum of two numbers, or their exact difference."""
    if isinstance(left, int) and isinstance(right, int):
        return left - right if subtract else left + right
    calculate = _ARITHMETIC.subtract if subtract else _ARITHMETIC.add
    return calculate(Decimal(left), Decimal(right))


def _copied(value: AttributeValue) -> AttributeValue:
    if isinstance(value, dict):
        return {name: _copied(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_copied(element) for element in value]
    return value

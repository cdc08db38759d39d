"""The keywords of an update, and the update actions that they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from dynamorm.data.conditions import Value
from dynamorm.data.paths import PathElement
from dynamorm.data.updates import (
    Add,
    Delete,
    IfNotExists,
    ListAppend,
    Minus,
    Plus,
    Remove,
    Set,
    UpdateAction,
)
from dynamorm.data.values import AttributeType, AttributeValue, Item, type_of
from dynamorm.exceptions import InvalidUpdate, ValidationError
from dynamorm.model.query.changes import Change, changes_of
from dynamorm.model.query.expressions import OperandExpression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.fields import FieldLocation, LookupPath, SchemaFields
from dynamorm.model.query.update_operands import (
    LISTS,
    NUMBERS,
    SETS,
    OperandResolver,
    PathWithDefault,
    Sum,
    added_value,
    list_value,
    stored_types,
)

ActionBuilder = Callable[[FieldLocation, Any], UpdateAction]
#: A change as it is given: a keyword, or a field path for names that keywords can't spell, or a change itself.
ChangeKey: TypeAlias = str | FieldPath | Change
#: Changes as a user gives them, with their values.
Changes: TypeAlias = Mapping[ChangeKey, Any]


def _list(location: FieldLocation, value: Any, function: str) -> Value:
    stored = list_value(location, value)
    if not isinstance(stored, list):
        raise InvalidUpdate(f"'{location.label}__{function}' takes a list of the elements to add.")
    return Value(stored)


def _number(location: FieldLocation, value: Any, function: str) -> Value:
    stored = location.dump(value)
    if type_of(stored) != "N":
        raise InvalidUpdate(f"'{location.label}__{function}' takes a number.")
    return Value(stored)


def _present_list(location: FieldLocation) -> IfNotExists:
    """Return the operand for the list at a *location*; a list that is not there counts as empty."""
    return IfNotExists(location.path, Value([]))


def _append(location: FieldLocation, value: Any) -> UpdateAction:
    return Set(location.path, ListAppend(_present_list(location), _list(location, value, "append")))


def _prepend(location: FieldLocation, value: Any) -> UpdateAction:
    return Set(location.path, ListAppend(_list(location, value, "prepend"), _present_list(location)))


def _plus(location: FieldLocation, value: Any) -> UpdateAction:
    return Set(location.path, Plus(location.path, _number(location, value, "plus")))


def _minus(location: FieldLocation, value: Any) -> UpdateAction:
    return Set(location.path, Minus(location.path, _number(location, value, "minus")))


def _if_not_exists(location: FieldLocation, value: Any) -> UpdateAction:
    return Set(location.path, IfNotExists(location.path, Value(location.dump(value, validate=True))))


def _remove(location: FieldLocation, value: Any) -> UpdateAction:
    if value is not True:
        raise InvalidUpdate(f"'{location.label}__remove' takes True; leave it out to keep the attribute.")
    return Remove(location.path)


def _add(location: FieldLocation, value: Any) -> UpdateAction:
    stored = added_value(location, value)
    if type_of(stored) not in NUMBERS | SETS:
        raise InvalidUpdate(f"'{location.label}__add' takes a number, or a set of elements to add to a set.")
    return Add(location.path, stored)


def _delete(location: FieldLocation, value: Any) -> UpdateAction:
    stored = location.dump(value)
    if type_of(stored) not in SETS:
        raise InvalidUpdate(f"'{location.label}__delete' takes a set of the elements to remove from a set.")
    return Delete(location.path, stored)


FUNCTIONS: Mapping[str, ActionBuilder] = {
    "append": _append,
    "prepend": _prepend,
    "plus": _plus,
    "minus": _minus,
    "if_not_exists": _if_not_exists,
    "remove": _remove,
    "add": _add,
    "delete": _delete,
}


#: The DynamoDB types that a function can change, with words for them, for the functions that can't change every type.
_FUNCTION_TYPES: Mapping[str, tuple[frozenset[AttributeType], str]] = {
    "plus": (NUMBERS, "a number"),
    "minus": (NUMBERS, "a number"),
    "append": (LISTS, "a list"),
    "prepend": (LISTS, "a list"),
    "add": (NUMBERS | SETS, "a number or a set"),
    "delete": (SETS, "a set"),
}


def _refuse_function(location: FieldLocation, function: str, cause: Exception) -> None:
    """Refuse a *function* that can't change what the schema has at the *location*."""
    if location.field is None or function not in _FUNCTION_TYPES:
        return
    changed, words = _FUNCTION_TYPES[function]
    possible, kind = stored_types(location.field)
    if possible and not possible & changed:
        raise InvalidUpdate(
            f"'{location.label}__{function}' changes {words}, but '{location.label}' is {kind} in the schema of "
            f"{location.model_name}. Set it as a whole, without '__{function}'."
        ) from cause


def split_change(fields: SchemaFields, change: ChangeKey) -> LookupPath:
    """Split the key of a *change* into the names of its location and the function after them, if any.

    Raises:
        InvalidSchemaField: The keyword does not begin with a field's name.
        InvalidOperator: A part between double underscores is empty.
    """
    if isinstance(change, FieldPath):
        return LookupPath(change.names, (), is_keyword=False)
    if isinstance(change, Change):
        return LookupPath(change.names, () if change.function == "set" else (change.function,), is_keyword=False)
    return fields.split(change, _functions_at_end)


def _functions_at_end(parts: Sequence[str]) -> int:
    return int(bool(parts) and parts[-1] in FUNCTIONS)


def build_action(fields: SchemaFields, change: LookupPath, value: Any) -> UpdateAction:
    """Return the action of one *change*: of a part of a field, or of a whole field by a function or an operand."""
    location = fields.locate(change.names, keyword_of="update" if change.is_keyword else None)
    if not location.takes_values and change.operators != ("remove",):
        raise InvalidUpdate(
            f"'{location.label}' of {location.model_name} can't be set: the schema computes it, or only serialises it, "
            "and items are read without the value. Set the fields that it is made from."
        )
    if change.operators:
        function = change.operators[0]
        try:
            if isinstance(value, OperandExpression):
                return _computed(fields, location, _operand_of(location, change.names, function, value))
            return FUNCTIONS[function](location, value)
        except (InvalidUpdate, ValidationError) as error:
            # The value does not fit the field, or not this function. Often no value could fit both.
            _refuse_function(location, function, error)
            raise
    if isinstance(value, OperandExpression):
        return _computed(fields, location, value)
    return assignment(location, location.dump(value, validate=True))


def _computed(fields: SchemaFields, location: FieldLocation, operand: OperandExpression) -> UpdateAction:
    return Set(location.path, OperandResolver(fields, location).value(operand))


def _operand_of(
    location: FieldLocation, names: tuple[PathElement, ...], function: str, given: OperandExpression
) -> OperandExpression:
    """Return what a *function* of an update sets the value at *names* to, when it is *given* an operand."""
    present = FieldPath(names)
    match function:
        case "plus":
            return present + given
        case "minus":
            return present - given
        case "append":
            return PathWithDefault(names, []) + given
        case "prepend":
            return Sum(given, "+", PathWithDefault(names, []))
        case "if_not_exists":
            return PathWithDefault(names, given)
    raise InvalidUpdate(
        f"'{location.label}__{function}' takes a value, not what the item has in another field: DynamoDB's SET can use "
        f"that, as in {location.label}=Book.one + Book.other, but not its ADD, DELETE and REMOVE."
    )


def assignment(location: FieldLocation, stored: AttributeValue) -> UpdateAction:
    """Return the action that sets a *stored* value at a *location*; a top-level ``None`` removes the attribute."""
    if stored is None and len(location.path.elements) == 1:
        return Remove(location.path)
    return Set(location.path, Value(stored))


def has_known_result(action: UpdateAction) -> bool:
    """Return whether the result of an *action* is known without the item in the table."""
    return isinstance(action, Remove) or (isinstance(action, Set) and isinstance(action.value, Value))


def assigned_values(actions: Iterable[UpdateAction]) -> Item:
    """Return the values that *actions* assign to whole attributes, regardless of the value before."""
    return {
        action.path.attribute: action.value.value
        for action in actions
        if isinstance(action, Set) and isinstance(action.value, Value) and len(action.path.elements) == 1
    }


def removed_attributes(actions: Iterable[UpdateAction]) -> set[str]:
    """Return the attributes that *actions* may remove, as a whole or in part."""
    return {action.path.attribute for action in actions if isinstance(action, (Remove, Delete))}


def merge_changes(keywords: Mapping[str, Any], changes: object) -> dict[ChangeKey, Any]:
    """Return the changes of an update, given as keywords and by field path or as :class:`Change`, in one dict.

    Raises:
        InvalidUpdate: The positional argument is something else. DynamORM 0.11 took conditions there, which must never
            be written as if they were changes.
    """
    given: Mapping[Any, Any] = {}
    if isinstance(changes, Mapping) and all(isinstance(path, FieldPath) for path in changes):
        given = changes
    elif changes is not None:
        given = changes_of(changes)
    return {name: value for named in (keywords, given) for name, value in named.items()}

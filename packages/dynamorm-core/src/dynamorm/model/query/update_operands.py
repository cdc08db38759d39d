"""Operands of updates: values that DynamoDB computes from what the item has, ``Book.list_price - Book.rebate``.

DynamoDB takes a path, ``if_not_exists`` of a path, and one ``+`` or ``-`` of two of these or of constants. ``+`` of two
lists is its ``list_append``. See "Using update expressions in DynamoDB" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import GenericAlias
from typing import Any, NoReturn

from dynamorm.data.conditions import Operand, Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.records import replace
from dynamorm.data.updates import IfNotExists, ListAppend, Minus, Plus, SetOperand, SetValue
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeType, AttributeValue, type_of
from dynamorm.exceptions import InvalidOperator, InvalidUpdate, InvalidValue, ValidationError
from dynamorm.model.query.date_times import differ_in_form
from dynamorm.model.query.expressions import OperandExpression, spelled_operand, spelled_path
from dynamorm.model.query.fields import FieldLocation, SchemaFields
from dynamorm.ports.schemas import SchemaField, Shape

NUMBERS: frozenset[AttributeType] = frozenset({"N"})
LISTS: frozenset[AttributeType] = frozenset({"L"})
SETS: frozenset[AttributeType] = frozenset({"SS", "NS", "BS"})


class UpdateOperand(OperandExpression):
    """A path, or a path with a default, which ``+`` and ``-`` combine with another one or with a constant."""

    _names: tuple[PathElement, ...]
    #: For annotations: type checkers know the type of the value.
    __class_getitem__: Any = classmethod(GenericAlias)

    def __add__(self, other: Any) -> Sum:
        return Sum(self, "+", other)

    def __radd__(self, other: Any) -> Sum:
        return Sum(other, "+", self)

    def __sub__(self, other: Any) -> Sum:
        return Sum(self, "-", other)

    def __rsub__(self, other: Any) -> Sum:
        return Sum(other, "-", self)


class _UpdateOnly(OperandExpression):
    """What DynamoDB computes in updates, but in no condition."""

    def operand(self, fields: SchemaFields) -> Operand:
        """Raise :class:`~dynamorm.exceptions.InvalidOperator`."""
        raise self._refusal()

    def _usage(self) -> str:
        """Say where it stands."""
        return "It can only be the value of an update, for which DynamoDB computes one + or -."

    def _refuse(self, other: object) -> NoReturn:
        raise self._refusal()

    def _refusal(self) -> InvalidOperator:
        return InvalidOperator(
            f"{self!r} can only be the value of an update: a condition of DynamoDB computes nothing. Compare with a "
            "value or with a field."
        )

    def __repr__(self) -> str:
        return self.spelled()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = object.__hash__


class PathWithDefault(_UpdateOnly, UpdateOperand):
    """The value at a path, or a default when there is none: ``Book.seen.if_not_exists(0)``."""

    def __init__(self, names: tuple[PathElement, ...], default: Any) -> None:
        self._names = names
        self.default = default

    def spelled(self) -> str:
        """Return the path and its default."""
        return f"{spelled_path(self._names)}.if_not_exists({spelled_operand(self.default)})"


class Sum(_UpdateOnly):
    """``left + right`` or ``left - right``. At least one of them is an :class:`UpdateOperand`."""

    def __init__(self, left: Any, sign: str, right: Any) -> None:
        if isinstance(left, Sum) or isinstance(right, Sum):
            raise _too_many_operands()
        self.left = left
        self.sign = sign
        self.right = right

    def _extend(self, other: object) -> NoReturn:
        raise _too_many_operands()

    __add__ = __radd__ = __sub__ = __rsub__ = _extend

    def spelled(self) -> str:
        """Return both operands and the sign."""
        return f"{spelled_operand(self.left)} {self.sign} {spelled_operand(self.right)}"


def _too_many_operands() -> InvalidUpdate:
    return InvalidUpdate(
        "DynamoDB computes one + or - of two operands for an attribute, not of more. Add up constants before, or make "
        "several updates, or read the item and save what you compute from it."
    )


class OperandResolver:
    """Converts operands for an update of the value at one *target*, whose field the result must fit."""

    def __init__(self, fields: SchemaFields, target: FieldLocation) -> None:
        self._fields = fields
        self._target = target

    def value(self, given: OperandExpression) -> SetValue:
        """Return the value of a SET.

        Raises:
            ValidationError: A constant, or the field of an operand, has a type that does not fit.
            InvalidUpdate: DynamoDB can't compute the value.
        """
        if isinstance(given, Sum):
            return self._sum(given)
        return self.operand(given, stored_types(self._target.field)[0], f"is set to '{self._target.label}'")

    def operand(
        self, given: OperandExpression, types: frozenset[AttributeType], use: str, *, validate: bool = True
    ) -> Path | IfNotExists:
        """Return one operand, whose field may be of these DynamoDB *types* (of any, if there are none).

        *use* says what it is used for, and *validate* whether its default is to be stored as it is.
        """
        if isinstance(given, Sum):
            raise _too_many_operands()
        if not isinstance(given, UpdateOperand):
            raise InvalidUpdate(
                f"'{self._target.label}' was given the size of a value, which DynamoDB knows in conditions only. Store "
                "the size in an attribute of its own."
            )
        location = self._fields.locate(given._names)
        self._check_field(location, types, use)
        self._check_form(location, self._target)
        self._check_elements(location)
        if not isinstance(given, PathWithDefault):
            return location.path
        default: SetOperand
        if isinstance(given.default, OperandExpression):
            default = self.operand(given.default, types, use, validate=validate)
        else:
            places = (self._target,) if validate and self._target.field is not None else (self._target, location)
            default = self._constant(given.default, places, types, validate=validate)
        if default == location.path:
            raise InvalidUpdate(f"'{location.label}' is its own default, which DynamoDB refuses. Give another one.")
        return IfNotExists(location.path, default)

    def _sum(self, given: Sum) -> SetValue:
        places = [self._target]
        places += [
            self._fields.locate(each._names) for each in (given.left, given.right) if isinstance(each, UpdateOperand)
        ]
        if any(isinstance(each, (set, frozenset)) for each in (given.left, given.right)):
            raise InvalidUpdate(
                f"'{self._target.label}' can't be set to a sum with a set, which DynamoDB does not compute. Use "
                f"'{self._target.label}__add' or '{self._target.label}__delete', which change a set."
            )
        if any(map(_is_list, (given.left, given.right))) or any(
            place.field is not None and place.field.shape is Shape.LIST for place in places
        ):
            if given.sign == "-":
                raise InvalidUpdate(
                    f"'{self._target.label}' can't be set to the difference of lists, which DynamoDB does not compute. "
                    "Remove elements by their index, as in update({Book.tags[0]: …}) or tags__0__remove=True."
                )
            return ListAppend(*self._operands(given, places, LISTS, "is joined with a list"))
        left, right = self._operands(given, places, NUMBERS, f"is used with {given.sign}, which computes numbers")
        return Plus(left, right) if given.sign == "+" else Minus(left, right)

    def _operands(
        self, given: Sum, places: Sequence[FieldLocation], types: frozenset[AttributeType], use: str
    ) -> tuple[SetOperand, SetOperand]:
        self._check_field(self._target, types, use)
        left, right = (
            self.operand(each, types, use, validate=False)
            if isinstance(each, OperandExpression)
            else self._constant(each, places, types)
            for each in (given.left, given.right)
        )
        return left, right

    def _constant(
        self, value: Any, places: Sequence[FieldLocation], types: frozenset[AttributeType], *, validate: bool = False
    ) -> Value:
        """Return a constant, as the first of the *places* stores it that has a field and accepts the value."""
        refusals: list[Exception] = []
        for place in sorted(places, key=lambda place: place.field is None):
            try:
                stored = list_value(place, value) if types == LISTS else place.dump(value, validate=validate)
            except (ValidationError, InvalidValue) as error:
                refusals.append(error)
                continue
            if not types or type_of(stored) in types:
                return Value(stored)
        if refusals:
            raise refusals[0]
        what = "a list" if types == LISTS else "a number" if types == NUMBERS else "another type"
        raise InvalidUpdate(f"'{self._target.label}' is set to a value computed with a constant, which must be {what}.")

    def _check_field(self, location: FieldLocation, types: frozenset[AttributeType], use: str) -> None:
        """Raise ``ValidationError`` if what is stored at a *location* has none of these *types*."""
        possible, kind = stored_types(location.field)
        if types and possible and not possible & types:
            error = f"'{location.label}' is {kind} in the schema of {location.model_name}, but {use}."
            raise ValidationError(repr(location.label), location.model_name, {self._target.label: [error]})

    def _check_form(self, location: FieldLocation, target: FieldLocation) -> None:
        if differ_in_form(location.field, target.field):
            raise InvalidUpdate(
                f"'{self._target.label}' can't take the value of '{location.label}', which stores date-times in "
                "another form, and DynamoDB copies their text. Read the item, and save the value."
            )

    def _check_elements(self, location: FieldLocation) -> None:
        """Raise ``ValidationError`` if the elements of the list at a *location* can't be elements of the target."""
        elements, label = self._target.element(), f"{self._target.label}[…]"
        while location.field is not None and location.field.shape is Shape.LIST and elements.field is not None:
            location = replace(location.element(), label=f"{location.label}[…]")
            self._check_field(location, stored_types(elements.field)[0], f"becomes '{label}'")
            self._check_form(location, elements)
            elements, label = elements.element(), f"{label}[…]"


def _is_list(operand: object) -> bool:
    return _is_list(operand.default) if isinstance(operand, PathWithDefault) else isinstance(operand, (list, tuple))


def list_value(location: FieldLocation, value: Any) -> AttributeValue:
    """Return the stored form of a list that is joined with the one at a *location*; its elements are validated."""
    stored = location.dump(value)
    if not isinstance(stored, list):
        return stored
    validated = _validated_elements(location, value if isinstance(value, (list, tuple)) else stored)
    if len(validated) != len(stored):
        return stored
    # Nested objects have their defaults only when they are validated as whole ones.
    return [
        whole if isinstance(each, dict) and isinstance(whole, dict) else each
        for each, whole in zip(stored, validated, strict=True)
    ]


def added_value(location: FieldLocation, value: Any) -> AttributeValue:
    """Return the stored form of what is added at a *location*; if it is a set, its elements are validated."""
    stored = location.dump(value)
    if isinstance(stored, (set, frozenset)):
        _validated_elements(location, value if isinstance(value, (set, frozenset)) else stored)
    return stored


def _validated_elements(location: FieldLocation, elements: Iterable[Any]) -> list[AttributeValue]:
    # Validators of the whole field expect a whole value, and would refuse a part; those of the elements have to run.
    return [location.element(index).dump(element, validate=True) for index, element in enumerate(elements)]


def stored_types(field: SchemaField | None) -> tuple[frozenset[AttributeType], str]:
    """Return the DynamoDB types that a *field* may be stored as, with words for them; none when they are not known."""
    if field is not None:
        if field.shape is Shape.MAP:
            return frozenset({"M"}), "a map"
        if field.shape is Shape.LIST:
            return LISTS | SETS, "a list or a set"
        if field.shape is Shape.SCALAR and field.key_type is not None:
            return frozenset({field.key_type}), KEY_TYPE_NAMES[field.key_type]
        if (
            field.shape is Shape.SCALAR
            and _takes(field, value=True)
            and not (_takes(field, value=5) or _takes(field, value="text"))
        ):
            return frozenset({"BOOL"}), "a boolean"
    return frozenset(), ""


def _takes(field: SchemaField, *, value: Any) -> bool:
    try:
        return bool(field.dump(value) == value)
    except Exception:  # noqa: BLE001 - a validator of the program's may raise anything
        return False

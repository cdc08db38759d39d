"""What the type of a field tells about its stored values: shape, type of a key, order, JSON Schema."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

from dynamorm.data.values import KEY_TYPE_NAMES, KeyType
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.date_times import refuse_nested_form
from dynamorm.ports.nested_schemas import check_attributes
from dynamorm.ports.schemas import Shape
from dynamorm_attrs.annotations import Kind, TypeInfo, Unsupported, info_of
from dynamorm_attrs.classes import ATTRIBUTE, ClassInfo, class_info
from dynamorm_attrs.scalars import SCALARS

_SHAPES: Mapping[Kind, Shape] = {
    Kind.ANY: Shape.ANY,
    **dict.fromkeys((Kind.LIST, Kind.TUPLE, Kind.VARIADIC_TUPLE, Kind.SET), Shape.LIST),
    **dict.fromkeys((Kind.MAP, Kind.CLASS), Shape.MAP),
}
#: Types that may be in one union, because their stored values differ, or are equal where they are alike.
_TOLD_APART: tuple[frozenset[type], ...] = (
    frozenset({int, float, Decimal}),
    frozenset({ipaddress.IPv4Address, ipaddress.IPv6Address}),
)
_TEXT_AND_NUMBERS: Final[tuple[KeyType, ...]] = ("S", "N")
_KEY_TYPES: Mapping[type, KeyType] = {str: "S", int: "N", float: "N", Decimal: "N", bytes: "B"}


def choices_of(info: TypeInfo) -> list[TypeInfo]:
    """Return the types that a value may have besides ``None``: those of a union, or the one."""
    if info.kind is not Kind.UNION:
        return [info]
    return [choice for part in info.choices for choice in choices_of(info_of(part)) if choice.kind is not Kind.NONE]


def shape_of(info: TypeInfo) -> Shape:
    """Return what can stand below values of a type."""
    shapes = {_SHAPES.get(choice.kind, Shape.SCALAR) for choice in choices_of(info)}
    return shapes.pop() if len(shapes) == 1 else Shape.ANY if shapes else Shape.SCALAR


def key_type_of(info: TypeInfo) -> KeyType | None:
    """Return the DynamoDB type that all values have as keys; ``None`` without one."""
    types = {_own_key_type(choice) for choice in choices_of(info)}
    return types.pop() if len(types) == 1 else None


def is_ordered(info: TypeInfo) -> bool:
    """Return whether stored values sort as the native ones do."""
    return all(SCALARS[choice.base].ordered for choice in choices_of(info) if choice.kind is Kind.SCALAR)


def has_date_times(info: TypeInfo) -> bool:
    """Return whether all values are date-times."""
    return all(choice.annotation is datetime.datetime for choice in choices_of(info))


def json_schema_of(info: TypeInfo) -> Mapping[str, Any] | None:
    """Return what a JSON Schema says about the values, if their type is one of single values."""
    choices = choices_of(info)
    if len(choices) != 1:
        return None
    if choices[0].kind is Kind.SCALAR:
        return SCALARS[choices[0].base].json_schema
    if choices[0].kind in (Kind.ENUM, Kind.LITERAL):
        values = [value for value in choices[0].values if not isinstance(value, (bytes, Decimal))]
        return {"enum": values} if len(values) == len(choices[0].values) else None
    return None


def copies(annotation: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Return whether reading a value makes each list, map and set in it anew."""
    info = info_of(annotation)
    if info.kind is Kind.ANY:
        return False
    if info.kind is Kind.CLASS:
        if info.annotation in seen:
            return True
        found = class_info(info.annotation)
        seen = seen | {info.annotation}
        return all(field.converter is None and copies(field.annotation, seen) for field in found.fields.values())
    return all(copies(part, seen) for part in info.parts if part is not Ellipsis)


def check_field(model_name: str, name: str, annotation: Any) -> None:
    """Check all that stands in the *annotation* of a model's field.

    Raises:
        DynaModelException: Some of it can't be stored, or not be read as it was. The message names model and field.
    """
    try:
        for place, found in _checked_classes(annotation, name, set()):
            _check_class(model_name, place, found)
    except Unsupported as error:
        raise DynaModelException(f"The field '{name}' of {model_name} can't be stored. {error}") from error


def _checked_classes(annotation: Any, place: str, seen: set[Any]) -> Iterator[tuple[str, ClassInfo]]:
    """Check an *annotation*, and yield the classes in it, with the names of the fields that lead to each."""
    info = info_of(annotation)
    if info.kind is Kind.CLASS:
        if info.annotation in seen:
            return
        seen.add(info.annotation)
        found = class_info(info.annotation)
        yield place, found
        for field in found.fields.values():
            yield from _checked_classes(field.annotation, f"{place}.{field.name}", seen)
    if info.kind is Kind.SET:
        _check_elements(info)
    elif info.kind is Kind.MAP:
        _check_keys(info)
    elif info.kind is Kind.UNION:
        _check_choices(choices_of(info))
    for part in info.parts:
        yield from _checked_classes(part, place, seen)


def _check_class(model_name: str, place: str, found: ClassInfo) -> None:
    attributes = {field.name: field.attribute for field in found.fields.values()}
    check_attributes(model_name, place, attributes, f"Give one of them another metadata={{'{ATTRIBUTE}': …}}.")
    for field in found.fields.values():
        if field.stored_form is not None:
            refuse_nested_form(model_name, f"The field '{field.name}' in '{place}'")


def _check_elements(info: TypeInfo) -> None:
    element = info_of(info.parts[0])
    if element.kind is not Kind.ANY and (element.nullable or key_type_of(element) is None):
        _refuse("A set in DynamoDB holds strings, numbers or bytes, and only one of them. Use a list.")


def _check_keys(info: TypeInfo) -> None:
    key = info_of(info.parts[0])
    if key.kind is not Kind.ANY and key_type_of(key) != "S":
        _refuse("The keys of a map are strings in DynamoDB. Use dict[str, …], or a list.")


def _check_choices(choices: Sequence[TypeInfo]) -> None:
    for key_type in _TEXT_AND_NUMBERS:
        bases = {each.base for each in choices if each.kind is Kind.SCALAR and key_type_of(each) == key_type}
        if len(bases) > 1 and not any(bases <= together for together in _TOLD_APART):
            one, other = sorted(base.__name__ for base in bases)[:2]
            _refuse(
                f"{one} and {other} are both stored as {KEY_TYPE_NAMES[key_type]}, which does not tell them apart when "
                "it is read. Use one of the two."
            )


def _refuse(reason: str) -> NoReturn:
    raise Unsupported(reason)


def _own_key_type(info: TypeInfo) -> KeyType | None:
    if info.kind is Kind.SCALAR:
        return SCALARS[info.base].key_type
    if info.kind in (Kind.ENUM, Kind.LITERAL):
        types = {_KEY_TYPES.get(_plain(value)) for value in info.values}
        return types.pop() if len(types) == 1 else None
    return None


def _plain(value: Any) -> type:
    """Return the type that a *value* is stored as: a member of ``class Size(int, Enum)`` as an ``int``."""
    if isinstance(value, bool):
        return bool
    return next((kind for kind in _KEY_TYPES if isinstance(value, kind)), type(value))

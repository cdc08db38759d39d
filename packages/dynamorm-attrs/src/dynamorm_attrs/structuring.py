"""The converters of cattrs that make native values, one for each way of reading.

cattrs takes annotations for functions that make something of a value: ``int("5")``, ``list("abc")``. Here a value has
its type, or is that type's stored form, and classes are made by :mod:`dynamorm_attrs.building`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, get_args

import cattrs
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import IterableValidationError, IterableValidationNote

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.passthrough import NO_PASSTHROUGH, Passthrough, list_passthrough, map_passthrough
from dynamorm_attrs.annotations import Kind, TypeInfo, info_of
from dynamorm_attrs.building import Builder, FieldReader
from dynamorm_attrs.classes import ClassInfo, class_info
from dynamorm_attrs.errors import REFUSALS, UserFault
from dynamorm_attrs.modes import Mode
from dynamorm_attrs.scalars import SCALARS, WrongType

#: What cattrs calls for a value, with its type.
Hook: TypeAlias = Callable[[Any, Any], Any]


@cache
def structurer(mode: Mode) -> Structurer:
    """Return what reads values in a *mode*. Models share it."""
    return Structurer(mode)


class Structurer:
    """Reads values in one mode, with a converter of cattrs."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self._converter = cattrs.Converter(detailed_validation=True)
        for kind in SCALARS:
            self._converter.register_structure_hook(kind, self._structure_scalar)
        self._converter.register_structure_hook_factory(is_known, self._hook_of)

    def reader(self, annotation: Any) -> Callable[[Any], Any]:
        """Return the function that makes a native value of a value of an *annotation*."""
        info = info_of(annotation)
        if info.kind is Kind.SCALAR and info.annotation in SCALARS:
            return SCALARS[info.annotation].read
        hook = self._converter.get_structure_hook(annotation)
        return lambda value: hook(value, annotation)

    def builder(self, info: ClassInfo, *, fast_path: bool = False) -> Builder:
        """Return what makes instances of a class. On the *fast_path* cattrs is not called for native values."""
        return Builder(
            info,
            lambda: {
                name: FieldReader(
                    field,
                    self.reader(field.annotation),
                    passthrough_of(info_of(field.annotation)) if fast_path else NO_PASSTHROUGH,
                    self.mode,
                )
                for name, field in info.fields.items()
            },
            self.mode,
        )

    def _structure_scalar(self, value: Any, kind: Any) -> Any:
        scalar = SCALARS.get(kind)
        return self._hook_of(kind)(value, kind) if scalar is None else scalar.read(value)

    def _hook_of(self, annotation: Any) -> Hook:
        info = info_of(annotation)
        return _HOOKS[info.kind](self, info)

    # One method for each kind of type.

    def _any(self, info: TypeInfo) -> Hook:
        return lambda value, _: value

    def _none(self, info: TypeInfo) -> Hook:
        def structure(value: Any, _: Any) -> None:
            if value is not None:
                raise WrongType("Not None.")

        return structure

    def _scalar(self, info: TypeInfo) -> Hook:
        cls, scalar = info.annotation, SCALARS[info.base]
        if cls in SCALARS:
            return lambda value, _: scalar.read(value)
        return lambda value, _: value if isinstance(value, cls) else cls(scalar.read(value))

    def _enum(self, info: TypeInfo) -> Hook:
        cls = info.annotation
        has_booleans = any(isinstance(value, bool) for value in info.values)

        def structure(value: Any, _: Any) -> Any:
            if isinstance(value, cls):
                return value
            if not isinstance(value, Enum) and (has_booleans or not isinstance(value, bool)):
                try:
                    return cls(value)
                except (ValueError, TypeError):
                    pass
            raise WrongType(f"Not a value of {cls.__name__}.")

        return structure

    def _literal(self, info: TypeInfo) -> Hook:
        members = get_args(info.annotation)

        def structure(value: Any, _: Any) -> Any:
            for member in members:
                if value is member:
                    return member
                plain = member.value if isinstance(member, Enum) else member
                if isinstance(value, bool) == isinstance(plain, bool) and value == plain:
                    return member
            raise WrongType("Not one of the literal values.")

        return structure

    def _list(self, info: TypeInfo) -> Hook:
        return self._elements(list, info.parts[0], "a list")

    def _variadic_tuple(self, info: TypeInfo) -> Hook:
        return self._elements(tuple, info.parts[0], "a list")

    def _elements(self, made: type, annotation: Any, noun: str) -> Hook:
        listed: Any = list[annotation]
        inner = list_structure_factory(listed, self._converter)

        def structure(value: Any, _: Any) -> Any:
            if not isinstance(value, (list, tuple)):
                raise WrongType(f"Not {noun}.")
            found = inner(value, listed)
            return found if made is list else made(found)

        return structure

    def _set(self, info: TypeInfo) -> Hook:
        made = frozenset if issubclass(_class_of(info), frozenset) else set
        elements = self._elements(made, info.parts[0], "a set")

        def structure(value: Any, _: Any) -> Any:
            # JSON has no sets.
            return elements(list(value) if isinstance(value, (set, frozenset)) else value, None)

        return structure

    def _tuple(self, info: TypeInfo) -> Hook:
        readers = [self.reader(part) for part in info.parts]

        def structure(value: Any, _: Any) -> Any:
            if not isinstance(value, (list, tuple)):
                raise WrongType("Not a list.")
            if len(value) != len(readers):
                raise WrongType(f"Not {len(readers)} elements.")
            found, errors = [], []
            for index, (read, element) in enumerate(zip(readers, value, strict=True)):
                try:
                    found.append(read(element))
                except REFUSALS as error:
                    error.add_note(IterableValidationNote(f"At index {index}", index, info.parts[index]))
                    errors.append(error)
            if errors:
                raise IterableValidationError("Elements are refused.", errors, tuple)
            return tuple(found)

        return structure

    def _map(self, info: TypeInfo) -> Hook:
        key, entry = info.parts
        by_text = info_of(key).kind is Kind.ANY
        mapped: Any = dict[str if by_text else key, entry]  # type: ignore[misc] # made at run time
        inner = mapping_structure_factory(mapped, self._converter)

        def structure(value: Any, _: Any) -> Any:
            if not isinstance(value, Mapping):
                raise WrongType("Not a map.")
            return inner(value, mapped)

        return structure

    def _union(self, info: TypeInfo) -> Hook:
        choices = [info_of(part) for part in info.choices]
        others = [choice for choice in choices if choice.kind is not Kind.NONE]
        readers = [self.reader(choice.annotation) for choice in others]
        nullable = len(others) < len(choices)

        def structure(value: Any, _: Any) -> Any:
            if value is None and nullable:
                return None
            if len(readers) == 1:
                return readers[0](value)
            for index in in_order(others, value, stored=self.mode.stored):
                try:
                    return readers[index](value)
                except UserFault:
                    raise
                except REFUSALS:
                    continue
            raise WrongType("Not a value of any of the types.")

        return structure

    def _class(self, info: TypeInfo) -> Hook:
        found = class_info(info.annotation)
        builder = self.builder(found)
        names, fields, stored = found.names, found.fields, self.mode.stored

        def structure(value: Any, _: Any) -> Any:
            if found.is_attrs and isinstance(value, found.cls):
                _refuse_subclass(found, value)
                return builder.check(value)
            if not isinstance(value, Mapping):
                raise WrongType(f"Neither an instance of {found.name} nor a map.")
            given, unknown = {}, []
            for key, each in value.items():
                name = names.get(key) if stored else key if key in fields else names.get(key)
                if name is not None:
                    given[name] = each
                elif not stored:
                    unknown.append(str(key))
            return builder.build(given, unknown, part=self.mode.parts)

        return structure


def passthrough_of(info: TypeInfo) -> Passthrough:
    """Return which values of a type are native, for the fast path."""
    if info.kind is Kind.SCALAR and info.annotation in SCALARS and info.annotation is not bytearray:
        return Passthrough(info.annotation, None)
    if info.kind is Kind.LIST:
        return list_passthrough(passthrough_of(info_of(info.parts[0])))
    if info.kind is Kind.MAP and info_of(info.parts[0]).annotation is str:
        return map_passthrough(passthrough_of(info_of(info.parts[1])), key_type=str)
    others = [choice for choice in map(info_of, info.choices) if choice.kind is not Kind.NONE]
    return passthrough_of(others[0]) if len(others) == 1 else NO_PASSTHROUGH


def in_order(choices: list[TypeInfo], value: Any, *, stored: bool) -> list[int]:
    """Return the places of the *choices* of a union, the one that a *value* belongs to most surely first."""
    return sorted(range(len(choices)), key=lambda index: _distance(choices[index], value, stored=stored))


def _distance(choice: TypeInfo, value: Any, *, stored: bool) -> tuple[int, int, int]:
    cls = _class_of(choice)
    if type(value) is cls and choice.kind is not Kind.CLASS:
        return 0, 0, 0
    if choice.kind is Kind.CLASS:
        info = class_info(choice.annotation)
        if info.is_attrs and isinstance(value, info.cls):
            return (0 if type(value) is info.cls else 1), 0, 0
        if isinstance(value, Mapping):
            known = info.names.keys() if stored else info.names.keys() | info.fields.keys()
            required = sum(1 for field in info.fields.values() if field.required and field.attribute not in value)
            return 1, len(value.keys() - known), required
    return (1 if choice.kind in (Kind.ENUM, Kind.LITERAL) else 2), 0, 0


def _class_of(info: TypeInfo) -> type:
    origin = getattr(info.annotation, "__origin__", info.annotation)
    return origin if isinstance(origin, type) else type(None)


def _refuse_subclass(info: ClassInfo, value: Any) -> None:
    if type(value) is not info.cls and len(class_info(type(value)).fields) > len(info.fields):
        raise WrongType(f"Of a subclass of {info.name}, whose own fields would be lost. Annotate the field with it.")


def is_known(annotation: Any) -> bool:
    """Return whether values of an *annotation* can be stored: cattrs then asks this package about them."""
    try:
        info_of(annotation)
    except DynaModelException:
        return False
    return True


_HOOKS: Mapping[Kind, Callable[[Structurer, TypeInfo], Hook]] = {
    Kind.ANY: Structurer._any,
    Kind.NONE: Structurer._none,
    Kind.SCALAR: Structurer._scalar,
    Kind.ENUM: Structurer._enum,
    Kind.LITERAL: Structurer._literal,
    Kind.LIST: Structurer._list,
    Kind.TUPLE: Structurer._tuple,
    Kind.VARIADIC_TUPLE: Structurer._variadic_tuple,
    Kind.SET: Structurer._set,
    Kind.MAP: Structurer._map,
    Kind.CLASS: Structurer._class,
    Kind.UNION: Structurer._union,
}

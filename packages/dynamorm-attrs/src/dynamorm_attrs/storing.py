"""The converter of cattrs that makes stored values of native ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, cached_property
from typing import Any, TypeAlias, cast, get_origin

import cattrs
from cattrs.cols import iterable_unstructure_factory
from cattrs.gen import make_dict_unstructure_fn, make_mapping_unstructure_fn, override

from dynamorm.exceptions import InvalidValue
from dynamorm_attrs.annotations import Kind, TypeInfo, info_of
from dynamorm_attrs.classes import ClassField, class_info
from dynamorm_attrs.errors import REFUSALS
from dynamorm_attrs.scalars import SCALARS, WrongType
from dynamorm_attrs.structuring import in_order, is_known

#: Returns the stored form of a native value.
Write: TypeAlias = Callable[[Any], Any]
#: What is raised for a value of another type than a hook expects.
UNWRITABLE = (*REFUSALS, AttributeError)


@cache
def storer() -> Storer:
    """Return what stores values. Models share it."""
    return Storer()


class Storer:
    """Stores values, with a converter of cattrs."""

    def __init__(self) -> None:
        self._converter = cattrs.Converter()
        for kind, scalar in SCALARS.items():
            if scalar.write is not None:
                self._converter.register_unstructure_hook(kind, scalar.write)
        self._converter.register_unstructure_hook_factory(is_known, self._hook_of)

    def writer(self, annotation: Any) -> Write | None:
        """Return the function that stores values of an *annotation*; ``None`` if they are stored as they are."""
        info = info_of(annotation)
        if info.kind is Kind.UNION:
            choices = [self.writer(part) for part in info.choices]
            return None if all(choice is None for choice in choices) else self._union(info)
        if info.kind in (Kind.ANY, Kind.NONE) or (info.kind is Kind.SCALAR and SCALARS[info.base].write is None):
            return None
        return self._hook_of(annotation)

    def _hook_of(self, annotation: Any) -> Write:
        info = info_of(annotation)
        return _HOOKS[info.kind](self, info)

    # One method for each kind of type.

    def _as_is(self, info: TypeInfo) -> Write:
        return lambda value: value

    def _scalar(self, info: TypeInfo) -> Write:
        return SCALARS[info.base].write or self._as_is(info)

    def _enum(self, info: TypeInfo) -> Write:
        return lambda value: value.value if isinstance(value, Enum) else value

    def _list(self, info: TypeInfo) -> Write:
        return self._elements(info.parts[0], list)

    def _set(self, info: TypeInfo) -> Write:
        return self._elements(info.parts[0], set)

    def _elements(self, annotation: Any, made: Any) -> Write:
        if self.writer(annotation) is None and info_of(annotation).kind is not Kind.ANY:
            return cast("Write", made)
        elements: Write = iterable_unstructure_factory(made[annotation], self._converter, unstructure_to=made)
        return elements

    def _tuple(self, info: TypeInfo) -> Write:
        hooks = [self.writer(part) or self._as_is(info) for part in info.parts]
        return lambda value: [hook(element) for hook, element in zip(hooks, value, strict=True)]

    def _map(self, info: TypeInfo) -> Write:
        key, entry = info.parts
        if self.writer(key) is None and self.writer(entry) is None:
            return dict
        mapped: Any = dict[key, entry]  # type: ignore[valid-type] # made at run time
        entries: Write = make_mapping_unstructure_fn(mapped, self._converter, unstructure_to=dict)
        return entries

    def _union(self, info: TypeInfo) -> Write:
        others = [choice for choice in map(info_of, info.choices) if choice.kind is not Kind.NONE]
        hooks = [self.writer(choice.annotation) or self._as_is(choice) for choice in others]

        def unstructure(value: Any) -> Any:
            if value is None:
                return None
            for index in in_order(others, value, stored=False):
                try:
                    return hooks[index](value)
                except InvalidValue:
                    raise
                except UNWRITABLE:
                    continue
            raise WrongType("Not a value of any of the types.")

        return unstructure

    def _class(self, info: TypeInfo) -> Write:
        return ClassWriter(self, self._converter, info.annotation)


class ClassWriter:
    """Stores the instances of an attrs class, or the values of a ``TypedDict``."""

    def __init__(self, storer: Storer, converter: cattrs.Converter, annotation: Any) -> None:
        self._storer = storer
        self._converter = converter
        self._annotation = annotation
        self._info = class_info(annotation)

    def __call__(self, value: Any) -> dict[str, Any]:
        """Return the stored form of a native *value*, of which parts may be missing."""
        if not self._info.is_attrs:
            return {self._info.fields[name].attribute: self._write(name, each) for name, each in value.items()}
        if not isinstance(value, self._info.cls):
            raise WrongType(f"Not an instance of {self._info.name}.")
        try:
            stored: dict[str, Any] = self._whole(value)
        except AttributeError:
            present = [name for name in self._info.fields if hasattr(value, name)]
            if len(present) == len(self._info.fields):
                raise
            return {self._info.fields[name].attribute: self._write(name, getattr(value, name)) for name in present}
        for attribute in self._sets:
            if not stored[attribute]:
                del stored[attribute]
        return stored

    # The writers of the fields are made when they are first used: classes may hold one another.

    @cached_property
    def _writers(self) -> dict[str, Write | None]:
        return {name: self._storer.writer(field.annotation) for name, field in self._info.fields.items()}

    @cached_property
    def _whole(self) -> Write:
        """The function that cattrs generates for the class."""
        overrides: dict[str, Any] = {
            name: override(rename=field.attribute, unstruct_hook=self._writers[name] or _identity)
            for name, field in self._info.fields.items()
        }
        made: Write = make_dict_unstructure_fn(
            self._annotation, self._converter, _cattrs_include_init_false=True, **overrides
        )
        return made

    @cached_property
    def _sets(self) -> list[str]:
        """The attributes of sets that are empty unless they are given: DynamoDB stores no empty set."""
        return [field.attribute for field in self._info.fields.values() if defaults_to_empty_set(field)]

    def _write(self, name: str, value: Any) -> Any:
        write = self._writers[name]
        return value if write is None or value is None else write(value)


def defaults_to_empty_set(field: ClassField) -> bool:
    """Return whether a missing value of a *field* is read as an empty set."""
    if field.has_factory:
        factory = field.default.factory
        return (get_origin(factory) or factory) in (set, frozenset)
    return isinstance(field.default, (set, frozenset)) and not field.default


def _identity(value: Any) -> Any:
    return value


_HOOKS: Mapping[Kind, Callable[[Storer, TypeInfo], Write]] = {
    **dict.fromkeys((Kind.ANY, Kind.NONE), Storer._as_is),
    **dict.fromkeys((Kind.ENUM, Kind.LITERAL), Storer._enum),
    **dict.fromkeys((Kind.LIST, Kind.VARIADIC_TUPLE), Storer._list),
    Kind.SCALAR: Storer._scalar,
    Kind.SET: Storer._set,
    Kind.TUPLE: Storer._tuple,
    Kind.MAP: Storer._map,
    Kind.CLASS: Storer._class,
    Kind.UNION: Storer._union,
}

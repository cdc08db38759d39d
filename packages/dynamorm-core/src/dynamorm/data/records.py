"""The decorator of DynamORM's nouns: frozen dataclasses that cost little to define.

The standard decorator writes six methods of each class as text and compiles them. For some fifty classes that would
be a quarter of the time that it takes to import DynamORM. Only the constructor differs from class to class, though;
here the other methods are written once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

Noun = TypeVar("Noun")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(definition: type[Noun]) -> type[Noun]:
    """Makes of a class what ``dataclass(frozen=True, slots=True)`` would make of it.

    A field may have a default, but none that is made anew for each instance; one that is made by ``field(compare=False)`` has no part
    in whether two of them are equal.
    """
    # Made by the standard decorator, it is a dataclass to all that looks for one, such as ``replace`` and ``match``.
    made = dataclass(init=False, repr=False, eq=False, slots=True)(definition)
    for name, method in (_METHODS | {"__init__": _Constructor(made)}).items():
        setattr(made, name, method)
    made._compared = tuple(each.name for each in fields(made) if each.compare)  # type: ignore[attr-defined, arg-type]
    return made


class _Constructor:
    """The constructor of a noun until it is looked up first: then it is written and compiled, and takes this one's place.

    Most programs make but a few kinds of nouns, and to compile the constructors of all takes a sixth of the time of an import.
    """

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Callable[..., None]:
        constructor = _constructor(self._kind)
        self._kind.__init__ = constructor
        bound: Callable[..., None] = constructor.__get__(instance, owner)
        return bound


def _constructor(kind: type[Any]) -> Callable[..., None]:
    listed = fields(kind)
    defaults = {each.name: each.default for each in listed if each.default is not MISSING}
    parameters = [f"{each.name}=defaults['{each.name}']" if each.name in defaults else each.name for each in listed]
    body = [f"set_{each.name}(self, {each.name})" for each in listed]
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    setters = {f"set_{each.name}": getattr(kind, each.name).__set__ for each in listed}
    signature, statements = ", ".join(["self", *parameters]), "; ".join(body) or "pass"
    text = f"def make(defaults, {', '.join(setters)}):\n def __init__({signature}): {statements}\n return __init__"
    namespace: dict[str, Any] = {}
    # Its globals are those of the class's module, where its annotations are looked up.
    exec(text, vars(sys.modules[kind.__module__]), namespace)
    constructor: Callable[..., None] = namespace["make"](defaults, **setters)
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    constructor.__annotations__ = {each.name: each.type for each in listed} | {"return": None}
    return constructor


class _Methods:
    """What all nouns have in common."""

    __match_args__: tuple[str, ...]

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({', '.join(values)})"

    def __eq__(self, other: object) -> bool:
        return _compared(self) == _compared(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(_compared(self))

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field '{name}'")

    def __reduce__(self) -> tuple[object, ...]:
        # Copies and pickles are made by the constructor, since nothing else may set a field.
        return type(self), _values(self)


_METHODS: dict[str, Callable[..., object]] = {
    name: vars(_Methods)[name]
    for name in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__reduce__")
}


def _compared(noun: Any) -> tuple[object, ...]:
    return tuple([getattr(noun, name) for name in noun._compared])


def _values(noun: Any) -> tuple[object, ...]:
    return tuple([getattr(noun, name) for name in noun.__match_args__])

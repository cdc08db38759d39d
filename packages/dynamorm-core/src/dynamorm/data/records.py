"""The decorator ``record``: frozen dataclasses that cost little time to define.

The standard decorator generates and compiles six methods for each class. For about fifty classes this would take a
quarter of DynamORM's import time. Only the constructor differs between the classes, so the other methods are written
once, here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

RecordT = TypeVar("RecordT")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(definition: type[RecordT]) -> type[RecordT]:
    """Turn a class into what ``dataclass(frozen=True, slots=True)`` would make of it.

    Fields can have defaults, but no ``default_factory``. A field that is declared with ``field(compare=False)`` is
    ignored by ``==`` and ``hash``. One that is declared with ``field(repr=False)`` holds values of items, which the
    ``repr`` shows only where the program asks for that: see :mod:`dynamorm.data.display`.
    """
    # The standard decorator makes it a real dataclass, which ``replace``, ``asdict`` and ``match`` accept.
    made = dataclass(init=False, repr=False, eq=False, slots=True)(definition)
    for name, method in (_METHODS | {"__init__": _LazyConstructor(made)}).items():
        setattr(made, name, method)
    made._compared = tuple(each.name for each in fields(made) if each.compare)  # type: ignore[attr-defined, arg-type]
    made._hidden = tuple(each.name for each in fields(made) if not each.repr)  # type: ignore[attr-defined, arg-type]
    return made


class _LazyConstructor:
    """Stand in for a record's constructor until it is first looked up; then compile it and put it in place.

    Most programs use only a few of the records, and compiling all constructors would take a sixth of the import time.
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
    # Run with the globals of the class's module, because annotations are resolved in them.
    exec(text, vars(sys.modules[kind.__module__]), namespace)
    constructor: Callable[..., None] = namespace["make"](defaults, **setters)
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    constructor.__annotations__ = {each.name: each.type for each in listed} | {"return": None}
    return constructor


class _Methods:
    """The methods that all records share."""

    __match_args__: tuple[str, ...]
    _hidden: tuple[str, ...]

    def __repr__(self) -> str:
        from dynamorm.data.display import shows_values  # deferred: start-up cost

        hidden = () if shows_values() else self._hidden
        pairs = ((name, getattr(self, name)) for name in self.__match_args__)
        values = (f"{name}={'…' if name in hidden and value is not None else repr(value)}" for name, value in pairs)
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
        # Copies and unpickled objects are made by the constructor: nothing else can set a field.
        return type(self), _values(self)


_METHODS: dict[str, Callable[..., object]] = {
    name: vars(_Methods)[name]
    for name in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__reduce__")
}


def _compared(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, name) for name in instance._compared])


def _values(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, name) for name in instance.__match_args__])

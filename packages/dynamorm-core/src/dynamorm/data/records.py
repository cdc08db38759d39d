"""The decorator ``record``: frozen dataclasses that cost little time to define.

The standard decorator examines each annotation, and generates and compiles six methods for each class. For about a
hundred classes this would take a quarter of DynamORM's import time. Only the constructor differs between the classes,
so the other methods are written once, here. What the standard library knows of a dataclass's fields is computed when a
program asks for it; until then, the module ``dataclasses`` is not imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

__all__ = ["field", "record", "replace"]

RecordT = TypeVar("RecordT")


class _FieldOptions:
    """A field that is declared with ``field(…)``."""

    __slots__ = ("compare", "options", "repr")

    def __init__(self, *, compare: bool = True, repr: bool = True, **default: Any) -> None:  # noqa: A002
        self.compare = compare
        self.repr = repr
        self.options: Mapping[str, Any] = {"compare": compare, "repr": repr} | default


if TYPE_CHECKING:
    from dataclasses import field, replace
else:
    field = _FieldOptions

    def replace(of, /, **changes):
        """Return a copy of a record with other values, as ``dataclasses.replace`` does for every dataclass."""
        return of.__replace__(**changes)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(definition: type[RecordT]) -> type[RecordT]:
    """Turn a class into what ``dataclass(frozen=True, slots=True)`` would make of it.

    A field that is declared with this module's ``field(compare=False)`` is ignored by ``==`` and ``hash``. One that is
    declared with ``field(repr=False)`` holds values of items, which the ``repr`` shows only where the program asks for
    that: see :mod:`dynamorm.data.display`.
    """
    namespace = dict(vars(definition))
    annotations = namespace.get("__annotations__", {})
    # A slot can't have the name of a class's attribute: the class is made again, without the defaults.
    values = {name: namespace.pop(name) for name in annotations if name in namespace}
    inherited = {name for base in definition.__mro__[1:] for name in vars(base).get("__slots__", ())}
    annotations = getattr(definition, _ANNOTATIONS, {}) | annotations
    values = getattr(definition, _VALUES, {}) | values
    options = {name: each for name, each in values.items() if type(each) is _FieldOptions}
    compared = [name for name in annotations if name not in options or options[name].compare]
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace |= _METHODS
    namespace |= {
        "__qualname__": definition.__qualname__,
        "__slots__": tuple([name for name in annotations if name not in inherited]),
        "__match_args__": tuple(annotations),
        _ANNOTATIONS: annotations,
        _VALUES: values,
        "_compared": tuple(compared),
        "_hidden": tuple([name for name, each in options.items() if not each.repr]),
        "__init__": _LazyConstructor(),
        "__dataclass_fields__": _LazyAttribute("__dataclass_fields__"),
        "__dataclass_params__": _LazyAttribute("__dataclass_params__"),
    }
    metaclass: Any = type(definition)
    made: type[RecordT] = metaclass(definition.__name__, definition.__bases__, namespace)
    return made


#: The attributes of a record with its fields: their annotations, and their defaults or ``field(…)``, by name.
_ANNOTATIONS = "_annotations_of_fields"
_VALUES = "_values_of_fields"


class _LazyAttribute:
    """Stand in for what the standard decorator notes about a dataclass, until it is looked up."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __set_name__(self, kind: type[Any], name: str) -> None:
        self._kind = kind

    def __get__(self, instance: object, owner: type[Any] | None = None) -> object:
        import dataclasses  # deferred: start-up cost

        kind = self._kind
        fields = {
            name: dataclasses.field(**each.options) if type(each) is _FieldOptions else each
            for name, each in getattr(kind, _VALUES).items()
        }
        annotations = {"__annotations__": getattr(kind, _ANNOTATIONS), "__module__": kind.__module__}
        plain: type[Any] = type(kind.__name__, (), fields | annotations)
        standard = dataclasses.dataclass(init=False, repr=False, eq=False)(plain)
        found: object = getattr(standard, self._name)
        setattr(kind, self._name, found)
        return found


class _LazyConstructor:
    """Stand in for a record's constructor until it is first looked up; then compile it and put it in place.

    Most programs use only a few of the records, and compiling all constructors would take a sixth of the import time.
    """

    def __set_name__(self, kind: type[Any], name: str) -> None:
        self._kind = kind

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Callable[..., None]:
        constructor = _constructor(self._kind)
        self._kind.__init__ = constructor
        bound: Callable[..., None] = constructor.__get__(instance, owner)
        return bound


def _constructor(kind: type[Any]) -> Callable[..., None]:
    annotations: Mapping[str, object] = getattr(kind, _ANNOTATIONS)
    defaults: dict[str, object] = {}
    body = []
    for name in annotations:
        value = name
        if name in (values := getattr(kind, _VALUES)):
            given = values[name]
            options = given.options if type(given) is _FieldOptions else {"default": given}
            if "default_factory" in options:
                # The factory itself, which no program gives, says that nothing was given.
                defaults[name] = options["default_factory"]
                value = f"{name} if {name} is not defaults['{name}'] else {name}()"
            elif "default" in options:
                defaults[name] = options["default"]
        body.append(f"set_{name}(self, {value})")
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = [f"{name}=defaults['{name}']" if name in defaults else name for name in annotations]
    setters = {f"set_{name}": getattr(kind, name).__set__ for name in annotations}
    signature, statements = ", ".join(["self", *parameters]), "; ".join(body) or "pass"
    text = f"def make(defaults, {', '.join(setters)}):\n def __init__({signature}): {statements}\n return __init__"
    namespace: dict[str, Any] = {}
    # Run with the globals of the class's module, because annotations are resolved in them.
    exec(text, vars(sys.modules[kind.__module__]), namespace)
    constructor: Callable[..., None] = namespace["make"](defaults, **setters)
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    constructor.__annotations__ = dict(annotations) | {"return": None}
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
        from dataclasses import FrozenInstanceError  # deferred: start-up cost

        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> None:
        from dataclasses import FrozenInstanceError  # deferred: start-up cost

        raise FrozenInstanceError(f"cannot delete field '{name}'")

    def __replace__(self, /, **changes: Any) -> Any:
        return type(self)(**dict(zip(self.__match_args__, _values(self), strict=True)) | changes)

    def __reduce__(self) -> tuple[object, ...]:
        # Copies and unpickled objects are made by the constructor: nothing else can set a field.
        return type(self), _values(self)


_METHODS: dict[str, Callable[..., object]] = {
    name: vars(_Methods)[name]
    for name in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__", "__reduce__")
}


def _compared(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, name) for name in instance._compared])


def _values(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, name) for name in instance.__match_args__])

"""What an annotation tells: the kind of its values, and what stands below them."""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import attrs

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.incomplete_schemas import UndefinedName
from dynamorm_attrs.scalars import BASES, SCALARS


class Kind(Enum):
    """What the values of a type are."""

    ANY = "any"
    NONE = "none"
    SCALAR = "scalar"
    ENUM = "enum"
    LITERAL = "literal"
    LIST = "list"
    #: A tuple of fixed length.
    TUPLE = "tuple"
    #: A tuple of any length.
    VARIADIC_TUPLE = "variadic tuple"
    SET = "set"
    MAP = "map"
    #: An attrs class, or a ``TypedDict``.
    CLASS = "class"
    UNION = "union"


class Unsupported(DynaModelException):
    """A type whose values can't be stored, or could not be read as they were. The text says what to do.

    Who knows the names of the model and the field raises another exception with them.
    """


class TypeInfo:
    """One annotation, without what only decorates it: ``Annotated``, ``NewType``, ``Final``, aliases."""

    def __init__(self, kind: Kind, annotation: Any, parts: tuple[Any, ...] = ()) -> None:
        self.kind = kind
        self.annotation = annotation
        #: The annotations of what stands below: of the elements, of the entries, or of the choices of a union.
        self.parts = parts

    @property
    def nullable(self) -> bool:
        """Whether ``None`` is a value."""
        return self.kind in (Kind.ANY, Kind.NONE) or any(info_of(part).nullable for part in self.choices)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The annotations of a union."""
        return self.parts if self.kind is Kind.UNION else ()

    @property
    def base(self) -> type:
        """The type of single values that the class is, or inherits from."""
        cls = self.annotation
        return cls if cls in SCALARS else next(base for base in BASES if issubclass(cls, base))

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of an enum or a literal, as they are stored."""
        members = get_args(self.annotation) if self.kind is Kind.LITERAL else tuple(self.annotation)
        return tuple(member.value if isinstance(member, Enum) else member for member in members)


@lru_cache(maxsize=1024)
def _cached(annotation: Any) -> TypeInfo:
    return _info(annotation)


def info_of(annotation: Any) -> TypeInfo:
    """Return what an *annotation* tells.

    Raises:
        UndefinedName: It is, or holds, the name of what is not defined.
        Unsupported: Its values can't be stored.
    """
    try:
        return _cached(annotation)
    except TypeError:
        # It can't be hashed: a literal of a list, say.
        return _info(annotation)


def _info(annotation: Any) -> TypeInfo:
    plain = bare(annotation)
    if isinstance(plain, (str, ForwardRef)):
        raise UndefinedName(plain if isinstance(plain, str) else plain.__forward_arg__)
    if plain is Any or plain is object:
        return TypeInfo(Kind.ANY, Any)
    if plain is None or plain is type(None):
        return TypeInfo(Kind.NONE, type(None))
    origin = get_origin(plain)
    if origin in (Union, types.UnionType):
        return TypeInfo(Kind.UNION, plain, get_args(plain))
    if origin is Literal:
        return _literal(plain)
    if isinstance(origin or plain, type):
        return _of_class(plain, origin or plain, get_args(plain))
    raise _unsupported(plain)


def _of_class(annotation: Any, cls: type, arguments: tuple[Any, ...]) -> TypeInfo:
    if attrs.has(cls) or is_typed_dict(cls):
        return TypeInfo(Kind.CLASS, annotation)
    if issubclass(cls, Enum):
        return _enum(cls)
    if cls in SCALARS or issubclass(cls, BASES):
        return TypeInfo(Kind.SCALAR, cls)
    if cls is tuple:
        return _tuple(annotation, arguments)
    for kind, classes in _CONTAINERS.items():
        if cls in classes:
            return TypeInfo(kind, annotation, arguments or (Any,) * (2 if kind is Kind.MAP else 1))
    raise _unsupported(annotation)


def _tuple(annotation: Any, arguments: tuple[Any, ...]) -> TypeInfo:
    if not arguments or (len(arguments) == 2 and arguments[1] is Ellipsis):
        return TypeInfo(Kind.VARIADIC_TUPLE, annotation, (arguments or (Any,))[:1])
    return TypeInfo(Kind.TUPLE, annotation, () if arguments == ((),) else arguments)


def _literal(annotation: Any) -> TypeInfo:
    for value in get_args(annotation):
        if not isinstance(value, (*_PLAIN, Enum)) and value is not None:
            raise _unsupported(annotation)
    if None in get_args(annotation):
        others = tuple(value for value in get_args(annotation) if value is not None)
        return TypeInfo(Kind.UNION, annotation, (Literal[others], None) if others else (None,))
    return TypeInfo(Kind.LITERAL, annotation)


def _enum(cls: type[Enum]) -> TypeInfo:
    for member in cls:
        if not isinstance(member.value, _PLAIN):
            raise Unsupported(
                f"The values of the enum {cls.__name__} are not all strings, numbers, booleans or bytes, which is what "
                "is stored for a member. Give its members such values."
            )
    return TypeInfo(Kind.ENUM, cls)


def _unsupported(annotation: Any) -> Unsupported:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
    return Unsupported(
        f"DynamORM does not know how to store {name}. Use an attrs class, a list, tuple, set or dict, or one of "
        f"{', '.join(kind.__name__ for kind in SCALARS)}; a converter of the field can make its values of such a type."
    )


def is_typed_dict(cls: Any) -> bool:
    """Return whether a class is a ``TypedDict``, of ``typing`` or of ``typing_extensions``."""
    return isinstance(cls, type) and issubclass(cls, dict) and hasattr(cls, "__required_keys__")


def bare(annotation: Any) -> Any:
    """Return an *annotation* without what only decorates it."""
    while True:
        if hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif get_origin(annotation) in (Annotated, Final, Required, NotRequired):
            annotation = get_args(annotation)[0]
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif type(get_origin(annotation)).__name__ == "TypeAliasType":
            alias = get_origin(annotation)
            annotation = substituted(
                alias.__value__, dict(zip(alias.__type_params__, get_args(annotation), strict=False))
            )
        elif isinstance(annotation, TypeVar):
            bound, choices = annotation.__bound__, annotation.__constraints__
            annotation = Union[choices] if choices else Any if bound is None else bound  # noqa: UP007 - at run time
        else:
            return annotation


def settings_of(annotation: Any) -> Iterator[Any]:
    """Yield what ``Annotated`` adds to an *annotation*, the outermost last."""
    while get_origin(annotation) in (Annotated, Final, Required, NotRequired):
        if get_origin(annotation) is Annotated:
            yield from annotation.__metadata__
        annotation = get_args(annotation)[0]


def substituted(annotation: Any, arguments: Mapping[Any, Any]) -> Any:
    """Return an *annotation* with the *arguments* of a generic class in place of its type variables."""
    if isinstance(annotation, TypeVar):
        return arguments.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or isinstance(annotation, type):
        return annotation
    return annotation[tuple(arguments.get(each, each) for each in parameters)]


_PLAIN = (str, int, float, Decimal, bytes, bool)
_CONTAINERS: Mapping[Kind, frozenset[Any]] = {
    Kind.LIST: frozenset(
        {
            list,
            collections.abc.Sequence,
            collections.abc.MutableSequence,
            collections.abc.Collection,
            collections.abc.Iterable,
        }
    ),
    Kind.SET: frozenset({set, frozenset, collections.abc.Set, collections.abc.MutableSet}),
    Kind.MAP: frozenset({dict, collections.abc.Mapping, collections.abc.MutableMapping}),
}

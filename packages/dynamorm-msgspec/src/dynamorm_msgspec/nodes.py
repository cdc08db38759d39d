"""Places in a schema: what msgspec says of the type of each, in the terms of DynamORM."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_origin

import msgspec
from msgspec import inspect

from dynamorm.data.values import KeyType
from dynamorm.ports.schemas import Shape

#: Types whose values are one value in the table, with the key type of each.
_SCALARS: Mapping[type[inspect.Type], tuple[Any, KeyType | None]] = {
    inspect.StrType: (str, "S"),
    inspect.IntType: (int, "N"),
    inspect.FloatType: (float, "N"),
    inspect.DecimalType: (Decimal, "N"),
    inspect.BoolType: (bool, None),
    inspect.BytesType: (bytes, "B"),
    inspect.ByteArrayType: (bytearray, "B"),
    inspect.MemoryViewType: (memoryview, "B"),
    inspect.DateTimeType: (datetime.datetime, "S"),
    inspect.DateType: (datetime.date, "S"),
    inspect.TimeType: (datetime.time, "S"),
    inspect.TimeDeltaType: (datetime.timedelta, "S"),
    inspect.UUIDType: (uuid.UUID, "S"),
    inspect.NoneType: (None, None),
}
_SEQUENCES = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.VarTupleType,
    inspect.CollectionType,
    inspect.TupleType,
    inspect.NamedTupleType,
)
#: Types with fields that have names in the table.
WithMembers: TypeAlias = inspect.StructType | inspect.DataclassType | inspect.TypedDictType
_WITH_MEMBERS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)
#: Constraints that are no part of the type, in msgspec's words.
_CONSTRAINTS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


class Member(NamedTuple):
    """A field of a Struct, a dataclass or a ``TypedDict``."""

    name: str
    #: What msgspec calls it: the name in a Struct's ``rename``, else its own.
    key: str
    #: What it is called in the table.
    attribute: str
    node: Node
    required: bool
    default: Any
    default_factory: Any

    @property
    def has_default(self) -> bool:
        """Whether it has a default other than ``None`` and ``UNSET``."""
        if self.default_factory is not msgspec.NODEFAULT:
            return True
        return self.default is not None and self.default not in (msgspec.NODEFAULT, msgspec.UNSET)

    @property
    def none_is_unset(self) -> bool:
        """Whether ``None`` is no value of it, and stands for one that is missing."""
        return not self.node.is_nullable and (self.default is None or self.default is msgspec.UNSET)

    @property
    def defaults_to_empty_set(self) -> bool:
        """Whether a missing value of it is read as an empty set."""
        if self.default_factory is not msgspec.NODEFAULT:
            return (get_origin(self.default_factory) or self.default_factory) in (set, frozenset)
        return isinstance(self.default, (set, frozenset)) and not self.default

    def make_default(self) -> Any:
        """Return a fresh default."""
        return self.default if self.default_factory is msgspec.NODEFAULT else self.default_factory()


class Node:
    """One place: a field, an element of a list, an entry of a map, or one choice of a union."""

    def __init__(self, info: inspect.Type) -> None:
        #: What the user wrote as ``Meta(extra=…)``.
        self.extra: dict[str, Any] = {}
        while isinstance(info, inspect.Metadata):
            self.extra.update(info.extra or {})
            info = info.type
        choices = [info]
        if isinstance(info, inspect.UnionType):
            choices = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        self._whole = info
        self.is_union = len(choices) > 1
        self.is_nullable = isinstance(info, (inspect.AnyType, inspect.NoneType)) or (
            isinstance(info, inspect.UnionType) and any(isinstance(each, inspect.NoneType) for each in info.types)
        )
        #: The one choice besides ``None``, or the union itself.
        self.info: inspect.Type = info
        if len(choices) == 1 and isinstance(choices[0], inspect.Metadata):
            below = Node(choices[0])
            self.extra.update(below.extra)
            self.info = below.info
        elif len(choices) == 1:
            self.info = choices[0]
        self._choices = choices

    @cached_property
    def annotation(self) -> Any:
        """The type as msgspec takes it."""
        return annotation_of(self._whole)

    @cached_property
    def bare_annotation(self) -> Any:
        """The type without constraints."""
        return annotation_of(self._whole, bare=True)

    @cached_property
    def choices(self) -> Sequence[Node]:
        """The choices of a union besides ``None``."""
        return [Node(each) for each in self._choices]

    @property
    def has_members(self) -> bool:
        """Whether it has fields with names in the table."""
        return isinstance(self.info, _WITH_MEMBERS)

    @property
    def is_typed_dict(self) -> bool:
        """Whether its values are dictionaries with known names."""
        return isinstance(self.info, inspect.TypedDictType)

    @property
    def is_sequence(self) -> bool:
        """Whether it has elements."""
        return isinstance(self.info, _SEQUENCES)

    @property
    def is_map(self) -> bool:
        """Whether it has entries of any name."""
        return isinstance(self.info, inspect.DictType)

    @property
    def is_date_time(self) -> bool:
        """Whether its values are date-times."""
        return isinstance(self.info, inspect.DateTimeType)

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """The fields by their own names."""
        assert isinstance(self.info, _WITH_MEMBERS)
        return members_of(self.info)

    @cached_property
    def cls(self) -> type:
        """The class of its values, if it has fields."""
        found: Any = getattr(self.info, "cls", None)
        made: type = get_origin(found) or found
        return made

    @cached_property
    def entry(self) -> Node | None:
        """The place of each element or entry, if all are alike."""
        if isinstance(self.info, inspect.DictType):
            return Node(self.info.value_type)
        if isinstance(self.info, (inspect.TupleType, inspect.NamedTupleType)):
            return None
        item: inspect.Type | None = getattr(self.info, "item_type", None)
        return None if item is None else Node(item)

    @cached_property
    def places(self) -> Sequence[Node]:
        """The places of the elements of a tuple that has a fixed length."""
        if isinstance(self.info, inspect.TupleType):
            return [Node(each) for each in self.info.item_types]
        if isinstance(self.info, inspect.NamedTupleType):
            return [Node(each.type) for each in self.info.fields]
        return ()

    @cached_property
    def below(self) -> Sequence[Node]:
        """All places immediately below this one."""
        if self.is_union:
            return self.choices
        if self.has_members:
            return [member.node for member in self.members.values()]
        return [*self.places, *([] if self.entry is None else [self.entry])]

    @cached_property
    def shape(self) -> Shape:
        """What can stand below it."""
        if self.is_union:
            shapes = {choice.shape for choice in self.choices}
            return shapes.pop() if len(shapes) == 1 else Shape.ANY
        if self.has_members or self.is_map:
            return Shape.MAP
        if self.is_sequence:
            return Shape.LIST
        return Shape.ANY if isinstance(self.info, (inspect.AnyType, inspect.CustomType)) else Shape.SCALAR

    @cached_property
    def key_type(self) -> KeyType | None:
        """The DynamoDB type of its values as a key."""
        if self.is_union:
            types = {choice.key_type for choice in self.choices}
            return types.pop() if len(types) == 1 else None
        if isinstance(self.info, inspect.EnumType):
            return _common_key_type([member.value for member in self.info.cls])
        if isinstance(self.info, inspect.LiteralType):
            return _common_key_type([value for value in self.info.values if value is not None])
        return _SCALARS.get(type(self.info), (None, None))[1]

    @cached_property
    def ordered(self) -> bool:
        """Whether its stored forms sort as its values do."""
        if self.is_union:
            return all(choice.ordered for choice in self.choices)
        return not isinstance(self.info, inspect.TimeDeltaType) and not (
            isinstance(self.info, inspect.TimeType) and self.info.tz is True
        )


def _common_key_type(values: Sequence[Any]) -> KeyType | None:
    if values and all(isinstance(value, str) for value in values):
        return "S"
    return "N" if values and all(isinstance(value, int) for value in values) else None


def annotation_of(info: inspect.Type, *, bare: bool = False) -> Any:
    """Return the type that *info* describes, with its constraints unless it is to be *bare*."""
    if isinstance(info, inspect.Metadata):
        return annotation_of(info.type, bare=bare)
    if isinstance(info, inspect.UnionType):
        return Union[tuple(annotation_of(each, bare=bare) for each in info.types)]  # noqa: UP007 - made of a tuple
    plain = _plain(info, bare=bare)
    constraints = {} if bare else {name: getattr(info, name, None) for name in _CONSTRAINTS}
    constraints["tz"] = getattr(info, "tz", None)
    given = {name: value for name, value in constraints.items() if value is not None}
    return Annotated[plain, msgspec.Meta(**given)] if given else plain


def _plain(info: inspect.Type, *, bare: bool) -> Any:
    if type(info) in _SCALARS:
        return _SCALARS[type(info)][0]
    if isinstance(info, inspect.AnyType):
        return Any
    if isinstance(info, inspect.LiteralType):
        return Literal[info.values]
    if isinstance(info, inspect.DictType):
        return dict[annotation_of(info.key_type, bare=bare), annotation_of(info.value_type, bare=bare)]  # type: ignore[misc] # made at run time
    if isinstance(info, inspect.TupleType):
        return tuple[tuple(annotation_of(each, bare=bare) for each in info.item_types)]  # type: ignore[misc] # made at run time
    if isinstance(info, inspect.VarTupleType):
        return tuple[annotation_of(info.item_type, bare=bare), ...]  # type: ignore[misc] # made at run time
    if type(info) in _COLLECTIONS:
        return _COLLECTIONS[type(info)][annotation_of(info.item_type, bare=bare)]  # type: ignore[attr-defined] # each has it
    return info.cls  # type: ignore[attr-defined] # every other type has it


_COLLECTIONS: Mapping[Any, Any] = {
    inspect.ListType: list,
    inspect.CollectionType: list,
    inspect.SetType: set,
    inspect.FrozenSetType: frozenset,
}


def members_of(info: WithMembers) -> dict[str, Member]:
    """Return the fields of a type by their own names."""
    found = {}
    origin = get_origin(info.cls) or info.cls
    own = {each.name: each.metadata for each in dataclasses.fields(origin)} if dataclasses.is_dataclass(origin) else {}
    # msgspec sorts those of a TypedDict.
    places = {name: place for place, name in enumerate(getattr(origin, "__annotations__", ()))}
    is_sorted = isinstance(info, inspect.TypedDictType)
    for field in sorted(info.fields, key=lambda field: places.get(field.name, 0)) if is_sorted else info.fields:
        node = Node(field.type)
        node.extra.update(own.get(field.name, {}))
        attribute, default = field.encode_name, field.default
        if not (is_sorted or field.required) and default is field.default_factory is msgspec.NODEFAULT:
            default = msgspec.UNSET
        if not isinstance(info, inspect.StructType):
            attribute = node.extra.get("attribute", attribute)
        found[field.name] = Member(
            field.name,
            field.encode_name,
            attribute,
            node,
            field.required,
            default,
            field.default_factory,
        )
    return found


@lru_cache(maxsize=256)
def node_of(cls: type) -> Node:
    """Return the place whose values are of a class."""
    return Node(inspect.type_info(cls))


def all_below(node: Node) -> list[Node]:
    """Return a place and all places below it, each class once."""
    found, pending, seen = [], [node], set[Any]()
    while pending:
        each = pending.pop()
        if each.has_members:
            if id(each.info) in seen:
                continue
            seen.add(id(each.info))
        found.append(each)
        pending += each.below
    return found

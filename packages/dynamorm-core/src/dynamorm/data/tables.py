"""What a table is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from dynamorm.data.records import record
from dynamorm.data.values import KeyType

StreamView: TypeAlias = Literal["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]
IndexKind: TypeAlias = Literal["global", "local"]
ProjectionKind: TypeAlias = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
TableClass: TypeAlias = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
TableStatus: TypeAlias = Literal[
    "CREATING",
    "UPDATING",
    "DELETING",
    "ACTIVE",
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
    "ARCHIVING",
    "ARCHIVED",
    "REPLICATION_NOT_AUTHORIZED",
]
IndexStatus: TypeAlias = Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]
TimeToLiveStatus: TypeAlias = Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED"]


@record
class KeyAttribute:
    """The name and the type of an attribute that is part of a key."""

    name: str
    type: KeyType


@record
class Throughput:
    """Provisioned capacity, in read and write capacity units per second."""

    read: int
    write: int


@record
class ProjectionSpec:
    """Which attributes of an item an index holds, besides the keys of the table and of the index."""

    kind: ProjectionKind = "ALL"
    include: tuple[str, ...] = ()


@record
class IndexSpec:
    """A secondary index. ``throughput`` is ``None`` for a local index, and for an on-demand table.

    The hash key and the range key of a global index may be made of several attributes: then they are tuples of one to
    four ("Multi-attribute keys pattern"). A key of one attribute is that attribute, also when it was given as a tuple.
    """

    name: str
    kind: IndexKind
    hash_key: KeyAttribute | tuple[KeyAttribute, ...]
    range_key: KeyAttribute | tuple[KeyAttribute, ...] | None = None
    projection: ProjectionSpec = ProjectionSpec()
    throughput: Throughput | None = None

    def __post_init__(self) -> None:
        """Gives each key the one form that it has, so that equal indexes compare as equal."""
        if isinstance(self.hash_key, tuple) and len(self.hash_key) == 1:
            object.__setattr__(self, "hash_key", self.hash_key[0])
        if isinstance(self.range_key, tuple) and len(self.range_key) < 2:
            object.__setattr__(self, "range_key", self.range_key[0] if self.range_key else None)

    @property
    def hash_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes that the hash key is made of."""
        return _attributes(self.hash_key)

    @property
    def range_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes that the range key is made of, the first one in the order of items first; none without one."""
        return _attributes(self.range_key)

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the hash key and, if there is one, of the range key."""
        return self.hash_keys + self.range_keys


@record
class TableSpec:
    """What a table is made of. ``throughput`` is ``None`` for on-demand billing."""

    name: str
    hash_key: KeyAttribute
    range_key: KeyAttribute | None = None
    indexes: tuple[IndexSpec, ...] = ()
    throughput: Throughput | None = None
    stream: StreamView | None = None
    table_class: TableClass = "STANDARD"
    deletion_protection: bool = False

    @property
    def hash_keys(self) -> tuple[KeyAttribute, ...]:
        """The hash key, as an index has its own: always one attribute."""
        return _attributes(self.hash_key)

    @property
    def range_keys(self) -> tuple[KeyAttribute, ...]:
        """The range key, as an index has its own: one attribute, or none."""
        return _attributes(self.range_key)

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The hash key and, if there is one, the range key."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)

    def attribute_definitions(self) -> Iterator[KeyAttribute]:
        """Each attribute that is part of a key of the table or of an index, once."""
        indexed = [attribute for index in self.indexes for attribute in index.key_attributes]
        yield from {attribute.name: attribute for attribute in (*indexed, *self.key_attributes)}.values()


def _attributes(key: KeyAttribute | tuple[KeyAttribute, ...] | None) -> tuple[KeyAttribute, ...]:
    if isinstance(key, KeyAttribute):
        return (key,)
    return () if key is None else key


@record
class TableSettings:
    """What a model says of its table beside keys, indexes, capacity and stream; ``None`` where it says nothing.

    ``time_to_live`` is the name of the attribute that tells when an item expires.
    """

    time_to_live: str | None = None
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    tags: Mapping[str, str] | None = None


@record
class IndexState:
    """How far a live global index is. It can be read from when its status is ``"ACTIVE"``."""

    name: str
    status: IndexStatus


@record
class TableDescription:
    """A live table: what it is made of, and how far it and its global indexes are.

    ``arn`` is the name by which DynamoDB knows the table all over the world, where there is one. An index that is being
    removed has a state, but is no part of the ``spec``.
    """

    spec: TableSpec
    status: TableStatus
    item_count: int = 0
    arn: str | None = None
    index_states: tuple[IndexState, ...] = ()


@record
class TimeToLive:
    """Whether a live table's items expire, and which attribute tells when; ``None`` when none does."""

    status: TimeToLiveStatus
    attribute: str | None = None


@record
class TagPage:
    """Some of a table's tags, by key; ``token`` asks for the rest, and is ``None`` when that is all."""

    tags: Mapping[str, str]
    token: str | None = None

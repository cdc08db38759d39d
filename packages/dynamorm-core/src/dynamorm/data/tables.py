"""Table specs, which define a table and its indexes, and descriptions of live tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue, Item, KeyType, type_of

#: What a table's stream records of each write.
StreamView: TypeAlias = Literal["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]
#: A global index has a hash key of its own; a local index has the table's hash key and another range key.
IndexKind: TypeAlias = Literal["global", "local"]
#: The attributes that an index holds: all, only keys, or keys and some others.
ProjectionKind: TypeAlias = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
#: The storage class: infrequent access has cheaper storage and more expensive requests.
TableClass: TypeAlias = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
#: The state of a live table.
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
#: The state of a live index.
IndexStatus: TypeAlias = Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]
#: The state of a live table's time to live.
TimeToLiveStatus: TypeAlias = Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED"]


@record
class KeyAttribute:
    """The name and the type of a key attribute."""

    name: str
    type: KeyType


@record
class Throughput:
    """Provisioned capacity, in read and write capacity units per second."""

    read: int
    write: int


@record
class ProjectionSpec:
    """The attributes that an index holds besides the keys of the table and of the index."""

    kind: ProjectionKind = "ALL"
    include: tuple[str, ...] = ()


@record
class IndexSpec:
    """A secondary index.

    The hash key and the range key of a global index can have up to four attributes; they are tuples then. See
    "Multi-attribute keys pattern" in the developer guide. A tuple of one attribute is converted to that attribute.
    ``throughput`` is ``None`` for a local index, and for an index of an on-demand table.
    """

    name: str
    kind: IndexKind
    hash_key: KeyAttribute | tuple[KeyAttribute, ...]
    range_key: KeyAttribute | tuple[KeyAttribute, ...] | None = None
    projection: ProjectionSpec = ProjectionSpec()
    throughput: Throughput | None = None

    def __post_init__(self) -> None:
        """Convert each tuple of one attribute to that attribute, so that equal indexes compare as equal."""
        if isinstance(self.hash_key, tuple) and len(self.hash_key) == 1:
            object.__setattr__(self, "hash_key", self.hash_key[0])
        if isinstance(self.range_key, tuple) and len(self.range_key) < 2:
            object.__setattr__(self, "range_key", self.range_key[0] if self.range_key else None)

    @property
    def hash_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the hash key."""
        return _attributes(self.hash_key)

    @property
    def range_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the range key, in the order in which they sort items; empty without a range key."""
        return _attributes(self.range_key)

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the hash key, then those of the range key, if there is one."""
        return self.hash_keys + self.range_keys

    def lacking(self, item: Item) -> list[str]:
        """Return the attributes of the key that an *item* lacks, or has with another type or empty.

        With any of them it is not in the index. Items that were there before the index may have such values.
        """
        return [each.name for each in self.key_attributes if not _is_key(each, item.get(each.name))]


@record
class TableSpec:
    """The definition of a table. ``throughput`` is ``None`` for on-demand billing."""

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
        """The hash key as a tuple, as :class:`IndexSpec` has it: always one attribute."""
        return _attributes(self.hash_key)

    @property
    def range_keys(self) -> tuple[KeyAttribute, ...]:
        """The range key as a tuple, as :class:`IndexSpec` has it: one attribute, or none."""
        return _attributes(self.range_key)

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The hash key, then the range key, if there is one."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)

    def attribute_definitions(self) -> Iterator[KeyAttribute]:
        """Yield each key attribute of the table and its indexes once."""
        indexed = [attribute for index in self.indexes for attribute in index.key_attributes]
        yield from {attribute.name: attribute for attribute in (*indexed, *self.key_attributes)}.values()


def _is_key(attribute: KeyAttribute, value: AttributeValue) -> bool:
    return value is not None and type_of(value) == attribute.type and value not in ("", b"")


def _attributes(key: KeyAttribute | tuple[KeyAttribute, ...] | None) -> tuple[KeyAttribute, ...]:
    if isinstance(key, KeyAttribute):
        return (key,)
    return () if key is None else key


@record
class TableSettings:
    """The settings of a model's table besides keys, indexes, capacity and stream; ``None`` for those it does not set.

    ``time_to_live`` is the name of the attribute that holds the time at which an item expires.
    """

    time_to_live: str | None = None
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    tags: Mapping[str, str] | None = None


@record
class IndexState:
    """The state of a live global index. It can be read when its status is ``"ACTIVE"``."""

    name: str
    status: IndexStatus


@record
class TableDescription:
    """A live table: its definition, its state, and the states of its global indexes.

    An index that is being removed has a state, but is not part of the ``spec``. ``arn`` is the Amazon Resource Name of
    the table; ``None`` on backends that have none. DynamoDB counts ``item_count`` and ``size_bytes``, the size of all
    items without the indexes, about every six hours ("DescribeTable"); a backend that does not measure the size leaves
    it ``None``.
    """

    spec: TableSpec
    status: TableStatus
    item_count: int = 0
    arn: str | None = None
    index_states: tuple[IndexState, ...] = ()
    size_bytes: int | None = None


@record
class TimeToLive:
    """The time to live of a table: its status, and the attribute with the time, ``None`` when items don't expire."""

    status: TimeToLiveStatus
    attribute: str | None = None


@record
class TableNames:
    """A page of the names of tables. ``last`` asks for the next page; it is ``None`` on the last one."""

    names: tuple[str, ...]
    last: str | None = None


@record
class TagPage:
    """A page of a table's tags, by key. ``token`` asks for the next page; it is ``None`` on the last page."""

    tags: Mapping[str, str]
    token: str | None = None

"""What a table is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from dynamorm.data.nouns import noun
from dynamorm.data.values import KeyType

StreamView: TypeAlias = Literal["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]
IndexKind: TypeAlias = Literal["global", "local"]
ProjectionKind: TypeAlias = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
TableStatus: TypeAlias = Literal["CREATING", "UPDATING", "DELETING", "ACTIVE", "INACCESSIBLE", "ARCHIVED"]


@noun
class KeyAttribute:
    """The name and the type of an attribute that is part of a key."""

    name: str
    type: KeyType


@noun
class Throughput:
    """Provisioned capacity, in read and write capacity units per second."""

    read: int
    write: int


@noun
class ProjectionSpec:
    """Which attributes of an item an index holds, besides the keys of the table and of the index."""

    kind: ProjectionKind = "ALL"
    include: tuple[str, ...] = ()


@noun
class IndexSpec:
    """A secondary index. ``throughput`` is ``None`` for a local index, and for an on-demand table."""

    name: str
    kind: IndexKind
    hash_key: KeyAttribute
    range_key: KeyAttribute | None = None
    projection: ProjectionSpec = ProjectionSpec()
    throughput: Throughput | None = None

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The hash key and, if there is one, the range key."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)


@noun
class TableSpec:
    """A table as its model describes it. ``throughput`` is ``None`` for on-demand billing."""

    name: str
    hash_key: KeyAttribute
    range_key: KeyAttribute | None = None
    indexes: tuple[IndexSpec, ...] = ()
    throughput: Throughput | None = None
    stream: StreamView | None = None

    @property
    def key_attributes(self) -> tuple[KeyAttribute, ...]:
        """The hash key and, if there is one, the range key."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)

    def attribute_definitions(self) -> Iterator[KeyAttribute]:
        """Each attribute that is part of a key of the table or of an index, once."""
        indexed = [attribute for index in self.indexes for attribute in index.key_attributes]
        yield from {attribute.name: attribute for attribute in (*indexed, *self.key_attributes)}.values()


@noun
class TableDescription:
    """A live table: what it is made of, and how far it is."""

    spec: TableSpec
    status: TableStatus
    item_count: int = 0

"""The results of ``inspect``. None of them shows a value of an item, but for keys that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.records import field, record
from dynamorm.data.tables import IndexSpec, TableDescription
from dynamorm.operate.key_hashes import KeyName


@record
class ItemSizes:
    """The sizes of the items in bytes, as DynamoDB counts them.

    Attributes:
        median: The size of the item in the middle.
        percentile_99: The size that 99 % of the items don't exceed.
        largest: The size of the largest item.
        largest_key: The primary key of that item.
        over_read_unit: How many items are larger than 4 KB, so that reading one costs more than one read unit.
    """

    median: int
    percentile_99: int
    largest: int
    largest_key: KeyName
    over_read_unit: int


@record
class InspectedAttribute:
    """An attribute that items have.

    Attributes:
        name: The name in the table.
        items: How many items have it.
        types: How many items have it with each type, by DynamoDB's codes: ``{"S": 120, "N": 1}``.
    """

    name: str
    items: int
    types: Mapping[str, int]


@record
class RefusedItems:
    """Items that a model's schema refuses for one reason.

    Attributes:
        reason: The field and the message of the schema library, without values: ``"year: Not a valid integer."``
        items: How many items are refused for it. One item can be refused for several reasons.
        examples: The primary keys of the first of them.
    """

    reason: str
    items: int
    examples: tuple[KeyName, ...]


@record
class InspectedModel:
    """The items of one model.

    Attributes:
        model: The model.
        valid: How many items the schema accepts.
        invalid: How many items it refuses.
        refused: The reasons, the most frequent one first.
        unknown_attributes: How many items have each attribute that the model does not know.
        key_problems: How many items have each problem with their keys, as ``Table.check()`` finds them: the fields give
            another key of an index, for example.
        expired: How many items have expired and were not deleted yet.
    """

    model: type[Any]
    valid: int
    invalid: int
    refused: tuple[RefusedItems, ...] = ()
    unknown_attributes: Mapping[str, int] = field(default_factory=dict)
    key_problems: Mapping[str, int] = field(default_factory=dict)
    expired: int = 0


@record
class InspectedIndex:
    """An index, and the items that are not in it.

    Attributes:
        spec: The index.
        absent: How many items lack an attribute of its key, or have it with another type, and so are not in it.
        lacking: How many items lack each attribute of its key.
    """

    spec: IndexSpec
    absent: int
    lacking: Mapping[str, int]


@record
class BusiestPartition:
    """The hash key with the most bytes in the sample.

    Attributes:
        name: The hash key.
        items: How many of the items have it.
        share: Their share of all bytes of the sample, from 0 to 1.
    """

    name: KeyName
    items: int
    share: float


@record
class Inspection:
    """The result of ``inspect``.

    Attributes:
        table: The name of the table.
        description: The live table. DynamoDB updates its number of items and its size about every six hours.
        items: How many items were looked at.
        complete: Whether these are all items of the table.
        segments: How many segments were read, completely or in part.
        total_segments: How many segments the table was divided into.
        capacity: The read units that the sample consumed; ``None`` if the backend does not tell.
        sizes: The sizes of the items; ``None`` if there are none.
        attributes: The attributes of the items, the most frequent one first.
        more_attributes: How many values of further attributes were not counted by name, because there are too many.
        models: The items of each model that was given.
        kinds: How many items have each kind, in a table whose items have kinds.
        without_model: How many items are of none of the models: of an unknown kind, of none, or accepted by no schema.
        own_items: How many items are the library's own: guards of unique values, for example.
        indexes: The live table's indexes.
        busiest: The hash key with the most bytes; ``None`` without items, and in a table without a range key.
    """

    table: str
    description: TableDescription
    items: int
    complete: bool
    segments: int
    total_segments: int
    capacity: float | None
    sizes: ItemSizes | None
    attributes: tuple[InspectedAttribute, ...]
    more_attributes: int
    models: tuple[InspectedModel, ...]
    kinds: Mapping[str, int]
    without_model: int
    own_items: int
    indexes: tuple[InspectedIndex, ...]
    busiest: BusiestPartition | None

    @property
    def invalid(self) -> int:
        """The number of items that the schema of their model refuses, or that are of no model."""
        return sum(each.invalid for each in self.models) + self.without_model

"""Statistics of items: sizes, attributes, the keys of indexes, and the busiest hash key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from dynamorm.data import limits
from dynamorm.data.sizes import size_of_item
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item, type_of
from dynamorm.operate.inspecting.records import BusiestPartition, InspectedAttribute, InspectedIndex, ItemSizes
from dynamorm.operate.key_hashes import key_name

#: Of a table whose attributes have generated names, so many are counted by name.
MOST_ATTRIBUTES = 1000
#: So many hash keys are counted by themselves. When there are more, those with the fewest bytes are forgotten, so that
#: memory stays bounded; what is forgotten of one key is at most what an average key of the counted ones has.
MOST_PARTITIONS = 100_000


class Statistics:
    """The statistics of the items of a table with this *spec*."""

    def __init__(self, spec: TableSpec) -> None:
        self._spec = spec
        self._key_names = tuple(attribute.name for attribute in spec.key_attributes)
        self.items = 0
        #: How many items have each size.
        self._sizes: Counter[int] = Counter()
        self._largest: tuple[int, Item] | None = None
        self._types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._more_attributes = 0
        self._absent = [0] * len(spec.indexes)
        self._lacking: list[Counter[str]] = [Counter() for _ in spec.indexes]
        self._partitions = _Partitions()

    def add(self, item: Item) -> None:
        """Count an *item*."""
        self.items += 1
        size = size_of_item(item)
        self._sizes[size] += 1
        if self._largest is None or size > self._largest[0]:
            self._largest = size, {name: item[name] for name in self._key_names}
        for name, value in item.items():
            if name in self._types or len(self._types) < MOST_ATTRIBUTES:
                self._types[name][type_of(value)] += 1
            else:
                self._more_attributes += 1
        for number, index in enumerate(self._spec.indexes):
            lacking = index.lacking(item)
            if lacking:
                self._absent[number] += 1
                self._lacking[number].update(lacking)
        if self._spec.range_key is not None:
            self._partitions.add(item[self._spec.hash_key.name], size)

    def sizes(self, *, keys_shown: bool) -> ItemSizes | None:
        """Return the sizes of the items; ``None`` if there are none."""
        if self._largest is None:
            return None
        largest, key = self._largest
        return ItemSizes(
            median=self._percentile(50),
            percentile_99=self._percentile(99),
            largest=largest,
            largest_key=key_name(key, is_shown=keys_shown),
            over_read_unit=sum(number for size, number in self._sizes.items() if size > limits.READ_UNIT_BYTES),
        )

    def attributes(self) -> tuple[tuple[InspectedAttribute, ...], int]:
        """Return the attributes, the most frequent one first, and how many values of others were not counted."""
        found = [InspectedAttribute(name, types.total(), dict(types)) for name, types in self._types.items()]
        found.sort(key=lambda each: (-each.items, self._key_order(each.name), each.name))
        return tuple(found), self._more_attributes

    def indexes(self) -> tuple[InspectedIndex, ...]:
        """Return the indexes, with the items that are not in them."""
        counted = zip(self._spec.indexes, self._absent, self._lacking, strict=True)
        return tuple(InspectedIndex(index, absent, dict(lacking)) for index, absent, lacking in counted)

    def busiest(self, *, keys_shown: bool) -> BusiestPartition | None:
        """Return the hash key with the most bytes; ``None`` without items, or if each of them has its own."""
        found = self._partitions.busiest()
        if found is None:
            return None
        value, items, size = found
        name = key_name({self._spec.hash_key.name: value}, is_shown=keys_shown)
        return BusiestPartition(name, items, size / sum(each * number for each, number in self._sizes.items()))

    def _percentile(self, percent: int) -> int:
        wanted, seen = -(-self.items * percent // 100), 0
        sizes: Sequence[int] = sorted(self._sizes)
        for size in sizes:
            seen += self._sizes[size]
            if seen >= wanted:
                return size
        return sizes[-1]

    def _key_order(self, name: str) -> int:
        return self._key_names.index(name) if name in self._key_names else len(self._key_names)


class _Partitions:
    """The items and bytes of each hash key, as far as there is space."""

    def __init__(self) -> None:
        self._items: Counter[AttributeValue] = Counter()
        self._bytes: Counter[AttributeValue] = Counter()

    def add(self, key: AttributeValue, size: int) -> None:
        self._items[key] += 1
        self._bytes[key] += size
        if len(self._bytes) > MOST_PARTITIONS:
            kept = self._bytes.most_common(MOST_PARTITIONS // 2)
            self._bytes = Counter(dict(kept))
            self._items = Counter({key: self._items[key] for key, _ in kept})

    def busiest(self) -> tuple[AttributeValue, int, int] | None:
        """Return the hash key with the most bytes, its items and its bytes."""
        if not self._bytes:
            return None
        ((key, size),) = self._bytes.most_common(1)
        return key, self._items[key], size

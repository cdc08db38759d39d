"""The differences between the indexes of a live table and those of its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynamorm.data.operations import UpdateTable
from dynamorm.data.table_changes import AddIndex, DropIndex
from dynamorm.data.table_plans import Consent, PlannedChange
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.exceptions import TableMismatch

_NEW_TABLE = "a new table: DynamoDB creates and removes local indexes only together with their table"


def describe_key(attributes: Iterable[KeyAttribute]) -> str:
    """Return the attributes of a key in words: ``'isbn' (a string)``."""
    return " and ".join(f"'{attribute.name}' ({KEY_TYPE_NAMES[attribute.type]})" for attribute in attributes)


def check_local_indexes(spec: TableSpec, live: TableSpec) -> None:
    """Raise ``TableMismatch`` when a *live* table lacks a local index of the *spec*."""
    present = {index.name: index for index in live.indexes if index.kind == "local"}
    for index in spec.indexes:
        if index.kind != "local" or (index.name in present and is_same_index(index, present[index.name])):
            continue
        there = f"has it as {describe_index(present[index.name])}" if index.name in present else "does not have it"
        raise TableMismatch(
            f"The model of the table '{spec.name}' has the local index '{index.name}' as {describe_index(index)}, and "
            f"the table {there}. DynamoDB creates local indexes only together with their table, and nothing was "
            "changed. Make it a global index, fix the model, or give it a table with another name, create that table, "
            "and copy the items."
        )


class IndexChanges:
    """The indexes to drop, to keep and to add."""

    def __init__(self, spec: TableSpec, live: TableSpec, allowed: AllowedRemovals) -> None:
        self._spec = spec
        self._allowed = allowed
        self._wanted = {index.name: index for index in spec.indexes}
        self._present = {index.name: index for index in live.indexes}
        #: The global indexes that the table still has after the others were dropped.
        self.staying = [
            index
            for index in self._present.values()
            if index.kind == "global" and (self._matches(index) or self._needs(index) is not None)
        ]

    def local(self) -> Iterator[PlannedChange]:
        """Yield the local indexes that the model does not have. They can't be removed."""
        for index in self._present.values():
            if index.kind == "local" and index.name not in self._wanted:
                subject = f"local index '{index.name}'"
                yield PlannedChange(subject, describe_index(index), "none", None, needs=_NEW_TABLE)

    def dropped(self) -> Iterator[PlannedChange]:
        """Yield the global indexes to drop: those that the model does not have, or has in another form."""
        for index in self._present.values():
            if index.kind == "global" and not self._matches(index):
                loses = (
                    "the index, which can't be queried any more"
                    if index.name not in self._wanted
                    else "the index, which can't be queried until it is created again"
                )
                yield self._change(index, describe_index(index), "none", DropIndex(index.name), loses)

    def added(self) -> Iterator[PlannedChange]:
        """Yield the global indexes to add: those that the table does not have, or has in another form."""
        attributes = {
            attribute.name: attribute
            for index in (*self.staying, *(index for index in self._present.values() if index.kind == "local"))
            for attribute in index.key_attributes
        }
        attributes |= {attribute.name: attribute for attribute in self._spec.key_attributes}
        for index in self._spec.indexes:
            if index.kind == "local" or (index.name in self._present and self._matches(index)):
                continue
            if self._needs(index) is None:
                attributes |= {attribute.name: attribute for attribute in index.key_attributes}
            change = AddIndex(index, tuple(attributes.values()))
            yield self._change(index, "none", describe_index(index), change)

    def _change(
        self, index: IndexSpec, before: str, after: str, change: AddIndex | DropIndex, loses: str | None = None
    ) -> PlannedChange:
        needed = self._needs(index)
        needs, consent = (None, needed) if isinstance(needed, Consent) else (needed, None)
        operation = UpdateTable(self._spec.name, change)
        return PlannedChange(f"index '{index.name}'", before, after, operation, loses, needs, consent)

    def _matches(self, index: IndexSpec) -> bool:
        wanted, present = self._wanted.get(index.name), self._present.get(index.name)
        return wanted is not None and present is not None and is_same_index(wanted, present)

    def _needs(self, index: IndexSpec) -> Consent | str | None:
        """Return what allows to drop, add or replace this index; ``None`` when no more is needed."""
        names = {index.name} if index.name in self._present else set()
        wanted = self._wanted.get(index.name)
        others = () if wanted is None else tuple(self._with_conflicting_types(wanted))
        if any(other.kind == "local" for other in others):
            return _NEW_TABLE
        names.update(other.name for other in others)
        return None if names <= self._allowed.drop_indexes else Consent("drop_indexes", tuple(sorted(names)))

    def _with_conflicting_types(self, wanted: IndexSpec) -> Iterator[IndexSpec]:
        """Yield the other indexes with a key attribute of *wanted* in another type: a table has one type for each."""
        types = {attribute.name: attribute.type for attribute in wanted.key_attributes}
        for other in self._present.values():
            if other.name != wanted.name and any(
                types.get(attribute.name, attribute.type) != attribute.type for attribute in other.key_attributes
            ):
                yield other


def is_same_index(one: IndexSpec, other: IndexSpec) -> bool:
    """Return whether two indexes have the same keys and projection, whatever their capacity."""
    return (one.kind, one.hash_key, one.range_key, one.projection.kind, set(one.projection.include)) == (
        other.kind,
        other.hash_key,
        other.range_key,
        other.projection.kind,
        set(other.projection.include),
    )


def describe_index(index: IndexSpec) -> str:
    """Return the keys and the projection of an *index* in words."""
    range_key = f", range key {describe_key(index.range_keys)}" if index.range_keys else ""
    return f"hash key {describe_key(index.hash_keys)}{range_key}, {_projection_in_words(index)}"


def _projection_in_words(index: IndexSpec) -> str:
    if index.projection.kind == "INCLUDE":
        return f"with {', '.join(sorted(index.projection.include))}"
    return "with all attributes" if index.projection.kind == "ALL" else "with keys only"

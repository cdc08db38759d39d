"""How a live table's indexes differ from those of its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynamorm.data.operations import UpdateTable
from dynamorm.data.table_changes import AddIndex, DropIndex
from dynamorm.data.table_plans import PlannedChange
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.engine.tables.allowed_removals import AllowedRemovals, argument
from dynamorm.exceptions import TableMismatch

_NEW_TABLE = "a new table: DynamoDB makes and removes local indexes only together with their table"


def typed(attributes: Iterable[KeyAttribute]) -> str:
    """The *attributes* of a key in words."""
    return " and ".join(f"'{attribute.name}' ({KEY_TYPE_NAMES[attribute.type]})" for attribute in attributes)


def check_local_indexes(spec: TableSpec, live: TableSpec) -> None:
    """Refuses a *live* table that lacks a local index of the *spec*. Raises ``TableMismatch``."""
    present = {index.name: index for index in live.indexes if index.kind == "local"}
    for index in spec.indexes:
        if index.kind != "local" or (index.name in present and _same(index, present[index.name])):
            continue
        there = f"has it as {_in_words(present[index.name])}" if index.name in present else "does not have it"
        raise TableMismatch(
            f"The model of the table '{spec.name}' has the local index '{index.name}' as {_in_words(index)}, and the table "
            f"{there}. DynamoDB makes local indexes only together with their table, and nothing was changed. Make it a "
            "global index, mend the model, or give it a table of another name, create that, and copy the items."
        )


class IndexChanges:
    """The indexes that go, stay and come."""

    def __init__(self, spec: TableSpec, live: TableSpec, consent: AllowedRemovals) -> None:
        self._spec = spec
        self._consent = consent
        self._wanted = {index.name: index for index in spec.indexes}
        self._present = {index.name: index for index in live.indexes}
        #: The global indexes that the table has after those that go are gone.
        self.staying = [
            index
            for index in self._present.values()
            if index.kind == "global" and (self._as_it_should_be(index) or self._needs(index) is not None)
        ]

    def local(self) -> Iterator[PlannedChange]:
        """Local indexes that the model does not have, which nothing can remove."""
        for index in self._present.values():
            if index.kind == "local" and index.name not in self._wanted:
                yield PlannedChange(f"local index '{index.name}'", _in_words(index), "none", None, needs=_NEW_TABLE)

    def dropped(self) -> Iterator[PlannedChange]:
        """The global indexes that the model does not have, or has otherwise."""
        for index in self._present.values():
            if index.kind == "global" and not self._as_it_should_be(index):
                yield PlannedChange(
                    f"index '{index.name}'",
                    _in_words(index),
                    "none",
                    UpdateTable(self._spec.name, DropIndex(index.name)),
                    "the index, which can't be queried any more"
                    if index.name not in self._wanted
                    else "the index, which can't be queried until it is made again",
                    self._needs(index),
                )

    def added(self) -> Iterator[PlannedChange]:
        """The global indexes that the table does not have, or has otherwise."""
        attributes = {
            attribute.name: attribute
            for index in (*self.staying, *(index for index in self._present.values() if index.kind == "local"))
            for attribute in index.key_attributes
        }
        attributes |= {attribute.name: attribute for attribute in self._spec.key_attributes}
        for index in self._spec.indexes:
            if index.kind == "local" or (index.name in self._present and self._as_it_should_be(index)):
                continue
            needs = self._needs(index)
            if needs is None:
                attributes |= {attribute.name: attribute for attribute in index.key_attributes}
            change = AddIndex(index, tuple(attributes.values()))
            yield PlannedChange(
                f"index '{index.name}'", "none", _in_words(index), UpdateTable(self._spec.name, change), needs=needs
            )

    def _as_it_should_be(self, index: IndexSpec) -> bool:
        wanted, present = self._wanted.get(index.name), self._present.get(index.name)
        return wanted is not None and present is not None and _same(wanted, present)

    def _needs(self, index: IndexSpec) -> str | None:
        """What has to be given before the index of this name may go, come, or be made again; ``None`` for no more."""
        names = {index.name} if index.name in self._present else set()
        wanted = self._wanted.get(index.name)
        others = () if wanted is None else tuple(self._at_odds_with(wanted))
        if any(other.kind == "local" for other in others):
            return _NEW_TABLE
        names.update(other.name for other in others)
        return None if names <= self._consent.drop_indexes else argument("drop_indexes", names)

    def _at_odds_with(self, wanted: IndexSpec) -> Iterator[IndexSpec]:
        """Other indexes whose keys have an attribute of *wanted*, but of another type: a table has one type for each."""
        types = {attribute.name: attribute.type for attribute in wanted.key_attributes}
        for other in self._present.values():
            if other.name != wanted.name and any(
                types.get(attribute.name, attribute.type) != attribute.type for attribute in other.key_attributes
            ):
                yield other


def _same(one: IndexSpec, other: IndexSpec) -> bool:
    """Whether two indexes hold the same items in the same order, whatever their capacity."""
    return (one.kind, one.hash_key, one.range_key, one.projection.kind, set(one.projection.include)) == (
        other.kind,
        other.hash_key,
        other.range_key,
        other.projection.kind,
        set(other.projection.include),
    )


def _in_words(index: IndexSpec) -> str:
    range_key = f", range key {typed(index.range_keys)}" if index.range_keys else ""
    return f"hash key {typed(index.hash_keys)}{range_key}, {_projection_in_words(index)}"


def _projection_in_words(index: IndexSpec) -> str:
    if index.projection.kind == "INCLUDE":
        return f"with {', '.join(sorted(index.projection.include))}"
    return "with all attributes" if index.projection.kind == "ALL" else "with keys only"

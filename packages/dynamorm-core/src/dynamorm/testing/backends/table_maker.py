"""Tables for the tests of the suite."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from uuid import uuid4

import pytest

from dynamorm.data import (
    CreateTable,
    DeleteTable,
    DescribeTable,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyType,
    Operation,
    PutItem,
    TableChange,
    TableDescription,
    TableSpec,
    UpdateTable,
)
from dynamorm.exceptions import BackendUnavailable, TableNotFound, Unsupported
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.descriptions import described
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.tiers import current_test
from dynamorm.testing.backends.watching import Watch

#: The names of the keys of every table that the suite creates.
HASH_KEY = "id"
RANGE_KEY = "position"

_SECONDS_BETWEEN_POLLS = 0.02
_MAX_FAILURES = 10
_NEEDED_CAPABILITIES = {"global": Capability.GLOBAL_INDEXES, "local": Capability.LOCAL_INDEXES}


class TableMaker:
    """Create tables with unique names on a backend, and delete them."""

    def __init__(self, backend: Backend, watch: Watch) -> None:
        self._backend = backend
        self._watch = watch
        self._made: list[str] = []
        self._shared: dict[tuple[KeyType, KeyType | None], str] = {}

    def shared(self, hash_type: KeyType, range_type: KeyType | None = None) -> str:
        """Return the name of a table with keys of these types, which several tests share."""
        name = self._shared.get((hash_type, range_type))
        if name is None:
            name = self._shared[hash_type, range_type] = self.create(hash_type, range_type)
        return name

    def create(
        self, hash_type: KeyType = "S", range_type: KeyType | None = None, indexes: tuple[IndexSpec, ...] = ()
    ) -> str:
        """Create a table for one test, and return its name.

        If the backend does not state the capabilities that the *indexes* need, it has to raise ``Unsupported``, and the
        test is skipped.
        """
        spec = table_spec(hash_type, range_type, indexes)
        for index in indexes:
            self.require(_NEEDED_CAPABILITIES[index.kind], lambda: CreateTable(spec))
        return self.create_from(spec).spec.name

    def require(self, capability: Capability, operation: Callable[[], Operation[object]]) -> None:
        """Skip the test if the backend does not state a *capability*, but check that it refuses the *operation*."""
        current_test.needs(capability)
        if capability not in self._backend.capabilities:
            with refuses(self._backend, Unsupported):
                self._backend.execute(operation())
            pytest.skip(f"the backend does not state {capability.value}, and refuses it with Unsupported")

    def create_from(self, spec: TableSpec, tags: Mapping[str, str] | None = None) -> TableDescription:
        """Create the table of this *spec*, and return its description when it is active."""
        self._made.append(spec.name)
        created = self._backend.execute(CreateTable(spec, tags))
        assert created.status in ("CREATING", "ACTIVE")
        if created.status == "ACTIVE":
            return created
        return self._wait_until_active(spec.name, described(CreateTable(spec, tags)))

    def update(self, name: str, change: TableChange) -> TableDescription:
        """Change a table, and return its description when it and its indexes are active."""
        update = UpdateTable(name, change)
        updated = self._backend.execute(update)
        assert updated.spec.name == name, described(update)
        return self._wait_until_active(name, described(update))

    def delete(self, name: str) -> None:
        """Delete a table, and return when it is gone."""
        deleted = self._backend.execute(DeleteTable(name))
        assert deleted.spec.name == name, described(DeleteTable(name))
        self._wait_until(name, lambda found: found is None, described(DeleteTable(name)))

    def delete_all(self) -> None:
        """Delete each table that was created here and still exists."""
        for name in self._made:
            self.delete_if_there(name)

    def delete_if_there(self, name: str) -> None:
        """Delete a table if it exists."""
        if self._describe(name) is not None:
            self.delete(name)

    def on(self, backend: Backend) -> TableMaker:
        """Return a maker of tables on another backend, which deletes none of them by itself."""
        return TableMaker(backend, self._watch)

    def _wait_until_active(self, name: str, change: str) -> TableDescription:
        description = self._wait_until(name, _is_active, change)
        assert description is not None
        return description

    def _wait_until(
        self, name: str, met: Callable[[TableDescription | None], bool], change: str
    ) -> TableDescription | None:
        seconds, failures = self._watch.seconds, 0
        deadline = time.monotonic() + seconds
        while True:
            try:
                description = self._describe(name)
            except BackendUnavailable:
                # DynamoDB Local now and then fails to describe a table while it builds an index. Not each backend tries
                # again by itself, and asking again is harmless.
                failures += 1
                if failures == _MAX_FAILURES:
                    raise
            else:
                if met(description):
                    return description
                if time.monotonic() >= deadline:
                    state = _state_of(description)
                    self._watch.give_up(f"{seconds:g} seconds after {change}, the table is still {state}")
            time.sleep(_SECONDS_BETWEEN_POLLS)

    def _describe(self, name: str) -> TableDescription | None:
        """Return the description of a table, or ``None`` if there is none."""
        try:
            return self._backend.execute(DescribeTable(name))
        except TableNotFound:
            return None


def _state_of(description: TableDescription | None) -> str:
    if description is None:
        return "missing"
    indexes = "".join(f", its index {state.name!r} {state.status}" for state in description.index_states)
    return f"{description.status}{indexes}"


def _is_active(description: TableDescription | None) -> bool:
    """Tell whether a table and all of its indexes can be used."""
    return (
        description is not None
        and description.status == "ACTIVE"
        and all(state.status == "ACTIVE" for state in description.index_states)
    )


def table_spec(
    hash_type: KeyType = "S", range_type: KeyType | None = None, indexes: tuple[IndexSpec, ...] = ()
) -> TableSpec:
    """Return the spec of an on-demand table with a unique name."""
    return TableSpec(
        name=f"conformance-{uuid4().hex}",
        hash_key=KeyAttribute(HASH_KEY, hash_type),
        range_key=None if range_type is None else KeyAttribute(RANGE_KEY, range_type),
        indexes=indexes,
    )


def need_concurrent_calls(backend: Backend) -> None:
    """Skip the test if the backend does not state ``CONCURRENT_CALLS``.

    Then there is nothing to refuse: DynamORM makes one call after the other.
    """
    current_test.needs(Capability.CONCURRENT_CALLS)
    if Capability.CONCURRENT_CALLS not in backend.capabilities:
        pytest.skip(f"the backend does not state {Capability.CONCURRENT_CALLS.value}")


def require_capacity(tables: TableMaker) -> None:
    """Skip the test if the backend does not state ``CONSUMED_CAPACITY``, but check that it refuses to report it."""
    put = PutItem(tables.shared("S"), {HASH_KEY: "refused"}, return_consumed_capacity="TOTAL")
    tables.require(Capability.CONSUMED_CAPACITY, lambda: put)


def put_all(backend: Backend, table: str, items: Iterable[Item]) -> None:
    """Put each of the *items*, one by one."""
    for item in items:
        backend.execute(PutItem(table, item))

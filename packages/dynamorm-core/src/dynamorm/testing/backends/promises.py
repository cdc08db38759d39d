"""What a backend promises besides executing operations."""

from __future__ import annotations

from dataclasses import dataclass

from dynamorm.data import GetItem, Item, Operation, PutItem
from dynamorm.exceptions import Unsupported
from dynamorm.ports.backends import Backend, Capability, TableOptions
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.threads import at_once


@dataclass(frozen=True, slots=True)
class OperationOfAnotherVersion(Operation[None]):
    """An operation that no backend knows, as a later version might have."""

    table: str


class PromiseTests(Suite):
    """Test the other promises of :class:`~dynamorm.ports.backends.Backend`."""

    def test_unknown_operation(self, backend: Backend, table: str) -> None:
        """An unknown operation raises ``Unsupported``."""
        with refuses(backend, Unsupported):
            backend.execute(OperationOfAnotherVersion(table))

    def test_any_thread(self, backend: Backend, table: str, key: str) -> None:
        """A thread may use a backend that another one opened, and a third one what the second one wrote."""
        at_once(backend, lambda _: backend.execute(PutItem(table, {"id": key})), 1)
        found = at_once(backend, lambda _: backend.execute(GetItem(table, {"id": key})).item, 1)
        assert found == [{"id": key}]

    def test_capabilities(self, backend: Backend) -> None:
        """Capabilities are members of ``Capability``."""
        assert all(isinstance(capability, Capability) for capability in backend.capabilities)

    def test_configured_for_no_options(self, backend: Backend, table: str, key: str) -> None:
        """Without options for a table, the configured backend has the same tables and capabilities."""
        configured = backend.configured_for(TableOptions())
        item: Item = {"id": key}
        configured.execute(PutItem(table, item))
        assert backend.execute(GetItem(table, item)).item == item
        assert configured.capabilities == backend.capabilities

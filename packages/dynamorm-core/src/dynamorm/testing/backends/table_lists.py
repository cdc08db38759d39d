"""Listing tables."""

from __future__ import annotations

import pytest

from dynamorm.data import ListTables
from dynamorm.exceptions import RequestRejected
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

#: Other programs may create tables meanwhile, but not that many.
MOST_PAGES = 1000


class TableListTests(Suite):
    """Test ListTables, where the backend states ``LIST_TABLES``."""

    @pytest.fixture
    def listed(self, tables: TableMaker) -> TableMaker:
        """Return a maker of tables, if the backend states ``LIST_TABLES``."""
        tables.require(Capability.LIST_TABLES, ListTables)
        return tables

    def test_list_tables(self, backend: Backend, listed: TableMaker) -> None:
        """The list has a table as soon as it exists, and not when it is gone."""
        kept, deleted = listed.create(), listed.create()
        found = _all_names(backend, None)
        assert {kept, deleted} <= set(found)
        assert len(found) == len(set(found))
        listed.delete(deleted)
        found = _all_names(backend, None)
        assert kept in found
        assert deleted not in found

    def test_list_tables_in_pages(self, backend: Backend, listed: TableMaker) -> None:
        """Small pages have each table once, and no page has more names than the limit."""
        made = {listed.create() for _ in range(3)}
        for limit in (1, 2):
            found = _all_names(backend, limit)
            assert made <= set(found)
            assert len(found) == len(set(found))

    @pytest.mark.parametrize("limit", [pytest.param(0, id="none"), pytest.param(101, id="too-many")])
    def test_list_tables_wrong_limit(self, backend: Backend, listed: TableMaker, limit: int) -> None:
        """A page has 1 to 100 names: API reference, ListTables."""
        with refuses(backend, RequestRejected):
            backend.execute(ListTables(limit=limit))


def _all_names(backend: Backend, limit: int | None) -> list[str]:
    names: list[str] = []
    page = backend.execute(ListTables(limit=limit))
    for _ in range(MOST_PAGES):
        assert limit is None or len(page.names) <= limit, f"ListTables(limit={limit}) returned {len(page.names)} names"
        names += page.names
        if page.last is None:
            return names
        page = backend.execute(ListTables(page.last, limit))
    pytest.fail(f"ListTables(limit={limit}) still returned a name to continue after, after {MOST_PAGES} pages")

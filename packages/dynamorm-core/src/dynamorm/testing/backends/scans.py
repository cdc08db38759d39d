"""Scans of a table: pages, limits, filters, counts, projections and segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from dynamorm.data import AttributeExists, AttributeNotExists, Comparison, Item, Path, Scan, Value
from dynamorm.data.limits import PAGE_BYTES
from dynamorm.exceptions import InvalidKey, RequestRejected, Unsupported
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.reading import items, pages
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all
from dynamorm.testing.backends.tiers import current_test

SMALL = Comparison("<", Path.of("size"), Value(10))
ITEMS: list[Item] = [
    {"id": f"book {number % 7}", "position": number, "size": number, "name": {"first": "a", "last": "b"}}
    for number in range(30)
]
LARGE_ITEM_BYTES = 100_000


class ScanTests(Suite):
    """Test Scan on a table."""

    @pytest.fixture(scope="class")
    @classmethod
    def scanned(cls, backend: Backend, tables: TableMaker) -> str:
        """Create a table with thirty items and seven hash keys."""
        table = tables.create("S", "N")
        put_all(backend, table, ITEMS)
        return table

    def test_scan_empty_table(self, backend: Backend, tables: TableMaker) -> None:
        """A scan of an empty table returns one empty page."""
        page = backend.execute(Scan(tables.create()))
        assert (list(page.items), page.count, page.scanned_count, page.last_key) == ([], 0, 0, None)

    @pytest.mark.parametrize("consistent", [False, True])
    def test_scan_all(self, backend: Backend, scanned: str, consistent: bool) -> None:
        """A scan returns each item once, in any order, but those with one hash key in the order of their range keys."""
        page = backend.execute(Scan(scanned, consistent=consistent))
        assert by_position(page.items) == ITEMS
        for number in range(7):
            positions = [item["position"] for item in page.items if item["id"] == f"book {number}"]
            assert positions == list(range(number, 30, 7))
        assert (page.count, page.scanned_count, page.last_key) == (30, 30, None)

    @pytest.mark.parametrize("limit", [1, 4, 29])
    def test_scan_limit(self, backend: Backend, scanned: str, limit: int) -> None:
        """Pages with a limit return each item once."""
        found = list(pages(backend, Scan(scanned, limit=limit)))
        assert by_position([item for page in found for item in page.items]) == ITEMS
        assert {page.count for page in found[:-1]} == {limit}
        for page in found[:-1]:
            last = page.items[-1]
            assert page.last_key == {"id": last["id"], "position": last["position"]}

    def test_scan_limit_that_is_met(self, backend: Backend, scanned: str) -> None:
        """A page that the limit fills has a last key, even if nothing comes after it."""
        page = backend.execute(Scan(scanned, limit=30))
        assert page.last_key is not None
        rest = backend.execute(Scan(scanned, start_key=page.last_key))
        assert (rest.count, rest.last_key) == (0, None)

    def test_scan_filter(self, backend: Backend, scanned: str) -> None:
        """A filter removes items after they were read and counted."""
        page = backend.execute(Scan(scanned, filter=SMALL))
        assert by_position(page.items) == ITEMS[:10]
        assert (page.count, page.scanned_count) == (10, 30)

    def test_scan_limit_before_filter(self, backend: Backend, scanned: str) -> None:
        """The limit counts the items before the filter."""
        found = list(pages(backend, Scan(scanned, filter=SMALL, limit=7)))
        assert [page.scanned_count for page in found] == [7, 7, 7, 7, 2]
        assert sum(page.count for page in found) == 10
        assert by_position([item for page in found for item in page.items]) == ITEMS[:10]

    @pytest.mark.parametrize(("attribute", "count"), [("id", 30), ("position", 30), ("missing", 0)])
    def test_scan_filter_on_any_attribute(self, backend: Backend, scanned: str, attribute: str, count: int) -> None:
        """The filter of a scan may use the key."""
        assert backend.execute(Scan(scanned, filter=AttributeExists(Path.of(attribute)))).count == count
        assert backend.execute(Scan(scanned, filter=AttributeNotExists(Path.of(attribute)))).count == 30 - count

    def test_scan_count_only(self, backend: Backend, scanned: str) -> None:
        """A count returns no items, but the same counts and last key."""
        page = backend.execute(Scan(scanned, filter=SMALL, count_only=True))
        assert (list(page.items), page.count, page.scanned_count, page.last_key) == ([], 10, 30, None)
        assert backend.execute(Scan(scanned, count_only=True, limit=5)).last_key is not None

    def test_scan_projection(self, backend: Backend, scanned: str) -> None:
        """A projection returns parts of the items; the filter can use other attributes."""
        page = backend.execute(Scan(scanned, filter=SMALL, projection=(Path.of("position"), Path.of("name", "last"))))
        assert by_position(page.items) == [{"position": number, "name": {"last": "b"}} for number in range(10)]

    def test_scan_start_key(self, backend: Backend, scanned: str) -> None:
        """A scan may start after any key, and returns the items after it in the same order as a whole scan."""
        order = items(backend, Scan(scanned))
        start_key: Item = {"id": order[11]["id"], "position": order[11]["position"]}
        assert items(backend, Scan(scanned, start_key=start_key)) == order[12:]

    @pytest.mark.parametrize(
        "start_key",
        [
            pytest.param({"id": "book 1"}, id="range-key-missing"),
            pytest.param({"position": 1}, id="hash-key-missing"),
            pytest.param({"id": 1, "position": 1}, id="other-type"),
            pytest.param({"id": "book 1", "position": 1, "size": 1}, id="more-than-the-key"),
        ],
    )
    def test_scan_wrong_start_key(self, backend: Backend, scanned: str, start_key: Item) -> None:
        """A start key is a complete key of the table."""
        with refuses(backend, InvalidKey):
            backend.execute(Scan(scanned, start_key=start_key))

    @pytest.mark.parametrize("limit", [0, -1])
    def test_scan_limit_below_one(self, backend: Backend, scanned: str, limit: int) -> None:
        """A limit below 1 is refused."""
        with refuses(backend, RequestRejected):
            backend.execute(Scan(scanned, limit=limit))

    def test_scan_page_of_one_megabyte(self, backend: Backend, tables: TableMaker) -> None:
        """A page ends after 1 MB, whatever the filter removes: "Paginating the results"."""
        table = tables.create()
        large: list[Item] = [
            {"id": f"{position:02}", "position": position, "text": "x" * LARGE_ITEM_BYTES} for position in range(25)
        ]
        put_all(backend, table, large)
        found = list(pages(backend, Scan(table)))
        assert by_position([item for page in found for item in page.items]) == large
        assert [page.count for page in found] == [PAGE_BYTES // LARGE_ITEM_BYTES + 1] * 2 + [3]
        filtered = list(pages(backend, Scan(table, filter=AttributeExists(Path.of("missing")))))
        assert [(page.count, page.scanned_count) for page in filtered] == [(0, 11), (0, 11), (0, 3)]

    @pytest.mark.parametrize("total", [1, 2, 7, 50])
    def test_scan_segments(self, backend: Backend, scanned: str, total: int) -> None:
        """Together, the segments of a scan return each item once: "Parallel scan"."""
        require_segments(backend, scanned)
        found: list[Item] = []
        for segment in range(total):
            share = items(backend, Scan(scanned, segment=segment, total_segments=total))
            assert share == items(backend, Scan(scanned, segment=segment, total_segments=total, limit=2))
            found += share
        assert by_position(found) == ITEMS

    def test_scan_segments_with_a_filter(self, backend: Backend, scanned: str) -> None:
        """Each segment is filtered and counted as a whole scan is."""
        require_segments(backend, scanned)
        found = [
            backend.execute(Scan(scanned, filter=SMALL, segment=segment, total_segments=3)) for segment in range(3)
        ]
        assert sum(page.count for page in found) == 10
        assert sum(page.scanned_count for page in found) == 30

    @pytest.mark.parametrize(("segment", "total"), [(3, 3), (-1, 3), (0, 0), (0, None), (None, 3)])
    def test_scan_wrong_segments(self, backend: Backend, scanned: str, segment: int | None, total: int | None) -> None:
        """A segment is less than the total, and both have to be given."""
        require_segments(backend, scanned)
        with refuses(backend, RequestRejected):
            backend.execute(Scan(scanned, segment=segment, total_segments=total))


def by_position(found: Sequence[Item]) -> list[Item]:
    """Return the items in the order of their range keys."""
    return sorted(found, key=lambda item: cast("int", item["position"]))


def require_segments(backend: Backend, table: str) -> None:
    """Skip the test if the backend does not state ``PARALLEL_SCAN``, after checking that it refuses segments."""
    current_test.needs(Capability.PARALLEL_SCAN)
    if Capability.PARALLEL_SCAN not in backend.capabilities:
        with refuses(backend, Unsupported):
            backend.execute(Scan(table, segment=0, total_segments=2))
        pytest.skip(f"the backend does not state {Capability.PARALLEL_SCAN.value}, and refuses it with Unsupported")

"""Read a query or a scan to its end, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dynamorm.data import Item, PageResult, Query, Scan
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.descriptions import described

#: No read of the suite has so many pages.
_MOST_PAGES = 200


def pages(backend: Backend, operation: Query | Scan) -> Iterator[PageResult]:
    """Yield each page of an operation. Fail if there is no end of them."""
    for _ in range(_MOST_PAGES):
        page = backend.execute(operation)
        yield page
        if page.last_key is None:
            return
        if page.last_key == operation.start_key:
            pytest.fail(f"{described(operation)} returned its own start key as last_key: the read has no end")
        operation = replace(operation, start_key=page.last_key)
    pytest.fail(f"{described(operation)} still returned a last_key after {_MOST_PAGES} pages")


def items(backend: Backend, operation: Query | Scan) -> list[Item]:
    """Return the items of all pages of an operation."""
    return [item for page in pages(backend, operation) for item in page.items]

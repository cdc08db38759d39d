"""Read a query or a scan to its end, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dynamorm.data import Item, PageResult, Query, Scan
from dynamorm.ports.backends import Backend


def pages(backend: Backend, operation: Query | Scan) -> Iterator[PageResult]:
    """Yield each page of an operation."""
    page = backend.execute(operation)
    yield page
    while page.last_key is not None:
        operation = replace(operation, start_key=page.last_key)
        page = backend.execute(operation)
        yield page


def items(backend: Backend, operation: Query | Scan) -> list[Item]:
    """Return the items of all pages of an operation."""
    return [item for page in pages(backend, operation) for item in page.items]

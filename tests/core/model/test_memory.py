"""A read of any length keeps no more than a page of it."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from dynamorm import DynaModel, using
from dynamorm.data import Operation, PageResult, Scan
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields

pytestmark = pytest.mark.one_schema_library

PAGE, PAGES = 50, 40


class Entry(DynaModel):
    class Table:
        name = "entries"
        hash_key = "id"

    class Schema:
        id = fields.integer(required=True)


class Pages(Backend):
    """A table that is longer than what a program can keep."""

    def execute(self, operation: Operation[Any]) -> Any:
        assert isinstance(operation, Scan)
        start = 0 if operation.start_key is None else int(str(operation.start_key["id"])) + 1
        end = start + PAGE
        more = end < PAGE * PAGES
        return PageResult(
            [{"id": number} for number in range(start, end)], PAGE, PAGE, {"id": end - 1} if more else None
        )

    def close(self) -> None:
        pass


def instances() -> int:
    return sum(type(each) is Entry for each in gc.get_objects())


def test_a_read_keeps_no_instances_of_the_pages_before() -> None:
    most = read = 0
    with using(Pages()):
        for entry in Entry.scan():
            assert entry.id == read
            read += 1
            if read % 500 == 0:
                most = max(most, instances())
    assert read == PAGE * PAGES
    assert 0 < most <= 2 * PAGE

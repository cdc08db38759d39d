"""Each operation on the page about backends' mistakes raises what the page says, and changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import dynamorm.data
import dynamorm.exceptions
from dynamorm.data import DescribeTable, Scan
from dynamorm.engine.run.connections import open_backend
from tests.support import pages

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "backend-mistakes.md"
ROW = re.compile(r"\| (?P<mistake>[^|]+) \| `(?P<operation>[A-Z].+)` \| `(?P<exception>\w+)` \|")
LINES = PAGE.read_text(encoding="utf-8").partition("## The backend itself")[0].splitlines()
ROWS = [row for line in LINES if (row := ROW.fullmatch(line))]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Everything in ``dynamorm.data``, and what the page defines in its example."""
    found: dict[str, Any] = {**vars(dynamorm.data), "__name__": "backend_mistakes"}
    exec("".join(example.source for example in pages.examples(PAGE)), found)
    return found


def test_each_row_with_an_operation_is_found() -> None:
    assert len(ROWS) == sum(line.startswith("| ") and "| exception |" not in line for line in LINES) >= 100
    assert len({row["mistake"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["mistake"])
def test_a_mistake_raises_what_the_page_says(row: re.Match[str], names: dict[str, Any]) -> None:
    with open_backend("sqlite:///:memory:") as backend:
        for operation in names["BEFORE"]:
            backend.execute(operation)
        with pytest.raises(getattr(dynamorm.exceptions, row["exception"])) as raised:
            backend.execute(eval(row["operation"], names))
        assert type(raised.value).__name__ == row["exception"]
        assert backend.execute(Scan("books")).items == [names["BOOK"]]
        assert backend.execute(DescribeTable("books")).spec == names["BOOKS"]

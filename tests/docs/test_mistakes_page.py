"""Each line of the page on mistakes is run, and says what the page says."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from tests.support import pages

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mistakes.md"
ROW = re.compile(r"\| `(?P<code>.+?)` \| (?P<error>\w+): `(?P<message>.+)` \|")
ROWS = [line.replace("\\|", "|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the page defines in its examples. Its connection becomes none of the process's."""
    source = "".join(example.source for example in pages.examples(PAGE))
    connect = 'dynamorm.connect("sqlite:///:memory:")\n'
    assert connect in source
    found: dict[str, Any] = {"__name__": "mistakes"}
    with dynamorm.using("sqlite:///:memory:"):
        exec(source.replace(connect, ""), found)
    return found


def test_there_are_at_least_twenty_five() -> None:
    assert len(ROWS) >= 25
    assert len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("`")[1])
def test_a_mistake_says_what_the_page_says(row: str, names: dict[str, Any]) -> None:
    shown = ROW.fullmatch(row)
    assert shown is not None, f"This row is no code, exception and message: {row}"
    with dynamorm.using("sqlite:///:memory:") as connection:
        names["Book"].Table.create_table()
        with pytest.raises(Exception) as raised:  # noqa: PT011 - the page says which
            _evaluate(shown["code"], names)
        assert connection.backend is not None
    assert (type(raised.value).__name__, str(raised.value)) == (shown["error"], shown["message"])


def _evaluate(code: str, names: dict[str, Any]) -> None:
    """Evaluate the *code* of a row, which may await."""
    compiled = compile(code, "<row>", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    found = eval(compiled, names)
    if compiled.co_flags & inspect.CO_COROUTINE:
        asyncio.run(found)

"""The page on the developer guide: its tables hold the examples that are tested, and its own models do what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dynamorm.engine.run.connections import using
from dynamorm.ports.backends import Backend
from tests.support import pages
from tests.support.developer_guide.chapters import CHAPTERS
from tests.support.developer_guide.examples import Example, Models, Write
from tests.support.developer_guide.items import STORED

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "developer-guide.md"
TEXT = PAGE.read_text(encoding="utf-8")


def tables(examples: Iterable[Example]) -> Iterator[str]:
    """The tables of a chapter as the page has them, each below the heading of its section."""
    for section, found in groupby(examples, key=lambda example: example.section):
        rows = dict.fromkeys(f"| {guide(example)} | {ours(example)} |" for example in found)
        yield "\n".join((f"### {section}", "", "| the guide | DynamORM |", "|---|---|", *rows, ""))


def guide(example: Example) -> str:
    """What the guide writes."""
    if isinstance(example, Write) and example.condition is not None:
        return f"{code(example.expression)} under the condition {code(example.condition)}"
    return code(example.expression)


def ours(example: Example) -> str:
    """The spellings of an example."""
    return " or ".join(map(code, example.spellings))


def code(text: str) -> str:
    """Code in the cell of a table, where a bar would end it."""
    return f"`{text}`".replace("|", "\\|")


@pytest.fixture
def models(sqlite_memory: Backend) -> Iterator[Models]:
    """The models of the page, with their tables."""
    with using(sqlite_memory):
        module = ModuleType("developer_guide")
        for example in pages.examples(PAGE):
            if example.language == "python":
                exec(example.compiled(), module.__dict__)
        yield {name: vars(module)[name] for name in STORED}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_it_has_each_example_that_is_tested(chapter: str) -> None:
    text = TEXT.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    assert [table for table in tables(CHAPTERS[chapter]) if table not in f"{text}\n"] == []


def test_it_has_no_example_that_is_not_tested() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    tested = [table for examples in CHAPTERS.values() for table in tables(examples)]
    assert sorted(rows) == sorted(line for table in tested for line in table.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_its_models_do_what_it_says(chapter: str, models: Models) -> None:
    wrong: dict[str, Any] = {}
    for example in CHAPTERS[chapter]:
        for spelling in example.spellings:
            outcome = example.carried_out(spelling, models)
            if outcome != example.expected:
                wrong[spelling] = outcome
    assert wrong == {}

"""Tables of Markdown are tables: GitHub and PyPI drop a cell that is too many, and show a broken table as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.md", "benchmarks/*.md")
    for page in ROOT.glob(pattern)
)
#: What ends a cell, also inside of code.
BAR = re.compile(r"(?<!\\)\|")


def faults(text: str) -> list[str]:
    """The lines of *text* that look like a row of a table and are none, or have other cells than the table's head."""
    lines = text.splitlines()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    tables = [token.map for token in tokens if token.type == "table_open" and token.map]
    inside = {number: start for start, end in tables for number in range(start, end)}
    code = {number for token in tokens if token.type == "fence" and token.map for number in range(*token.map)}
    return [
        f"{number + 1}: {line}"
        for number, line in enumerate(lines)
        if line.lstrip().startswith("|")
        and number not in code
        and (number not in inside or len(BAR.findall(line)) != len(BAR.findall(lines[inside[number]])))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tables_of_a_page_are_whole(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("| a | b |\n|---|\n| 1 | 2 |\n", id="head"),
        pytest.param("| a | b |\n|---|---|\n| 1 | `x | y` |\n", id="code"),
        pytest.param("| a | b |\n|---|---|\n| 1 |\n", id="missing"),
    ],
)
def test_broken_tables_are_found(table: str) -> None:
    assert faults(table) != []


def test_a_bar_with_a_backslash_is_part_of_its_cell() -> None:
    assert faults("| a | b |\n|---|---|\n| 1 | `x \\| y` |\n") == []

"""The page "Write a backend that stores" shows the whole of ``examples/plugins/dynamorm-jsonfile``."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import pages

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/plugins/write-a-storing-backend.md"
FOLDER = ROOT / "examples/plugins/dynamorm-jsonfile"
OWN = "from dynamorm_jsonfile."


def statements(source: str) -> Iterator[str]:
    """Yield the statements of a module as they are written, with the comments above them; no imports of its own."""
    lines = source.splitlines()
    end = 0
    for node in ast.parse(source).body:
        first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
        written = "\n".join(lines[end:first] + lines[first : node.end_lineno]).strip()
        end = node.end_lineno or end
        if not written.startswith((OWN, '"""')):
            yield written


def shown(title: str) -> list[str]:
    """The statements in the section of the page with this *title*."""
    text = PAGE.read_text("utf-8").splitlines()
    begin = text.index(f"## {title}")
    end = next((number for number, line in enumerate(text) if number > begin and line.startswith("## ")), len(text))
    blocks = [each for each in pages.examples(PAGE) if begin < each.line < end and each.language == "python"]
    return [written for block in blocks for written in statements(block.source)]


def module(path: str) -> set[str]:
    return set(statements((FOLDER / path).read_text("utf-8")))


def test_the_page_shows_every_module() -> None:
    package = "src/dynamorm_jsonfile"
    assert set(shown("Files that change together")) == module(f"{package}/folder.py")
    assert {*shown("A table"), *shown("The store")} == module(f"{package}/store.py")
    assert set(shown("The backend")) == module(f"{package}/backend.py")
    assert set(shown("The plugin")) == module(f"{package}/plugin.py")
    assert sorted(path.name for path in FOLDER.glob("src/**/*.py")) == [
        "__init__.py",
        "backend.py",
        "folder.py",
        "plugin.py",
        "store.py",
    ]


def test_the_page_shows_the_test_of_the_backend() -> None:
    assert shown("The conformance suite")[-1] in module("tests/test_backend.py")


def test_the_page_shows_what_the_distribution_is_made_of() -> None:
    (block,) = PAGE.read_text("utf-8").split("```toml\n")[1:]
    assert is_part_of(tomllib.loads(block.partition("```")[0]), tomllib.loads((FOLDER / "pyproject.toml").read_text()))


def is_part_of(part: Any, whole: Any) -> bool:
    """Whether a *part* of a configuration says what the *whole* says."""
    if isinstance(part, dict):
        return all(key in whole and is_part_of(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


def test_the_page_shows_the_report_as_the_readme_does() -> None:
    report = PAGE.read_text("utf-8").split("```text\n")[1].partition("```")[0]
    assert report in (FOLDER / "README.md").read_text("utf-8")

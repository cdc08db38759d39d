"""The guide to FastAPI shows the program in ``examples/books_api``, all of it."""

from __future__ import annotations

from pathlib import Path

from tests.support import pages

ROOT = Path(__file__).parents[2]


def test_the_page_shows_the_whole_program() -> None:
    source = (ROOT / "examples/books_api/app.py").read_text(encoding="utf-8")
    docstring, _, program = source.partition('"""\n\n')
    assert docstring.startswith('"""')
    shown = [each.source for each in pages.examples(ROOT / "docs/how-to/fastapi.md") if each.language == "python"]
    assert "\n\n".join(shown) == program

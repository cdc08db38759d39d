"""The guide to FastAPI shows the programs in ``examples/books_api``, all of them."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support import pages

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/fastapi.md"
PROGRAMS = ROOT / "examples/books_api"


def shown() -> tuple[list[str], list[str]]:
    """Return the blocks of the first service, and those of the one with ``async def``."""
    text = PAGE.read_text(encoding="utf-8").splitlines()
    second = text.index("## With `async def`")
    blocks = [each for each in pages.examples(PAGE) if each.language == "python"]
    return [each.source for each in blocks if each.line < second], [
        each.source for each in blocks if each.line > second
    ]


def parts(source: str) -> dict[str, str]:
    """Return the statements of a program by the name that each defines; imports and the docstring are left out."""
    found = {}
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min(each.lineno for each in (node, *node.decorator_list))
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
        elif isinstance(node, ast.Assign):
            found[ast.unparse(node.targets[0])] = ast.unparse(node)
    return found


def test_the_page_shows_the_whole_program() -> None:
    source = (PROGRAMS / "app.py").read_text(encoding="utf-8")
    docstring, _, program = source.partition('"""\n\n')
    assert docstring.startswith('"""')
    blocking, _ = shown()
    assert "\n\n".join(blocking) == program


def test_the_page_shows_what_is_awaited() -> None:
    blocking, awaited = shown()
    whole = parts((PROGRAMS / "async_app.py").read_text(encoding="utf-8"))
    assert {**parts("\n".join(blocking)), **parts("\n".join(awaited))} == whole
    assert len(parts("\n".join(awaited))) < len(whole)

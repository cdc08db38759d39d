"""Pages of Markdown: their examples and their sections.

``python tests/support/pages.py PAGE`` runs the examples of one page as a reader would: the blocks marked ``python``
and ``pycon`` in their order, in one namespace, in the present folder. What a ``pycon`` session shows is compared
with what comes out. A session may await, as in ``python -m asyncio``: all sessions of a page share one event loop.
A block marked ``python not-run: REASON`` is only compiled.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from markdown_it import MarkdownIt

NOT_RUN = "not-run:"


@dataclass(frozen=True)
class Example:
    """One block of code; ``line`` is that of its first line of code in the page, counted from 1."""

    page: Path
    line: int
    language: str
    source: str
    reason_not_to_run: str | None

    def compiled(self) -> CodeType:
        """The block's code, with the page's own line numbers; it may await. Raises ``SyntaxError``."""
        await_anywhere = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(self.source, str(self.page), "exec", ast.PyCF_ONLY_AST | await_anywhere, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        ast.increment_lineno(tree, self.line - 1)
        code: CodeType = compile(tree, str(self.page), "exec", await_anywhere, dont_inherit=True)
        return code


def examples(page: Path) -> list[Example]:
    """The blocks of Python in *page*, in their order."""
    found = []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        language, _, mark = token.info.partition(" ")
        if token.type == "fence" and language in ("python", "pycon") and token.map is not None:
            reason = mark.removeprefix(NOT_RUN).strip() if mark.startswith(NOT_RUN) else None
            found.append(Example(page, token.map[0] + 2, language, token.content, reason))
    return found


def sections(page: Path) -> dict[str, str]:
    """The text of each section of *page*, up to the next heading of any level, by its heading without markup."""
    found: dict[str, str] = {}
    heading = ""
    inside_heading = False
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type in ("heading_open", "heading_close"):
            inside_heading = token.type == "heading_open"
        elif token.type == "inline" and inside_heading:
            heading = "".join(child.content for child in token.children or ())
            found[heading] = ""
        elif heading:
            found[heading] += f"{token.content}\n"
    return found


def run(page: Path) -> None:
    """Runs the examples of *page*. Exits with a report when a session shows something else than the page says."""
    module = ModuleType("example")
    # Schema libraries look up the annotations of a class in its module.
    sys.modules[module.__name__] = module
    with asyncio.Runner() as loop:
        for example in examples(page):
            if example.reason_not_to_run is not None:
                continue
            if example.language == "python":
                exec(example.compiled(), module.__dict__)
            else:
                _run_session(example, module, loop)


def _run_session(example: Example, module: ModuleType, loop: asyncio.Runner) -> None:
    session = doctest.DocTestParser().get_doctest(
        example.source, module.__dict__, example.page.name, str(example.page), example.line - 1
    )
    if any(_code_of(statement).co_flags & inspect.CO_COROUTINE for statement in session.examples):
        for statement in session.examples:
            _run_on(loop, statement, session.globs)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    if runner.run(session, clear_globs=False).failed:
        sys.exit(f"{example.page}:{example.line}: the session shows something else than the page says.")
    module.__dict__.update(session.globs)


def _code_of(statement: doctest.Example) -> CodeType:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(statement.source, "<session>", "single", flags, dont_inherit=True)
    return code


def _run_on(loop: asyncio.Runner, statement: doctest.Example, names: dict[str, Any]) -> None:
    """Let a *statement* of a session run on the *loop*, whether it awaits or not, as it does in ``python -m asyncio``."""
    code = _code_of(statement)

    async def run() -> None:
        found = FunctionType(code, names)()
        if inspect.iscoroutine(found):
            await found

    # Found by its own text, which a failure shows.
    names.setdefault("_on_loop", {})[statement.source] = lambda: loop.run(run())
    statement.source = f"_on_loop[{statement.source!r}]()\n"


if __name__ == "__main__":
    run(Path(sys.argv[1]))

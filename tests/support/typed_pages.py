"""The examples of a page of Markdown as one program for type checkers, on the lines that they have in the page."""

from __future__ import annotations

import ast
import doctest
import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.pages import Example, examples

_CONTEXT = re.compile(r"<!-- typing: (.*?) -->", re.DOTALL)
_MISTAKES = re.compile(r"<!-- typing-errors: (.+?) -->", re.DOTALL)
_MODULES = re.compile(r"<!-- typing-modules: (.+?) -->", re.DOTALL)


@dataclass
class PageProgram:
    """The program of a page. Errors are *allowed* on some lines; each block of *mistakes* has at least one.

    *shown* are the lines of sessions, where the reader sees what each statement gives.
    """

    source: str
    allowed: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)
    mistakes: list[range] = field(default_factory=list)


def program_of(page: Path) -> PageProgram | None:
    """Return the program that the blocks of a *page* make, in their order; ``None`` if it has none."""
    blocks = examples(page)
    if not blocks:
        return None
    text = page.read_text(encoding="utf-8").splitlines()
    lines = [""] * (len(text) + 1)
    program = PageProgram("")
    sources = []
    for block in blocks:
        comment, above = _comments_above(text, block.line - 2)
        source = _statements(block, program) if block.language == "pycon" else block.source
        if modules := _MODULES.search(comment):
            source = _without_imports(source, modules[1].split())
        context = _CONTEXT.search(comment)
        sources.append((block, source, context, above))
        if _MISTAKES.search(comment):
            span = range(block.line, block.line + block.source.count("\n") + 1)
            program.mistakes.append(span)
            program.allowed.update(span)
    renamed = _renamed([source for _, source, _, _ in sources])
    for (block, _, context, above), source in zip(sources, renamed, strict=True):
        for number, line in enumerate(source.splitlines()):
            lines[block.line - 1 + number] = line
        if context is not None:
            first = above + context.string.count("\n", 0, context.start())
            for number, line in enumerate(context[1].splitlines()):
                lines[first + number] = line.strip() if number == 0 else line
    program.source = "\n".join(lines) + "\n"
    return program


def _comments_above(text: list[str], fence: int) -> tuple[str, int]:
    """Return the HTML comments that end right above the line of a *fence*, counted from 0, and their first line."""
    last = fence - 1
    while last >= 0 and not text[last].strip():
        last -= 1
    first = last + 1
    while first > 0 and text[first - 1].rstrip().endswith("-->"):
        first -= 1
        while "<!--" not in text[first]:
            first -= 1
    return "\n".join(text[first : last + 1]), first


def _statements(block: Example, program: PageProgram) -> str:
    """Return the statements of a session, on their lines. Errors are allowed in those that end with a traceback."""
    lines = [""] * (block.source.count("\n") + 1)
    for example in doctest.DocTestParser().get_examples(block.source):
        source = example.source.splitlines()
        lines[example.lineno : example.lineno + len(source)] = source
        first = block.line + example.lineno
        span = range(first, first + len(source))
        program.shown.update(span)
        if example.exc_msg is not None:
            program.allowed.update(span)
    return "\n".join(lines)


def _without_imports(source: str, modules: list[str]) -> str:
    """Return the *source* without the statements that import names from these *modules*, each of which is there."""
    lines = source.splitlines()
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            found.add(node.module)
            lines[node.lineno - 1] = " " * node.col_offset + "pass"
            lines[node.lineno : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno)
    if lacking := sorted(set(modules) - found):
        raise ValueError(f"The block imports nothing from {', '.join(lacking)}:\n{source}")
    return "\n".join(lines)


def _renamed(sources: list[str]) -> list[str]:
    """Return the *sources* with other names for classes and functions that a later one defines again."""
    definitions = [_definitions(source) for source in sources]
    times = Counter(name for names in definitions for name in names)
    seen: Counter[str] = Counter()
    found = []
    for source, names in zip(sources, definitions, strict=True):
        seen.update(names)
        former = {name: f"{name}_{seen[name]}" for name in seen if times[name] > seen[name]}
        found.append(_with_names(source, former) if former else source)
    return found


def _definitions(source: str) -> set[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.parse(source).body if isinstance(node, kinds)}


def _with_names(source: str, names: dict[str, str]) -> str:
    lines = source.splitlines()
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for before, token, after in reversed(list(zip(tokens, tokens[1:], tokens[2:], strict=False))):
        # The names of arguments are no references.
        is_argument = after.string == "=" and before.string in ("(", ",")
        if token.type == tokenize.NAME and token.string in names and before.string != "." and not is_argument:
            row, start = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:start] + names[token.string] + line[start + len(token.string) :]
    return "\n".join(lines)

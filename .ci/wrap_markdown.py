"""Wrap the paragraphs of Markdown at 120 columns, those of changelog fragments at 118: a changelog indents them.

``python .ci/wrap_markdown.py`` wraps each paragraph and list item that has a longer line, and leaves the others as they
are. With ``--check`` it changes nothing, names the lines, and exits with 1. Tables, headings, blocks of code,
directives, comments and HTML are never wrapped, and neither are inline code and links' addresses.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from workspace import REPOSITORY, run

COLUMNS, COLUMNS_OF_FRAGMENTS = 120, 118
#: What begins a line that is no part of a paragraph: a table, a heading, a quotation, a directive, HTML, a comment.
APART = re.compile(r"\s*(?:\||#|>|:|<|% |\$\$|\[[^\]]+\]:)")
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
BULLET = re.compile(r"(\s*)((?:[-*+]|\d+\.) +)?")
#: What must not begin a line, where it would begin a list, a heading or a table.
MARKER = re.compile(r"[-*+#>|:%]+|\d+\.")
WORD = re.compile(r"(?:(`+).+?\1|\S)+")


def paragraphs(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where each paragraph or list item begins and ends."""
    fence, start = "", None
    for number, line in enumerate([*lines, ""]):
        mark = FENCE.match(line)
        apart = bool(mark or fence or not line.strip() or APART.match(line))
        is_item = BULLET.match(line)[2] is not None  # type: ignore[index] # it matches each line
        if start is not None and (apart or is_item):
            yield start, number
            start = None
        if mark:
            fence = "" if fence and line.strip().startswith(fence) else fence or mark[1]
        elif not apart and start is None and not is_indented_code(lines, number):
            start = number


def is_indented_code(lines: list[str], number: int) -> bool:
    """Tell whether a block of code begins there that is only indented: below a paragraph at the margin."""
    if not lines[number].startswith("    ") or BULLET.match(lines[number])[2] is not None:  # type: ignore[index]
        return False
    above = next((line for line in reversed(lines[:number]) if line.strip() and not line.startswith("    ")), "")
    return not re.match(r"\s+\S|[-*+] |\d+\. ", above)


def wrapped(paragraph: list[str], columns: int) -> list[str]:
    """Return the lines of a *paragraph* with at most *columns* where a space allows it."""
    indent, bullet = BULLET.match(paragraph[0]).groups(default="")  # type: ignore[union-attr]
    line, rest, lines = indent + bullet, indent + " " * len(bullet), []
    text = " ".join(part.strip() for part in paragraph)[len(bullet) :]
    for match in WORD.finditer(text):
        word = match[0]
        if line.strip() in ("", bullet.strip()):
            line += word
        elif len(line) + 1 + len(word) <= columns or MARKER.fullmatch(word):
            line += f" {word}"
        else:
            lines.append(line)
            line = rest + word
    return [*lines, line]


def wrap(text: str, columns: int) -> tuple[str, list[int]]:
    """Return *text* wrapped, and the numbers of the lines that were too long."""
    lines = text.split("\n")
    done: list[str] = []
    found: list[int] = []
    last = 0
    for start, end in paragraphs(lines):
        too_long = [number for number in range(start, end) if len(lines[number]) > columns]
        new = wrapped(lines[start:end], columns) if too_long else lines[start:end]
        if new != lines[start:end]:
            found.extend(number + 1 for number in too_long)
        done += [*lines[last:start], *new]
        last = end
    return "\n".join([*done, *lines[last:]]), found


def main() -> None:
    """Wrap all pages of the repository, or check them."""
    check = "--check" in sys.argv[1:]
    faults = []
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md", folder=REPOSITORY).splitlines()
    for file in filter(Path.exists, (REPOSITORY / name for name in files)):
        text = file.read_text(encoding="utf-8")
        new, found = wrap(text, COLUMNS_OF_FRAGMENTS if file.parent.name == "changes" else COLUMNS)
        faults += [f"{file.relative_to(REPOSITORY)}:{number} is too long a line." for number in found]
        if found and not check:
            file.write_text(new, encoding="utf-8")
    if check and faults:
        sys.exit("\n".join([*faults, "hatch run checks:format wraps them."]))


if __name__ == "__main__":
    main()

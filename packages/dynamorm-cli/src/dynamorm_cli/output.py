"""Where commands print: results to stdout, notes and progress to stderr. rich is imported on a terminal only."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from dynamorm.data.progress import ProgressCallback

#: Characters outside of ASCII that control a terminal, turn the direction of writing, end a line, or are half of one.
CONTROLS = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: What stands between the columns of a table.
GAP = "  "


class Output:
    """Prints the results and the notes of one command."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self._as_json = as_json
        self._quiet = quiet

    def json(self, document: Any) -> None:
        """Print the one document of a command."""
        print(json_text(document, indent=2))

    def json_line(self, document: Any) -> None:
        """Print one document of many, on a line."""
        print(json_text(document))

    def text(self, text: str = "") -> None:
        """Print a result for people."""
        print(text)

    def note(self, text: str) -> None:
        """Print a note to stderr, unless the command is to be quiet."""
        if not self._quiet:
            print(text, file=sys.stderr)

    def asked(self, text: str) -> None:
        """Print to stderr what somebody is asked about, also if the command is to be quiet."""
        print(text, file=sys.stderr)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, styles: Sequence[str] = ()) -> None:
        """Print a table: coloured on a terminal and as wide as that, else aligned with blanks and never cut.

        *styles* are rich's, one for each row; ``""`` for none.
        """
        if not sys.stdout.isatty():
            for line in aligned([columns, *rows]):
                print(line)
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), header_style="bold")
        for column in columns:
            table.add_column(Text(column), overflow="fold")
        for number, row in enumerate(rows):
            table.add_row(*map(Text, row), style=styles[number] if number < len(styles) else "")
        self.console().print(table)

    def styled(self, text: str, style: str) -> None:
        """Print a line for people, in a *style* of rich's on a terminal."""
        if not self.is_coloured:
            print(text)
            return
        from rich.text import Text

        self.console().print(Text(text, style=style), soft_wrap=True)

    def console(self) -> Console:
        """Return rich's console for stdout. Without colours it uses no other attributes of the terminal, either."""
        from rich.console import Console

        return Console(color_system="auto" if self.is_coloured else None)

    @property
    def is_coloured(self) -> bool:
        """Whether stdout is a terminal that shows colours; ``NO_COLOR`` says that it does not."""
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def shows_progress(self) -> bool:
        """Whether bars are shown: on a terminal that can redraw a line, unless the command is to be quiet."""
        return not self._quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @contextmanager
    def progress(
        self, description: str | None = None, *, total: int | None = None
    ) -> Iterator[ProgressCallback | None]:
        """Show the reports that the block's callback gets as bars; the callback is ``None`` without a terminal."""
        if not self.shows_progress:
            yield None
            return
        from dynamorm.progress import rich_progress

        with rich_progress(description, total=total) as bar:
            yield bar


def json_text(document: Any, *, indent: int | None = None) -> str:
    """Return a *document* as JSON that stdout's encoding has all characters of."""
    return encodable(json.dumps(document, indent=indent, ensure_ascii=False))


def encodable(text: str) -> str:
    """Return a *text* of JSON in ASCII alone if stdout is not in UTF-8, as in a pipe on Windows.

    Characters that control a terminal, or end a line for some programs, are escaped in any case.
    """
    if text.isascii():
        return text
    # In JSON, such characters are in strings only.
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        return "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
    return CONTROLS.sub(lambda found: json.dumps(found[0])[1:-1], text)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line whose columns stand below one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield GAP.join(cells).rstrip()

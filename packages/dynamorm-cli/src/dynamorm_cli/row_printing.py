"""Rows for people and for programs: a table on a terminal, else JSON lines; DynamoDB JSON; CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from dynamorm_cli.cells import cell, csv_cell, printable
from dynamorm_cli.output import encodable, json_text

if TYPE_CHECKING:
    from dynamorm.operate import Row
    from dynamorm_cli.output import Output

#: How rows are printed. JSON lines have the documents of instances; DynamoDB JSON has the items as they are stored.
Form: TypeAlias = Literal["table", "json", "raw", "csv"]
#: What marks an item that the schema refuses.
REFUSED = "✗"
#: The fewest characters of a column in a table.
NARROWEST = 12


class RowPrinter:
    """Prints rows: JSON when they come, tables and CSV at the end, as only then all columns are known."""

    def __init__(self, out: Output, form: Form) -> None:
        self._out = out
        self._form = form
        self._rows: list[Row] = []
        self._problems: Counter[str] = Counter()
        self._refused = 0
        self.printed = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Print *rows*, or keep them."""
        for row in rows:
            self.printed += 1
            if row.problems:
                self._refused += 1
                self._problems.update(map(printable, _reasons(row)))
            if self._form in ("table", "csv"):
                self._rows.append(row)
            else:
                self._out.text(raw_line(row) if self._form == "raw" else json_line(row))

    def end(self) -> None:
        """Print the rows that were kept, and what is wrong with some of them."""
        if self._rows and self._form == "csv":
            self._print_csv()
        elif self._rows:
            self._print_table()
        if self._refused:
            reasons = "; ".join(f"{reason} ({number})" for reason, number in self._problems.most_common(5))
            mark = f" ({REFUSED})" if self._form == "table" else ""
            are = "is" if self._refused == 1 else "are"
            self._out.note(f"{self._refused:,} of them {are} not as the models say{mark}: {reasons}")

    def _print_table(self) -> None:
        stored = [row.stored() for row in self._rows]
        columns = list(dict.fromkeys(name for values in stored for name in values))
        models = {row.model for row in self._rows if row.model is not None}
        # The models of the items are told where there are several.
        heads = [*(["model"] if len(models) > 1 else []), *([""] if self._refused else [])]
        lines = []
        for row, values in zip(self._rows, stored, strict=True):
            first = [*([_model_name(row)] if len(models) > 1 else [])]
            first += [REFUSED if row.problems else ""] if self._refused else []
            lines.append([*first, *(cell(values[name]) if name in values else "" for name in columns)])
        columns = [*heads, *(cell(name) for name in columns)]
        if not _fits(columns, lines):
            self._print_blocks(columns, lines)
            return
        styles = ["red" if row.problems else "" for row in self._rows]
        self._out.table(columns, lines, styles=styles)

    def _print_blocks(self, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """Print each item as a block of lines: a table would have columns that are too narrow to be read."""
        width = max(map(len, columns))
        for number, line in enumerate(lines):
            if number:
                self._out.text()
            for name, text in zip(columns, line, strict=True):
                if text:
                    self._out.text(f"{name:<{width}}  {text}")

    def _print_csv(self) -> None:
        import csv
        import sys
        from io import StringIO

        stored = [row.stored() for row in self._rows]
        columns = list(dict.fromkeys(name for values in stored for name in values))
        written = StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(columns)
        for values in stored:
            writer.writerow([csv_cell(values[name]) if name in values else "" for name in columns])
        text = written.getvalue().rstrip("\n")
        # Another program gets the values as they are; a terminal would obey them.
        self._out.text("\n".join(map(printable, text.split("\n"))) if sys.stdout.isatty() else text)


def _fits(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> bool:
    """Return whether a terminal has at least :data:`NARROWEST` characters for each column that needs as many."""
    import shutil

    needed = [min(NARROWEST, max(map(len, cells))) for cells in zip(columns, *lines, strict=True)]
    return sum(needed) + 2 * (len(needed) - 1) <= shutil.get_terminal_size().columns


def json_line(row: Row) -> str:
    """Return the document of a *row*, in which numbers have all their digits."""
    from dynamorm.model.interchange.json_text import text_of  # deferred: start-up cost

    return encodable(text_of(dict(row.document)))


def raw_line(row: Row) -> str:
    """Return the stored item of a *row* as DynamoDB JSON."""
    from dynamorm.wire import JSON  # deferred: start-up cost

    return json_text(JSON.encode_item(row.item))


def _reasons(row: Row) -> Iterator[str]:
    """Yield the problems of a *row* without its values: notes go to logs, and items don't differ in their reasons."""
    from dynamorm.operate.inspecting.validity import telling, without  # deferred: start-up cost

    return (without(problem, telling(row.item)) for problem in row.problems)


def _model_name(row: Row) -> str:
    return "" if row.model is None else row.model.__name__

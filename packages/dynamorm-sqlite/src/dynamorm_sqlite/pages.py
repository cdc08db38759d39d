"""The rows of one page of a query or a scan, which SQLite finds and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from dynamorm.rules import KeyPart, KeyRange, KeyTuple, QuerySelection, ScanSelection, Selection, StoredPage, read_page
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.tables import SqlTable

_NO_LIMIT: Final = -1
_Values: TypeAlias = list[int | KeyPart]


def select_page(
    connection: DatabaseConnection, sql: SqlTable, selection: Selection, limit: int | None
) -> StoredPage[str]:
    """Read the items of a page as JSON texts, from the SQLite table of what is selected."""
    where, values, order = _query(sql, selection) if isinstance(selection, QuerySelection) else _scan(sql, selection)
    statement = f"SELECT item, size FROM {sql.name} WHERE {' AND '.join(where)}"
    if order:
        statement += f" ORDER BY {', '.join(order)}"
    cursor = connection.execute(f"{statement} LIMIT ?", (*values, limit or _NO_LIMIT))
    # While a cursor is open, its connection keeps reading an old state of the database. The loop is in a function
    # of its own, because Python 3.12 and later leave the backward jump of a loop out of the `try` around it.
    try:
        return read_page(cursor)
    finally:
        cursor.close()


def _query(sql: SqlTable, selection: QuerySelection) -> tuple[list[str], _Values, list[str]]:
    keys, start = selection.keys, selection.start
    columns = ("slot", *sql.key_columns)
    count = 1 + len(keys.equal)
    # The columns that are the same in all rows, and the columns that order the rows.
    fixed, order = columns[:count], columns[count:]
    where, values = _where_clauses(keys, start, fixed, order, forward=selection.forward)
    return where, values, [f"{column} {'ASC' if selection.forward else 'DESC'}" for column in order]


def _scan(sql: SqlTable, selection: ScanSelection) -> tuple[list[str], _Values, list[str]]:
    columns = ["slot", *sql.key_columns]
    if selection.start is None:
        return ["slot >= ?", "slot <= ?"], [selection.first_slot, selection.last_slot], columns
    return [_row_comparison(columns, ">"), "slot <= ?"], [*selection.start, selection.last_slot], columns


def _where_clauses(
    keys: KeyRange, start: KeyTuple | None, fixed: Sequence[str], order: Sequence[str], *, forward: bool
) -> tuple[list[str], _Values]:
    """Return the conditions of a query's WHERE, and the values for them."""
    where = [f"{column} = ?" for column in fixed]
    values: _Values = [keys.hash_slot, *keys.equal]
    lower, upper = keys.lower, keys.upper
    if start is not None:
        where.append(_row_comparison(order, ">" if forward else "<"))
        values.extend(start[len(fixed) :])
        # The start implies the bound that it lies beyond, and SQLite could begin to read at either of them.
        lower, upper = (None, upper) if forward else (lower, None)
    for bound, comparison in ((lower, ">"), (upper, "<")):
        if bound is not None:
            where.append(f"{order[0]} {comparison}{'=' if bound.inclusive else ''} ?")
            values.append(bound.part)
    return where, values


def _row_comparison(columns: Sequence[str], comparison: str) -> str:
    return f"({', '.join(columns)}) {comparison} ({', '.join('?' * len(columns))})"

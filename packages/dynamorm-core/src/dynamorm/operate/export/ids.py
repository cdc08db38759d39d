"""The identifiers of tables in a template or a configuration, made from the tables' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.tables import ExportedTable


def ids_of(
    tables: Sequence[ExportedTable],
    make: Callable[[str], str],
    given: Mapping[str, str] | None,
    pattern: str,
    rule: str,
) -> dict[str, ExportedTable]:
    """Return *tables* by their identifiers: those that are *given*, and others that are made.

    The prefix of a connection is no part of an identifier, so that it is the same in every environment.

    Args:
        tables: The tables.
        make: Return the identifier that belongs to a name.
        given: Identifiers by the name of their table, without a prefix.
        pattern: A regular expression that a given identifier must match as a whole.
        rule: What the pattern says, for messages.

    Raises:
        DynaModelException: One is given for another table, is none, or belongs to two tables.
    """
    given = given or {}
    names = [table.base_name for table in tables]
    for name, identifier in given.items():
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise DynaModelException(
                f"An id was given for the table '{name}', which is not exported. The tables are {_quoted(names)}.{hint}"
            )
        if not re.fullmatch(pattern, identifier):
            raise DynaModelException(f"'{identifier}' can't be the id of the table '{name}': {rule}.")
    found: dict[str, ExportedTable] = {}
    for table in tables:
        identifier = given.get(table.base_name) or make(table.base_name)
        if identifier in found:
            raise DynaModelException(
                f"The tables '{found[identifier].name}' and '{table.name}' would both have the id '{identifier}'. Give "
                f"one of them another: ids={{'{table.base_name}': '…'}} (--id {table.base_name}=…)."
            )
        found[identifier] = table
    return found


def pascal_case(name: str) -> str:
    """Return the logical id for a table's *name*: ``ProdBooks`` for ``prod-books``."""
    words = [word for word in re.split(r"[^a-zA-Z0-9]+", name) if word]
    return "".join(f"{word[0].upper()}{word[1:]}" for word in words) or "Table"


def snake_case(name: str) -> str:
    """Return the name of a resource for a table's *name*: ``prod_books`` for ``prod-books``."""
    text = re.sub(r"[^a-zA-Z0-9_]", "_", name)
    return text if re.match(r"[a-zA-Z_]", text) else f"_{text}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)

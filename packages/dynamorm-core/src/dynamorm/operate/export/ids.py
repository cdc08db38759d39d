"""The identifiers of tables in a template or a configuration, made from the tables' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from dynamorm.exceptions import DynaModelException


def ids_of(
    tables: Sequence[str], make: Callable[[str], str], given: Mapping[str, str] | None, pattern: str, rule: str
) -> dict[str, str]:
    """Return the identifiers of *tables* by the tables' names: those that are *given*, and others that are made.

    Args:
        tables: The names of the tables.
        make: Return the identifier that belongs to a name.
        given: Identifiers by the name of their table.
        pattern: A regular expression that a given identifier must match as a whole.
        rule: What the pattern says, for messages.

    Raises:
        DynaModelException: One is given for another table, is none, or belongs to two tables.
    """
    given = given or {}
    for name, identifier in given.items():
        if name not in tables:
            raise DynaModelException(
                f"An id was given for the table '{name}', which is not exported. The tables are {_quoted(tables)}."
            )
        if not re.fullmatch(pattern, identifier):
            raise DynaModelException(f"'{identifier}' can't be the id of the table '{name}': {rule}.")
    found: dict[str, str] = {}
    for name in tables:
        identifier = given.get(name) or make(name)
        if identifier in found:
            raise DynaModelException(
                f"The tables '{found[identifier]}' and '{name}' would both have the id '{identifier}'. Give one of "
                f"them another: ids={{'{name}': '…'}} (--id {name}=…)."
            )
        found[identifier] = name
    return {name: identifier for identifier, name in found.items()}


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

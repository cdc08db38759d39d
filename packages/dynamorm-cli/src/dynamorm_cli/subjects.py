"""What a command reads: a model, an index of one, a shared table, or a table by its name; and only reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from dynamorm.engine.run.connection import Connection
    from dynamorm_cli.context import Context

table_option = click.option(
    "--table", metavar="TABLE", help="Read this table without a model. Values have types: isbn=S:9876543210."
)


class Subject(NamedTuple):
    """What was named on the command line.

    Attributes:
        given: A model, a shared table, or the name of a table.
        index: The class of an index of the model; ``None`` for the table.
        operands: The words behind the name.
    """

    given: Any
    index: Any
    operands: Sequence[str]

    @property
    def is_table(self) -> bool:
        """Whether it is a table without a model."""
        return isinstance(self.given, str)

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return self.given if isinstance(self.given, str) else str(self.given.__name__)

    @property
    def reader(self) -> Any:
        """What has the verbs ``query`` and ``scan``."""
        return self.given if self.index is None else self.index


def find_subject(context: Context, words: Sequence[str], table: str | None) -> Subject:
    """Return what the first of the *words* names, with the others as its operands; or a *table* with all of them.

    Raises ``click.UsageError`` if nothing is named.
    """
    if table is not None:
        return Subject(table, None, words)
    if not words or "=" in words[0]:
        raise click.UsageError("Of which model? Name it first: Book, or shop.models:Book. Or give --table.")
    name, *operands = words
    found, index = _find(context, name)
    return Subject(found, index, operands)


def _find(context: Context, name: str) -> tuple[Any, Any]:
    from dynamorm.exceptions import ModelNotFound

    try:
        return context.find_table(name), None
    except ModelNotFound as error:
        module, colon, path = name.rpartition(":")
        owner, dot, index = path.rpartition(".")
        if not dot:
            raise
        try:
            model = context.find_table(f"{module}{colon}{owner}")
        except ModelNotFound:
            raise error from None
    indexes = {each.__name__: each for each in getattr(getattr(model, "Table", None), "indexes", {}).values()}
    if index in indexes:
        return model, indexes[index]
    near = difflib.get_close_matches(index, indexes, 1)
    hint = f" Did you mean '{owner}.{near[0]}'?" if near else ""
    raise click.UsageError(f"{owner} has no index '{index}'. Its indexes: {', '.join(indexes) or 'none'}.{hint}")


@contextmanager
def only_reading(context: Context, given: Any) -> Iterator[Connection]:
    """Let everything in the block use the connection of what was *given*, which refuses whatever is no read."""
    from dynamorm.engine.run.connections import using_everywhere
    from dynamorm.operate import ReadOnly
    from dynamorm.operate.resolved_tables import ResolvedTable

    connection = context.connect() or ResolvedTable(given, None).connection
    with using_everywhere(ReadOnly(connection)) as reading:
        yield reading

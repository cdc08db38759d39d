"""The removals that a caller allows, each by the name of its table: ``drop_indexes=["books/by-author"]``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from dynamorm.data.records import record, replace
from dynamorm.data.table_plans import Consent, PlannedChange
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.exceptions import DynaModelException, ModelNotFound
from dynamorm.model.table.table_settings import parse_allowed_removals

_EXAMPLES = {"drop_indexes": "books/by-author", "drop_tags": "books/team", "switch_off": "books/stream"}


@record
class Consents:
    """The removals that are allowed, by the names of tables."""

    drop_indexes: tuple[str, ...] = ()
    drop_tags: tuple[str, ...] = ()
    switch_off: tuple[str, ...] = ()

    @classmethod
    def parse(cls, drop_indexes: Collection[str], drop_tags: Collection[str], switch_off: Collection[str]) -> Consents:
        """Return what the arguments of a call allow.

        Raises :class:`~dynamorm.exceptions.DynaModelException` for one that is not a list of names, or names no table.
        """
        given = {"drop_indexes": drop_indexes, "drop_tags": drop_tags, "switch_off": switch_off}
        return cls(**{argument: _parse(argument, names) for argument, names in given.items()})

    def by_table(self, tables: Iterable[str]) -> Mapping[str, AllowedRemovals]:
        """Return what is allowed for each of these *tables*.

        Raises :class:`~dynamorm.exceptions.ModelNotFound` for a consent that is about another table, and
        :class:`~dynamorm.exceptions.DynaModelException` for an unknown setting.
        """
        names = list(dict.fromkeys(tables))
        for argument in _EXAMPLES:
            for given in getattr(self, argument):
                table = given.partition("/")[0]
                if table not in names:
                    close = get_close_matches(table, names, n=1)
                    hint = f" Did you mean '{close[0]}'?" if close else ""
                    raise ModelNotFound(
                        f"'{given}' is about the table '{table}', which none of the models has. Their tables are "
                        f"{', '.join(names)}.{hint}"
                    )
        return {
            name: parse_allowed_removals(name, *(self._of(argument, name) for argument in _EXAMPLES)) for name in names
        }

    def _of(self, argument: str, table: str) -> list[str]:
        return [each.partition("/")[2] for each in getattr(self, argument) if each.partition("/")[0] == table]


def with_table(change: PlannedChange, table: str) -> PlannedChange:
    """Return a *change* whose consent names its *table*, as :meth:`Consents.parse` takes it."""
    consent = change.consent
    if consent is None:
        return change
    named = Consent(consent.argument, tuple(f"{table}/{name}" for name in consent.names))
    return replace(change, needs=None, consent=named)


def _parse(argument: str, names: object) -> tuple[str, ...]:
    if isinstance(names, str | type) or not isinstance(names, Iterable):
        raise DynaModelException(f"{argument} is a list of names, such as {argument}=['{_EXAMPLES[argument]}'].")
    given = tuple(names)
    for name in given:
        # A tag's key may have slashes, the name of a table may not.
        if not isinstance(name, str) or not all(name.partition("/")):
            raise DynaModelException(
                f"{argument} names tables, and what may be removed of each, such as "
                f"{argument}=['{_EXAMPLES[argument]}']; {name!r} does not."
            )
    return given

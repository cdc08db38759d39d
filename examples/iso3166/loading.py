"""Makes the tables anew and fills them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.progress import Progress

from dynamorm import DynaModel
from iso3166 import source
from iso3166.models import Country, Subdivision

ITEMS_AT_ONCE = 250
"""A call of put_batch makes requests of 25 items, all that DynamoDB takes; between two calls the bar moves."""


def load(progress: Progress) -> None:
    """Write all countries and subdivisions into tables of their own. Delete those of an earlier run first."""
    _load(Country, source.countries(), progress)
    _load(Subdivision, source.subdivisions(), progress)


def _load(model: type[DynaModel], items: Iterable[source.RawItem], progress: Progress) -> None:
    if model.Table.exists:
        model.Table.delete()
    model.Table.create_table()
    waiting = list(items)
    task = progress.add_task(model.Table.name, total=len(waiting))
    for start in range(0, len(waiting), ITEMS_AT_ONCE):
        chunk = waiting[start : start + ITEMS_AT_ONCE]
        model.put_batch(*chunk)
        progress.advance(task, len(chunk))

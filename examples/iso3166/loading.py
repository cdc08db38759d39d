"""Makes the tables anew and fills them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.progress import Progress

from dynamorm import DynaModel
from dynamorm.progress import rich_progress
from iso3166 import source
from iso3166.models import Country, Subdivision


def load(display: Progress) -> None:
    """Write all countries and subdivisions into tables of their own. Delete those of an earlier run first."""
    _load(Country, source.countries(), display)
    _load(Subdivision, source.subdivisions(), display)


def _load(model: type[DynaModel], items: Iterable[source.RawItem], display: Progress) -> None:
    if model.Table.exists:
        model.Table.delete()
    model.Table.create_table()
    model.put_batch(*items, progress=rich_progress(display=display))

"""The tables of the ISO 3166 example, filled in a fresh database of the pytest plugin."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from iso3166 import source
from iso3166.loading import load
from iso3166.models import Country, Subdivision


@pytest.mark.dynamorm(models=[])
def test_loading_makes_the_tables_and_shows_two_bars(dynamorm_requests: Any) -> None:
    display = Progress(console=Console(file=io.StringIO()))
    load(display)
    countries, subdivisions = len(list(source.countries())), len(list(source.subdivisions()))
    assert [(task.description, task.completed, task.total) for task in display.tasks] == [
        (Country.__table__.name, countries, countries),
        (Subdivision.__table__.name, subdivisions, subdivisions),
    ]
    assert (Country.scan().count(), Subdivision.scan().count()) == (countries, subdivisions)
    assert dynamorm_requests.by_action["BatchWriteItem"] == -(-countries // 25) + -(-subdivisions // 25)

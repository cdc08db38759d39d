"""Memory: the peak of a scan of many pages, and what an instance takes besides the dictionary of its values."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Side, Target, megabytes, memory_ratio
from benchmarks.contenders import Contender, race
from benchmarks.programs import CLIENT, program
from benchmarks.readings import Reading, Readings, reading_of
from benchmarks.scale import Scale
from benchmarks.schema_libraries import LIBRARIES
from benchmarks.transport import PYDANTIC, PYDANTIC_ON_CLIENT, PYDYNOX, present

SCAN, INSTANCES, VALUES = "scan", "instances", "dictionaries of the same values"


def scan(contender: str, url: str, items: int) -> Readings:
    """Go over all items of a table, one page after the other."""
    made = program(contender, url)

    def all_pages() -> None:
        assert made.scan(1) == items

    return {SCAN: reading_of(all_pages)}


def hold(contender: str, url: str) -> Readings:
    """Hold the instances of a page, and then copies of their values, which share nothing more than the instances do."""
    made = program(contender, url)
    made.page()
    instances, page = _held(made.page)
    values = pickle.dumps([instance.to_dict(native=True) for instance in page])
    dictionaries, _ = _held(lambda: pickle.loads(values))
    return {INSTANCES: instances, VALUES: dictionaries}


def _held(make: Callable[[], Sequence[Any]]) -> tuple[Reading, Sequence[Any]]:
    """Return how many more bytes are in use after something was made, while it is held."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Reading(0.0, 0.0, size), made


def compare_scans(scale: Scale) -> list[Comparison]:
    """Compare the peaks of a few contenders, once each: memory is hardly noisy, and many pages take long."""
    pages = max(1, scale.scanned // scale.operations)
    items = pages * scale.operations
    names = [name for name in present(scale) if name in {PYDANTIC, PYDANTIC_ON_CLIENT, CLIENT, PYDYNOX}]
    with canned_server(Canned(scale.operations, pages)) as url:
        taken = race({name: Contender(scan, {"contender": name, "url": url, "items": items}) for name in names}, 1)
    sides = [Side.of(taken, name, SCAN) for name in names]
    [client] = [side for side in sides if side.name == CLIENT]
    bounds = {PYDANTIC: 80.0}
    return [
        Comparison(f"scan {items:,} items", side, client, Target(megabytes, bounds.get(side.name))) for side in sides
    ]


def compare_instances(scale: Scale) -> list[Comparison]:
    """Compare the instances of each schema library with the dictionaries of their values."""
    names = [name for name in present(scale) if name in LIBRARIES]
    with canned_server(Canned(scale.operations)) as url:
        taken = race({name: Contender(hold, {"contender": name, "url": url}) for name in names}, 1)
    return [
        Comparison(
            f"hold {scale.operations:,} instances",
            Side.of(taken, name, INSTANCES),
            Side(VALUES, Side.of(taken, name, VALUES).readings),
            Target(memory_ratio, 1.5),
        )
        for name in names
    ]

"""Dumps: how many items a second come out of a SQLite file, the memory, and beside parallel scans of a server."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Side, Target, items_a_second, more_megabytes, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.programs import SEGMENTS
from benchmarks.readings import Reading, Readings, reading_of
from benchmarks.scale import Scale
from benchmarks.stored_tables import file_with
from benchmarks.transport import LATENCY

DUMP, EACH = "dump a table", "dump an item"
#: The names of the programs that read a server.
OWN, MODEL, CLIENT = "dump", "parallel scan of a model", "parallel scan of boto3's client"


def dump_file(path: str, count: int) -> Readings:
    """Dump the table of a SQLite file, in one segment."""
    from benchmarks.books import BookOfAuthor
    from dynamorm import operate

    def dump() -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = operate.dump(BookOfAuthor, folder, backend=f"sqlite:///{path}")
        assert done.item_count == count

    whole = reading_of(dump)
    return {DUMP: whole, EACH: Reading(whole.cpu / count, whole.wall / count, whole.peak)}


def read_server(program: str, url: str, items: int) -> Readings:
    """Read all pages of the server at *url*, in segments: dump them, or only scan them."""
    work = {OWN: _dump_server, MODEL: _scan_model, CLIENT: _scan_client}[program]
    assert work(url) == items  # it makes connections, and whatever is made once
    return {DUMP: reading_of(lambda: work(url))}


def _dump_server(url: str) -> int:
    import dynamorm
    from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL
    from benchmarks.values import TABLE
    from dynamorm import operate

    with (
        dynamorm.using(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS),
        tempfile.TemporaryDirectory() as folder,
    ):
        return operate.dump(TABLE, folder, segments=SEGMENTS).item_count


def _scan_model(url: str) -> int:
    import dynamorm
    from benchmarks.books import Book
    from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL

    with dynamorm.using(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS):
        return sum(1 for _ in Book.scan().parallel(SEGMENTS).recursive())


def _scan_client(url: str) -> int:
    from benchmarks.clients import bare_client
    from benchmarks.values import TABLE

    client = bare_client(url)
    scan = client.get_paginator("scan")

    def segment(number: int) -> int:
        pages = scan.paginate(TableName=TABLE, Segment=number, TotalSegments=SEGMENTS)
        return sum(len(page["Items"]) for page in pages)

    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(segment, range(SEGMENTS)))


def compare(scale: Scale, folder: Path) -> list[Comparison]:
    """Compare dumps of a large and of a small table, and of a server with scans of it; files are in the *folder*."""
    return [*_of_files(scale, folder), *_of_a_server(scale)]


def _of_files(scale: Scale, folder: Path) -> list[Comparison]:
    contenders = {
        f"{count:,} items": Contender(dump_file, {"path": str(file_with(folder, count)), "count": count})
        for count in (scale.few_items, scale.items)
    }
    small, large = contenders
    taken = race(contenders, scale.rounds)
    sides = [(Side.of(taken, large, work), Side.of(taken, small, work)) for work in (EACH, DUMP)]
    targets = Target(items_a_second, least=50_000), Target(more_megabytes, 20 if scale.items >= 200_000 else None)
    return [Comparison("dump a SQLite file", *pair, target) for pair, target in zip(sides, targets, strict=True)]


def _of_a_server(scale: Scale) -> list[Comparison]:
    pages = 4 * SEGMENTS
    items = pages * scale.operations
    with canned_server(Canned(scale.operations, pages, LATENCY)) as url:
        taken = race(
            {
                program: Contender(read_server, {"program": program, "url": url, "items": items})
                for program in (OWN, MODEL, CLIENT)
            },
            scale.rounds,
        )
    own, model, client = (Side.of(taken, program, DUMP) for program in (OWN, MODEL, CLIENT))
    work = f"dump {pages} pages of {scale.operations:,} items, after 5 ms each"
    return [
        Comparison(work, own, client, Target(wall_ratio, 1.0)),
        # A dump writes what a scan only reads: this says what that costs.
        Comparison(work, own, model, Target(wall_ratio)),
    ]

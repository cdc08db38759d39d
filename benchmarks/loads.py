"""Loads: how many items a second go into a SQLite table, the memory, and beside batches that are sent to a server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Side, Target, items_a_second, more_megabytes, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Reading, Readings, reading_of
from benchmarks.scale import Scale
from benchmarks.transport import LATENCY
from benchmarks.values import TABLE, book_json

LOAD, EACH = "load a file", "load an item"
#: The names of the programs that write to a server.
OWN, MODEL, CLIENT = "load", "put_batch of a model", "batches of boto3's client"
#: How many batches are sent at once: as many as the boto3 backend sends.
AT_ONCE = 10


def load_file(path: str, count: int) -> Readings:
    """Load the lines of a file into a table of a new SQLite database, in memory."""
    import dynamorm
    from benchmarks.books import Book
    from dynamorm import operate

    def load() -> None:
        with dynamorm.using("sqlite:///:memory:"):
            result = operate.load(path, Book, create=True)
        assert result.written == count

    whole = reading_of(load)
    return {LOAD: whole, EACH: Reading(whole.cpu / count, whole.wall / count, whole.peak)}


def write_server(program: str, url: str, path: str) -> Readings:
    """Write the items of a file to the server at *url*: load them, or decode and send them in batches."""
    work = {OWN: _load, MODEL: _put_batch, CLIENT: _send_batches}[program]
    work(url, path)  # it makes connections, and whatever is made once
    return {LOAD: reading_of(lambda: work(url, path))}


def _load(url: str, path: str) -> None:
    import dynamorm
    from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL
    from dynamorm import operate

    with dynamorm.using(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS):
        operate.load(path, TABLE)


def _put_batch(url: str, path: str) -> None:
    import dynamorm
    from benchmarks.books import Book
    from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL
    from dynamorm import wire

    with dynamorm.using(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS):
        Book.put_batch(*(wire.JSON.decode_item(item) for item in _items(path)))


def _send_batches(url: str, path: str) -> None:
    from benchmarks.clients import bare_client

    client = bare_client(url)

    def send(batch: list[Any]) -> None:
        answer = client.batch_write_item(RequestItems={TABLE: batch})
        assert not answer["UnprocessedItems"]

    requests = ({"PutRequest": {"Item": item}} for item in _items(path))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(send, iter(lambda: list(islice(requests, 25)), [])))


def _items(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["Item"]


def file_of(folder: Path, count: int) -> Path:
    """Return a file in the *folder* with so many books, as an export has them. Make it when there is none."""
    path = folder / f"{count}.json.gz"
    if not path.exists():
        with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
            for number in range(count):
                file.write(json.dumps({"Item": book_json(number)}, separators=(",", ":")) + "\n")
    return path


def compare(scale: Scale, folder: Path) -> list[Comparison]:
    """Compare loads of a large and of a small file, and into a server with batches; files are in the *folder*."""
    return [*_into_sqlite(scale, folder), *_into_a_server(scale, folder)]


def _into_sqlite(scale: Scale, folder: Path) -> list[Comparison]:
    contenders = {
        f"{count:,} items": Contender(load_file, {"path": str(file_of(folder, count)), "count": count})
        for count in (scale.few_items, scale.items)
    }
    small, large = contenders
    taken = race(contenders, scale.rounds)
    pair = Side.of(taken, large, EACH), Side.of(taken, small, EACH)
    return [Comparison("load into SQLite, in memory", *pair, Target(items_a_second, least=20_000))]


def _into_a_server(scale: Scale, folder: Path) -> list[Comparison]:
    count = 20 * scale.operations
    path = str(file_of(folder, count))
    with canned_server(Canned(scale.operations, latency=LATENCY)) as url:
        programs = (OWN, MODEL, CLIENT)
        contenders = {each: Contender(write_server, {"program": each, "url": url, "path": path}) for each in programs}
        taken = race(contenders, scale.rounds)
        # Nothing is kept there, so that the memory is that of the load alone.
        few = f"{scale.operations:,} items"
        arguments = {"program": OWN, "url": url, "path": str(file_of(folder, scale.operations))}
        taken |= race({few: Contender(write_server, arguments)}, 1)
    own, model, client = (Side.of(taken, program, LOAD) for program in programs)
    work = f"load {count:,} items, with 5 ms for each batch"
    return [
        Comparison(work, own, client, Target(wall_ratio, 1.0)),
        Comparison(work, own, model, Target(wall_ratio, 1.0)),
        Comparison("load twenty times as many", own, Side.of(taken, few, LOAD), Target(more_megabytes, 20)),
    ]

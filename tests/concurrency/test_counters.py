"""Many writers raise one counter, and none of their updates is lost."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import StaleItem
from dynamorm.ports.backends import Backend, Capability
from tests.support.counts import COUNTS
from tests.support.tables import table_of

THREADS = 16
PROCESSES = 4
TIMES = 500


class Counter(DynaModel):
    class Table:
        name = "counters"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        count = fields.Integer()


class VersionedCounter(DynaModel):
    class Table:
        name = "versioned-counters"
        hash_key = "id"
        version = "version"

    class Schema:
        id = fields.String(required=True)
        count = fields.Integer()
        version = fields.Integer()


def raise_with_plus(times: int) -> None:
    for _ in range(times):
        Counter.update_item(id="c", count__plus=1)


def raise_with_versions(times: int) -> None:
    for _ in range(times):
        fruitless = 0
        while not raised_once():
            fruitless += 1
            # Full jitter: without it, those who lost would meet again.
            time.sleep(random.uniform(0, 0.01 * 2 ** min(fruitless, 6)))


def raised_once() -> bool:
    counter = VersionedCounter.get(id="c", consistent=True)
    assert counter is not None
    counter.count += 1
    try:
        counter.save()
    except StaleItem:
        return False
    return True


RAISE: dict[str, Callable[[int], None]] = {"plus": raise_with_plus, "versions": raise_with_versions}


def prepare() -> None:
    for model in (Counter, VersionedCounter):
        table_of(model).create_table()
        model(id="c", count=0).save()


def counts() -> tuple[int, int, int]:
    plain = Counter.get(id="c", consistent=True)
    versioned = VersionedCounter.get(id="c", consistent=True)
    assert plain is not None
    assert versioned is not None
    return plain.count, versioned.count, versioned.version


@pytest.mark.parametrize("way", list(RAISE))
def test_threads_lose_no_update(backend: Backend, way: str) -> None:
    if Capability.CONCURRENT_CALLS not in backend.capabilities:
        pytest.skip("this server loses updates when several threads call it at once")

    def work() -> None:
        with dynamorm.using(backend):
            RAISE[way](TIMES)

    with dynamorm.using(backend):
        prepare()
        with ThreadPoolExecutor(THREADS) as pool:
            for future in [pool.submit(work) for _ in range(THREADS)]:
                future.result()
        total = THREADS * TIMES
        assert counts() == ((total, 0, 1) if way == "plus" else (0, total, total + 1))


@pytest.mark.parametrize("way", list(RAISE))
def test_processes_lose_no_update_in_a_file(tmp_path: Path, way: str) -> None:
    raise_in_processes(tmp_path, way, TIMES)


def raise_in_processes(folder_of_file: Path, way: str, times: int) -> None:
    """Raise a counter so many *times* in each of some processes. Fail unless all of these count."""
    url = f"sqlite:///{folder_of_file / 'counters.db'}"
    with dynamorm.using(url):
        prepare()
    program = f"import dynamorm; from tests.concurrency.test_counters import *; dynamorm.connect({url!r}); RAISE[{way!r}]({times})"
    folder = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    processes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=folder, env=environment) for _ in range(PROCESSES)
    ]
    assert [process.wait() for process in processes] == [0] * PROCESSES
    total = PROCESSES * times
    COUNTS["updates of a counter"] += total
    with dynamorm.using(url):
        assert counts() == ((total, 0, 1) if way == "plus" else (0, total, total + 1))

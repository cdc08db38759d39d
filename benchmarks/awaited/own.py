"""DynamORM beside itself: awaited or not, with credentials that expire or not. Both sides take turns in one process."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.awaited.tasks import shared
from benchmarks.canned_server import Canned, canned_server
from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL, ENVIRONMENT, KEY
from benchmarks.comparisons import Comparison, Measure, Side, Target, cpu_ratio, time_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, reading_of
from benchmarks.scale import Scale
from benchmarks.values import book, isbn

AWAITED, BLOCKING = "awaited", "blocking"
REFRESHABLE, FIXED = "refreshable credentials", "fixed ones"
SECTION = "awaited"
#: How many portions are measured of each side. The differences are small, and short portions find quiet moments.
PORTIONS = 30
#: What prints credentials that have to be fetched again, as "Process credential provider" of the AWS SDKs has it.
_CREDENTIALS = (
    '{{"Version": 1, "AccessKeyId": "{key}", "SecretAccessKey": "{key}", "SessionToken": "{key}", '
    '"Expiration": "2099-01-01T00:00:00Z"}}'
)

#: Does so many gets.
Gets = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Pair:
    """A function that compares a subject with a baseline, and the most that the subject may take."""

    title: str
    subject: str
    baseline: str
    target: Target


def _pair(title: str, subject: str, baseline: str, measure: Measure, most: float) -> Pair:
    return Pair(title, subject, baseline, Target(measure, most))


#: The comparisons by name.
PAIRS: Mapping[str, Pair] = {
    "get": _pair("get", AWAITED, BLOCKING, cpu_ratio, 1.40),
    "sqlite": _pair("get on SQLite in memory, 50 tasks", AWAITED, BLOCKING, time_ratio, 1.5),
    "sqlite-file": _pair("get on SQLite in a file, 50 tasks", AWAITED, BLOCKING, time_ratio, 1.5),
    "refreshable": _pair("get, 50 tasks", REFRESHABLE, FIXED, cpu_ratio, 1.05),
    "refreshable-blocking": _pair("get without await", REFRESHABLE, FIXED, cpu_ratio, 1.05),
}


def take(pair: str, url: str, operations: int) -> Readings:
    """Measure both sides of a *pair*, on the server at *url* if it needs one."""
    os.environ.update(ENVIRONMENT)
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        if pair == "sqlite":
            sides = _on_sqlite(runner, ":memory:")
        elif pair == "sqlite-file":
            sides = _on_sqlite(runner, str(Path(folder) / "books.db"))
        elif pair == "get":
            sides = _on_server(runner, url)
        else:
            sides = _with_credentials(runner, url, Path(folder), blocking=pair == "refreshable-blocking")
        return _alternating(sides, operations)


def _on_server(runner: asyncio.Runner, url: str) -> Mapping[str, Gets]:
    import dynamorm

    connection = dynamorm.connect(BACKEND_URL, endpoint_url=url)
    return {AWAITED: _awaited(runner, connection, 1), BLOCKING: _blocking(connection)}


def _on_sqlite(runner: asyncio.Runner, database: str) -> Mapping[str, Gets]:
    import dynamorm
    from benchmarks.books import create_table
    from benchmarks.programs.pydantic_models import Book

    connection = dynamorm.connect(f"sqlite:///{database}")
    create_table(Book)
    Book.put(book(1))
    return {AWAITED: _awaited(runner, connection, 50), BLOCKING: _blocking(connection)}


def _with_credentials(runner: asyncio.Runner, url: str, folder: Path, *, blocking: bool) -> Mapping[str, Gets]:
    import dynamorm

    fixed = dynamorm.connect(BACKEND_URL, endpoint_url=url, aws_session_token=KEY, **BACKEND_OPTIONS)
    # The settings of AWS's tools are read when the first operation needs them.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    printed, config = folder / "credentials.json", folder / "config"
    printed.write_text(_CREDENTIALS.format(key=KEY), encoding="utf-8")
    program = f"import pathlib; print(pathlib.Path(r'{printed}').read_text())"
    process = shlex.join((sys.executable, "-c", program))
    config.write_text(f"[default]\ncredential_process = {process}\n", encoding="utf-8")
    os.environ["AWS_CONFIG_FILE"] = str(config)
    refreshable = dynamorm.connect(BACKEND_URL, endpoint_url=url)
    if blocking:
        return {REFRESHABLE: _blocking(refreshable), FIXED: _blocking(fixed)}
    return {REFRESHABLE: _awaited(runner, refreshable, 50), FIXED: _awaited(runner, fixed, 50)}


def _awaited(runner: asyncio.Runner, connection: Any, tasks: int) -> Gets:
    import dynamorm
    from benchmarks.programs.pydantic_models import Book

    async def get(number: int) -> None:
        assert await Book.aget(isbn=isbn(1)) is not None

    async def gets(count: int) -> None:
        with dynamorm.using(connection):
            await shared(get, min(tasks, count), count)

    return lambda count: runner.run(gets(count))


def _blocking(connection: Any) -> Gets:
    import dynamorm
    from benchmarks.programs.pydantic_models import Book

    def gets(count: int) -> None:
        with dynamorm.using(connection):
            for _ in range(count):
                assert Book.get(isbn=isbn(1)) is not None

    return gets


def _alternating(sides: Mapping[str, Gets], operations: int) -> Readings:
    """Measure the *sides* by turns, portion by portion, and return an ordinary one of the turns that took least.

    What slows the machine down slows both sides of a turn. The best portions of each side could be of other moments,
    and the turn that took least of all may owe that to one of its sides.
    """
    portion = max(1, operations // 5)
    for gets in sides.values():
        # The first ones make connections, and whatever is made once.
        gets(min(operations, 100))
    turns = [{side: reading_of(partial(gets, portion)) for side, gets in sides.items()} for _ in range(PORTIONS)]
    return _middle(sorted(turns, key=_cpu_of_both)[: PORTIONS // 3])


def _middle(turns: Sequence[Readings]) -> Readings:
    """Return the one of the *turns* whose first side has the middle share of the CPU."""
    return sorted(turns, key=_share_of_first_side)[len(turns) // 2]


def _share_of_first_side(turn: Readings) -> float:
    return next(iter(turn.values())).cpu / _cpu_of_both(turn)


def _cpu_of_both(turn: Readings) -> float:
    return sum(reading.cpu for reading in turn.values())


def compare(scale: Scale) -> list[Comparison]:
    """Compare DynamORM with itself."""
    with canned_server(Canned()) as url:
        contenders = {
            name: Contender(take, {"pair": name, "url": url, "operations": scale.operations}) for name in PAIRS
        }
        turns = {name: _middle(taken) for name, taken in race(contenders, scale.rounds).items()}
    return [
        Comparison(
            pair.title,
            Side(f"DynamORM, {pair.subject}", [turns[name][pair.subject]]),
            Side(f"DynamORM, {pair.baseline}", [turns[name][pair.baseline]]),
            pair.target,
            SECTION,
        )
        for name, pair in PAIRS.items()
    ]

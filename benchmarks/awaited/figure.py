"""The figure ``async``: DynamORM's asynchronous verbs beside aiobotocore and pydynox, and beside DynamORM itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import cold_start
from benchmarks.awaited import own
from benchmarks.awaited.own import SECTION
from benchmarks.awaited.programs import AIOBOTOCORE, AWAITED_PROGRAMS, OURS, PYDYNOX
from benchmarks.awaited.works import AWAITED_WORKS, Aim, AwaitedWork, take
from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio, times_as_many
from benchmarks.contenders import Contender, race
from benchmarks.scale import Scale

#: The programs of the cold start, each whole by itself, and what DynamORM's may take of aiobotocore's.
STARTS = {
    OURS: cold_start.FOLDER / "dynamorm_awaited.py",
    AIOBOTOCORE: cold_start.FOLDER / "aiobotocore_client.py",
}
START_AIM = Aim(cpu_ratio, {AIOBOTOCORE: 0.60})


def compare(scale: Scale) -> list[Comparison]:
    """Take the whole figure, with those libraries that are installed."""
    found = [comparison for name in AWAITED_WORKS for comparison in compare_work(name, scale)]
    return [*found, *compare_starts(scale), *own.compare(scale)]


def compare_work(name: str, scale: Scale) -> list[Comparison]:
    """Compare DynamORM with its rivals at the work of that *name*."""
    work = AWAITED_WORKS[name]
    names = _installed(work.contenders)
    with _server(work, scale) as (url, certificate):
        arguments: dict[str, str | int] = {
            "work": name,
            "url": url,
            "operations": scale.operations,
            "certificate": certificate,
        }
        taken = race(
            {contender: Contender(take, {"contender": contender, **arguments}) for contender in names}, scale.rounds
        )
    sides = {contender: Side.of(taken, contender, name) for contender in names}
    title = work.title.format(scale.operations)
    return [
        comparison
        for contender, aims in work.aims.items()
        for aim in aims
        for comparison in _comparisons(title, sides[contender], sides, aim)
    ]


def compare_starts(scale: Scale) -> list[Comparison]:
    """Compare whole interpreters, from their start to the first item that is awaited."""
    names = _installed(list(STARTS))
    with canned_server(Canned()) as url:
        contenders = {
            name: Contender(cold_start.take, {"program": str(STARTS[name]), "url": url, "times": scale.starts})
            for name in names
        }
        taken = race(contenders, scale.rounds)
    sides = {name: Side.of(taken, name, cold_start.START) for name in names}
    return _comparisons(cold_start.START, sides[OURS], sides, START_AIM)


def _installed(names: list[str]) -> list[str]:
    return [name for name in names if AWAITED_PROGRAMS[name].installed]


@contextmanager
def _server(work: AwaitedWork, scale: Scale) -> Iterator[tuple[str, str]]:
    """Run the server of a *work*; yield its URL and the path of its certificate, which is empty without TLS."""
    canned = replace(work.canned, page_items=scale.operations)
    if not work.tls:
        with canned_server(canned) as url:
            yield url, ""
        return
    from tests.support.servers.certificates import made_certificate

    with tempfile.TemporaryDirectory() as folder:
        certificate = str(made_certificate(Path(folder) / "certificate.pem"))
        with canned_server(replace(canned, certificate=certificate)) as url:
            yield url, certificate


def _comparisons(title: str, ours: Side, sides: dict[str, Side], aim: Aim) -> list[Comparison]:
    return [
        Comparison(title, ours, sides[rival], _target(aim, rival), SECTION)
        for rival in (AIOBOTOCORE, PYDYNOX)
        if rival in sides
    ]


def _target(aim: Aim, rival: str) -> Target:
    bound = aim.bounds.get(rival)
    return Target(aim.measure, least=bound) if aim.measure is times_as_many else Target(aim.measure, bound)

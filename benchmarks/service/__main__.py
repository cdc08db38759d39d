"""The command: ``hatch run service:load``, less than two minutes.

Both services run under uvicorn, each in a process of its own, are asked in turns, and ask one database of prepared
responses.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.contenders import ROOT
from benchmarks.service.addresses import DATABASE_VARIABLE
from benchmarks.service.database import database
from benchmarks.service.load import REQUESTS, Outcome, run

SERVICES = {"DynamORM": "benchmarks.service.on_dynamorm:app", "aiobotocore": "benchmarks.service.on_aiobotocore:app"}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One round of one load on one service."""

    outcome: Outcome
    cpu: float

    @property
    def cpu_per_request(self) -> float:
        """Return the CPU seconds of the service for each request."""
        return self.cpu / len(self.outcome.latencies)


@contextmanager
def service(app: str, url: str) -> Iterator[tuple[int, int]]:
    """Run a service under uvicorn as long as the block does; yield its port and process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "examples")]),
            "CURSOR_SECRET": "a secret of 16 bytes or more",
            DATABASE_VARIABLE: url,
        }
        command = (sys.executable, "-m", "uvicorn", "--fd", str(listening.fileno()), "--no-access-log")
        with subprocess.Popen(
            (*command, "--log-level", "warning", app), cwd=ROOT, env=environment, pass_fds=[listening.fileno()]
        ) as process:
            try:
                yield listening.getsockname()[1], process.pid
            finally:
                process.terminate()


def cpu_of(process: int) -> float:
    """Return the CPU seconds that a process has used."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(url: str, connections: int, seconds: float, rounds: int) -> dict[str, dict[str, list[Measured]]]:
    """Return what each service did with each request, round by round, in turns."""
    taken: dict[str, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as running:
        services = {name: running.enter_context(service(app, url)) for name, app in SERVICES.items()}
        for title, request in REQUESTS.items():
            for port, _ in services.values():
                # The first responses wait for imports and connections.
                asyncio.run(run(port, request, connections, 0.5))
            # Short turns, so that what slows the machine down for a while slows both.
            for _ in range(rounds):
                for name, (port, process) in services.items():
                    before = cpu_of(process)
                    outcome = asyncio.run(run(port, request, connections, seconds))
                    taken[title][name].append(Measured(outcome, cpu_of(process) - before))
    return taken


def table_of(taken: dict[str, dict[str, list[Measured]]], connections: int) -> Table:
    """Return the table that is printed: the best of all rounds."""
    table = Table(title=f"The forum's service, {connections} requests at once")
    for column in ("request", "", "requests a second", "CPU of each", "median", "99 %"):
        table.add_column(column, justify="left" if column in ("request", "") else "right")
    for title, services in taken.items():
        for name, rounds in services.items():
            fastest = _fastest(rounds)
            table.add_row(
                title,
                name,
                f"{fastest.rate:,.0f}",
                f"{_least_cpu(rounds) * 1e6:,.0f} µs",
                f"{fastest.percentile(0.5) * 1e3:.1f} ms",
                f"{fastest.percentile(0.99) * 1e3:.1f} ms",
            )
        ours, theirs = services["DynamORM"], services["aiobotocore"]
        rate = _fastest(ours).rate / _fastest(theirs).rate
        table.add_row("", "ratio", f"{rate:.2f}", f"{_least_cpu(ours) / _least_cpu(theirs):.2f}", "", "")
        table.add_section()
    return table


def _fastest(rounds: Sequence[Measured]) -> Outcome:
    return max((each.outcome for each in rounds), key=lambda outcome: outcome.rate)


def _least_cpu(rounds: Sequence[Measured]) -> float:
    return min(each.cpu_per_request for each in rounds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the load that the *arguments* ask for, and print what it came to."""
    parser = argparse.ArgumentParser("benchmarks.service", description=__doc__)
    parser.add_argument("--connections", type=int, default=32, help="how many requests are sent at once")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each turn takes")
    parser.add_argument("--rounds", type=int, default=8, help="of which the best counts")
    given = parser.parse_args(arguments)
    started = time.perf_counter()
    with database() as url:
        taken = measure(url, given.connections, given.seconds, given.rounds)
    console = Console(width=120)
    console.print(table_of(taken, given.connections))
    console.print(f"Best of {given.rounds} rounds, {time.perf_counter() - started:.0f} seconds in all.")


if __name__ == "__main__":
    main()

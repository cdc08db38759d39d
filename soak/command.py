"""The command: runs the parts in turns, so that each gets the same time, until the first failure or the end."""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from soak.parts import PARTS, Round, parts_on_dynamodb_local
from tests.support.counts import COUNTS
from tests.support.environment import without_settings_of_the_machine
from tests.support.servers.dynamodb_local import LOCAL_VARIABLE, DynamoDBLocal

DEFAULT_SIZE = 10
SECONDS_BETWEEN_REPORTS = 300.0
_STATES = {
    0: "nothing differs, nothing is lost",
    1: "1 failure",
    130: "interrupted; until then nothing differs, nothing is lost",
}


@dataclass
class Totals:
    """What a part has done so far."""

    rounds: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)


class Soak:
    """Runs rounds of *parts*, and keeps their totals.

    Args:
        parts: The rounds, by name.
        seed: The seed of the first round of each part. Each further round has the next number.
        size: How much a round does.
        seconds: When no further round is to begin; each part has one round in any case.
        rounds: How many rounds each part has at most.
    """

    def __init__(
        self, parts: Mapping[str, Round], seed: int, size: int, *, seconds: float | None, rounds: int | None
    ) -> None:
        self.totals = {name: Totals() for name in parts}
        self._parts = parts
        self._seed = seed
        self._size = size
        self._seconds = seconds
        self._rounds = rounds
        self._began = time.monotonic()

    def run(self) -> int:
        """Run until the end. Return the exit status: 1 at the first failure, and 130 if Ctrl-C ends it."""
        reported = self._began
        status = 0
        try:
            while status == 0 and (name := self._next()) is not None:
                status = self._run_round(name)
                if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                    self.report(_STATES[0])
                    reported = time.monotonic()
        except KeyboardInterrupt:
            status = 130
        self.report(_STATES[status])
        return status

    def report(self, state: str) -> None:
        """Print the totals."""
        print(f"\n{_duration(time.monotonic() - self._began)}, {state}; seeds from {self._seed}")
        width = max(map(len, self.totals))
        for name, total in self.totals.items():
            counts = ", ".join(f"{number:,} {thing}" for thing, number in total.counts.items())
            print(f"  {name:{width}}  {_duration(total.seconds):>8}  {total.rounds:>5} rounds  {counts}")
        together = sum((total.counts for total in self.totals.values()), Counter[str]())
        print(f"  {'all':{width}}  " + ", ".join(f"{number:,} {thing}" for thing, number in sorted(together.items())))
        sys.stdout.flush()

    def _next(self) -> str | None:
        """Return the part that has had the least time."""
        over = self._seconds is not None and time.monotonic() - self._began > self._seconds
        waiting = [
            name
            for name, total in self.totals.items()
            if total.rounds == 0 or not (over or (self._rounds is not None and total.rounds >= self._rounds))
        ]
        return min(waiting, key=lambda name: (self.totals[name].seconds, self.totals[name].rounds), default=None)

    def _run_round(self, name: str) -> int:
        total = self.totals[name]
        seed = self._seed + total.rounds
        before, began = COUNTS.copy(), time.monotonic()
        try:
            self._parts[name](seed, self._size)
        except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
            traceback.print_exc(file=sys.stdout)
            size = "" if self._size == DEFAULT_SIZE else f" --size {self._size}"
            print(f"\n{name} failed with seed {seed}. The same round again:")
            print(f"  hatch run soak --only {name} --seed {seed} --rounds 1{size}")
            return 1
        finally:
            total.rounds += 1
            total.seconds += time.monotonic() - began
            total.counts.update(COUNTS - before)
        return 0


def main(arguments: Sequence[str] | None = None, parts: Mapping[str, Round] = PARTS) -> int:
    """Run the command. Return its exit status."""
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, without_settings_of_the_machine(Path(folder) / "missing"):
        os.environ.pop("DYNAMORM_BOTO3_DIRECT", None)
        with _with_dynamodb_local(parts) as all_parts:
            if unknown := set(given.only) - all_parts.keys():
                print(f"There is no part {', '.join(sorted(unknown))}. The parts are {', '.join(all_parts)}.")
                return 2
            chosen = {name: part for name, part in all_parts.items() if not given.only or name in given.only}
            seed = random.randrange(1_000_000_000) if given.seed is None else given.seed
            minutes = 1.0 if given.minutes is None and given.rounds is None else given.minutes
            seconds = None if minutes is None else minutes * 60
            print(f"Parts: {', '.join(chosen)}. Seeds from {seed}.", flush=True)
            return Soak(chosen, seed, given.size, seconds=seconds, rounds=given.rounds).run()


@contextmanager
def _with_dynamodb_local(parts: Mapping[str, Round]) -> Iterator[Mapping[str, Round]]:
    """Give the *parts*, and those that need DynamoDB Local, if it is asked for."""
    if os.environ.get(LOCAL_VARIABLE) != "1":
        print(f"Nothing is compared with DynamoDB Local: set {LOCAL_VARIABLE}=1 for that.", flush=True)
        yield parts
    else:
        with DynamoDBLocal() as server:
            yield {**parts, **parts_on_dynamodb_local(server.url)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hatch run soak", description="Runs the tests that work with chance.")
    parser.add_argument("--minutes", type=_minutes, help="for how long; 1 unless --rounds is given")
    parser.add_argument("--rounds", type=_at_least_one, help="how many rounds each part has at most")
    parser.add_argument("--seed", type=int, help="the seed of each part's first round; random otherwise")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="only this part, or these")
    parser.add_argument(
        "--size", type=_at_least_one, default=DEFAULT_SIZE, help="how much a round does (default: %(default)s)"
    )
    return parser


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes")
    return minutes


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min"

"""The parts of a soak: what a round of each does, with the functions of the tests."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend
from tests.async_programs.test_cancellation import TASKS, outlive_storm
from tests.boto3.canned_server import running_canned_server
from tests.boto3.test_interrupts import interrupt_batches
from tests.concurrency.test_counters import raise_in_processes
from tests.concurrency.test_interleaved_writers import TwoWriters, TwoWritersWithVersions, write_in_turns
from tests.concurrency.test_one_table import change_one_table
from tests.concurrency.test_transfers import transfer_in_threads
from tests.conformance.test_random_operations import COMPARISONS, compare, opened_both
from tests.core.engine.test_rate_storm import outlive_storm_of_rates
from tests.core.operate.judged_exports import judge_exports
from tests.core.operate.test_killed_dumps import kill_dumps_of_a_file
from tests.core.operate.test_load_resumed import load_killed
from tests.sqlite import test_forks as forks
from tests.sqlite.test_interrupts import interrupt_file, interrupt_memory
from tests.sqlite.test_kills import kill_writers
from tests.support.servers.connections import boto3_backend
from tests.support.servers.echo_server import running_echo_server

T = TypeVar("T")
#: Opens a new backend.
Opener: TypeAlias = Callable[[], AbstractContextManager[Backend]]
#: Does one round with a seed, of a size: with the default size it takes some seconds. Raises if anything is wrong.
Round: TypeAlias = Callable[[int, int], None]


def _one_of(choices: Sequence[T], seed: int) -> T:
    return choices[seed % len(choices)]


def in_memory() -> AbstractContextManager[Backend]:
    """Open a database in memory."""
    return open_backend("sqlite:///:memory:")


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder for one round."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextmanager
def in_file() -> Iterator[Backend]:
    """Open a database in a file."""
    with folder() as path, open_backend(f"sqlite:///{path}/soak.db") as backend:
        yield backend


def one_table(opener: Opener, seed: int, size: int) -> None:
    """Change three models on one table, while answers get lost."""
    with opener() as backend:
        change_one_table(backend, 2 * size, steps=40, seed=seed)


def two_writers(opener: Opener, seed: int, size: int) -> None:
    """Let two writers change the same items, without versions and with them."""
    with opener() as backend:
        write_in_turns(_one_of((TwoWriters, TwoWritersWithVersions), seed), backend, 3 * size, steps=40, seed=seed)


def transfers(seed: int, size: int) -> None:
    """Transfer money in several threads, while requests and answers get lost."""
    with _one_of((in_memory, in_file), seed)() as backend:
        transfer_in_threads(backend, 5 * size, seed)


def counters(seed: int, size: int) -> None:
    """Raise counters in several processes."""
    with folder() as path:
        raise_in_processes(path, _one_of(("plus", "versions"), seed), 20 * size)


def comparison(url: str, seed: int, size: int) -> None:
    """Compare the embedded backend with the DynamoDB Local at *url*."""
    with opened_both(url, access_key="comparison") as both:
        for kind in COMPARISONS:
            compare(both, kind, 10 * size, seed)


def kills(seed: int, size: int) -> None:
    """Kill processes that write."""
    with folder() as path:
        kill_writers(path, 2 * size, seed)


def killed_dumps(seed: int, size: int) -> None:
    """Kill processes that dump a table, and let others go on."""
    with folder() as path:
        kill_dumps_of_a_file(path, 2 * size, seed)


def killed_loads(seed: int, size: int) -> None:
    """Kill processes that load a dump, and let others go on."""
    with folder() as path:
        load_killed(path, kills=4 * size, items=1000 * size, seed=seed)


def exports(seed: int, size: int) -> None:
    """Export tables with random features, and let other tools read them."""
    judge_exports(2 * size, seed)


def rates(seed: int, size: int) -> None:
    """Share limits of rate among threads and tasks, and cancel some of them."""
    outlive_storm_of_rates(20 * size, seed)


FORKS: Final[tuple[Callable[[Path], None], ...]] = (
    *(partial(forks.test_parent_ends_while_the_child_writes, how=how) for how in ("closes", "ends", "is killed")),
    forks.test_workers_of_a_preloaded_program,
    forks.test_processes_of_multiprocessing,
    forks.test_children_of_children,
    forks.test_several_backends,
    forks.test_read_that_began_before_the_fork,
    partial(forks.test_child_of_a_fork_in_the_middle_of_a_write_leaves_it_to_the_parent, when="within"),
    forks.test_child_of_a_fork_that_python_does_not_know_of_refuses_the_file,
    forks.test_hooks_of_the_program_use_the_backend,
    forks.test_forks_while_threads_write,
    forks.test_signals_that_interrupt_the_hooks,
    forks.test_threads_that_fork_at_the_same_time,
    forks.test_child_has_a_copy_of_a_database_in_memory,
    forks.test_event_loops_of_parent_and_child,
    forks.test_event_loop_in_a_child_that_python_does_not_know_of,
)


def fork_programs(seed: int, size: int) -> None:
    """Run programs that fork."""
    for program in random.Random(seed).sample(FORKS, min(len(FORKS), max(1, size // 3))):
        with folder() as path:
            program(path)


def interrupts(seed: int, size: int) -> None:
    """Interrupt operations by signals, and batches that several threads send."""
    for number, interrupt in enumerate((interrupt_file, interrupt_memory)):
        with folder() as path:
            interrupt(path, _one_of(("1", "3"), seed + number), str(20 * size), str(seed))
    with running_canned_server() as server:
        interrupt_batches(server, _one_of((True, False), seed))


def cancellations(seed: int, size: int) -> None:
    """Cancel asynchronous operations at every point."""
    loop, delay = _one_of((("asyncio", 0.0), ("asyncio", 0.004), ("uvloop", 0.0)), seed)
    with running_echo_server() as server:
        outlive_storm(server, loop, TASKS * size, delay, seed)


#: The parts that need no server.
PARTS: Final[dict[str, Round]] = {
    "one-table": partial(one_table, in_memory),
    "two-writers": partial(two_writers, in_memory),
    "transfers": transfers,
    "counters": counters,
    "kills": kills,
    "dumps": killed_dumps,
    "loads": killed_loads,
    "exports": exports,
    "rates": rates,
    "forks": fork_programs,
    "interrupts": interrupts,
    "cancellations": cancellations,
}


def parts_on_dynamodb_local(url: str) -> dict[str, Round]:
    """Return the parts that need the DynamoDB Local at *url*."""

    def opener() -> AbstractContextManager[Backend]:
        return boto3_backend(url, access_key="soak")

    def smaller(part: Callable[[Opener, int, int], None]) -> Round:
        return lambda seed, size: part(opener, seed, max(1, size // 5))

    return {
        "comparison": partial(comparison, url),
        "one-table-on-dynamodb-local": smaller(one_table),
        "two-writers-on-dynamodb-local": smaller(two_writers),
    }

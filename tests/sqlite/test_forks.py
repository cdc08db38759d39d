"""Forks: nothing that was acknowledged is lost, on either side, and the file stays intact."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dynamorm.data import Scan
from dynamorm.engine.run.connections import open_backend
from tests.support.counts import COUNTS, take_counts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")

REFUSED = re.compile(r"refused (.*) was forked while in use: .*Fork when no operation is running.*'spawn'")


def run(program: str, folder: Path, *arguments: str) -> list[str]:
    """Run a *program* of tests.sqlite.forking until its last process has ended. Return the lines that it says.

    No process may have failed, and what was acknowledged has to be in the file, which has to be intact.
    """
    command = (sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.sqlite.forking", program, str(folder))
    done = subprocess.run((*command, *arguments), capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    assert done.returncode == (-9 if arguments == ("is killed",) else 0)
    lines = take_counts(done.stdout.splitlines())
    assert not [line for line in lines if line.startswith("failed")]
    acknowledged = {int(line.removeprefix("ok ")) for line in lines if line.startswith("ok ")}
    COUNTS["acknowledged"] += len(acknowledged)
    path = folder / "numbers.db"
    if path.exists():
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with open_backend(f"sqlite:///{path}") as backend:
            assert {item["n"] for item in backend.execute(Scan("numbers")).items} == acknowledged
        # Nobody has it open any more, and nothing is left in SQLite's log.
        assert not list(folder.glob("numbers.db-*"))
    return [line for line in lines if not line.startswith("ok ")]


def acknowledged_by(folder: Path) -> int:
    with open_backend(f"sqlite:///{folder / 'numbers.db'}") as backend:
        return backend.execute(Scan("numbers")).count


@pytest.mark.parametrize("how", ["closes", "ends", "is killed"])
def test_parent_ends_while_the_child_writes(tmp_path: Path, how: str) -> None:
    run("parent_ends", tmp_path, how)
    assert acknowledged_by(tmp_path) == 1 + 201 + 20 + (how == "closes")


def test_workers_of_a_preloaded_program(tmp_path: Path) -> None:
    run("preload", tmp_path)
    assert acknowledged_by(tmp_path) == 2 + 4 * 50


def test_processes_of_multiprocessing(tmp_path: Path) -> None:
    assert run("with_multiprocessing", tmp_path) == ["exit code 0"] * 3
    assert acknowledged_by(tmp_path) == 2 + 3 * 20


def test_children_of_children(tmp_path: Path) -> None:
    run("nested", tmp_path)
    assert acknowledged_by(tmp_path) == 4 * 20


def test_several_backends(tmp_path: Path) -> None:
    assert run("several_files", tmp_path) == ["second [0, 1]"]
    assert acknowledged_by(tmp_path) == 7


def test_read_that_began_before_the_fork(tmp_path: Path) -> None:
    assert run("iteration", tmp_path) == [f"read {list(range(20))}"] * 2


def test_fork_waits_for_another_thread_that_writes(tmp_path: Path) -> None:
    assert run("thread_writes", tmp_path, "in time") == []
    assert acknowledged_by(tmp_path) == 5 + 10


def test_child_refuses_a_file_that_another_thread_uses_for_longer_than_the_timeout(tmp_path: Path) -> None:
    *refused, elsewhere = sorted(run("thread_writes", tmp_path, "later"), reverse=True)
    assert elsewhere == "elsewhere [1]"
    # Reads and writes through two old backends and one new, and in a child of the child.
    assert len(refused) == 2 + 2 + 1 + 2
    for line in refused:
        assert REFUSED.match(line)
        assert str(tmp_path / "numbers.db") in line


@pytest.mark.parametrize("when", ["before", "within"])
def test_child_of_a_fork_in_the_middle_of_a_write_leaves_it_to_the_parent(tmp_path: Path, when: str) -> None:
    lines = run("own_write", tmp_path, when)
    assert lines.count("did not wait") == 1
    refused = [line for line in lines if line.startswith("refused")]
    assert "forked in the middle of an operation" in refused[0]
    assert all(REFUSED.match(line) for line in refused[1:])
    assert len(refused) == 3
    assert acknowledged_by(tmp_path) == 3


def test_child_of_a_fork_that_python_does_not_know_of_refuses_the_file(tmp_path: Path) -> None:
    lines = run("without_hooks", tmp_path)
    # A new backend, and a read and a write of the old one.
    assert all(map(REFUSED.match, lines[:3]))
    assert lines[3:] == ["still open", "in memory []", "elsewhere [1]"]
    assert acknowledged_by(tmp_path) == 2 + 10


def test_hooks_of_the_program_use_the_backend(tmp_path: Path) -> None:
    run("hook_writes", tmp_path)
    # Two hooks before and two after, one of each in the child, and a write on each side.
    assert acknowledged_by(tmp_path) == 2 + 2 + 1 + 2 + 1


def test_forks_while_threads_write(tmp_path: Path) -> None:
    assert run("busy_threads", tmp_path) == []


def test_signals_that_interrupt_the_hooks(tmp_path: Path) -> None:
    assert run("interrupted", tmp_path) == ["the threads go on"]


def test_threads_that_fork_at_the_same_time(tmp_path: Path) -> None:
    assert run("threads_fork", tmp_path) == []
    assert acknowledged_by(tmp_path) == 2 * 4 * 5


def test_child_has_a_copy_of_a_database_in_memory(tmp_path: Path) -> None:
    assert run("memory_is_copied", tmp_path) == ["child [0, 1]", "parent [0, 2]"]


def test_fork_waits_for_another_thread_that_writes_to_memory(tmp_path: Path) -> None:
    assert run("memory_in_use", tmp_path, "in time") == ["child [1]", "parent [1]"]


def test_child_refuses_a_database_in_memory_that_another_thread_uses_for_longer_than_the_timeout(
    tmp_path: Path,
) -> None:
    first, second, parent = run("memory_in_use", tmp_path, "later")
    assert REFUSED.match(first)
    assert REFUSED.match(second)
    assert parent == "parent [1]"


def test_event_loops_of_parent_and_child(tmp_path: Path) -> None:
    assert run("event_loops", tmp_path) == ["in memory True"] * 3


def test_event_loop_in_a_child_that_python_does_not_know_of(tmp_path: Path) -> None:
    in_memory, refused = run("event_loops_without_hooks", tmp_path)
    assert in_memory == "in memory 1"
    assert REFUSED.match(refused)

"""Programs that fork: ``python -m tests.sqlite.forking <program> <folder>``.

Each prints a line ``ok <number>`` for every item of its own that was acknowledged, whichever process wrote it, and lines
of its own. pytest's process has threads and connections that must not be forked, so each program has a process.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ctypes import PyDLL
from functools import partial
from types import FrameType
from typing import Any

from dynamorm.data import CreateTable, GetItem, Item, KeyAttribute, PutItem, Scan, TableSpec
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import connect, open_backend
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import Backend
from tests.support.counts import count_line

SPEC = TableSpec("numbers", KeyAttribute("n", "N"))


class Interposed(dict[str, Any]):
    """An item that calls a function while the backend reads its key, which is in the middle of the write."""

    def __init__(self, item: Item, function: Callable[[], object]) -> None:
        super().__init__(item)
        self._function: Callable[[], object] | None = function

    def __getitem__(self, name: str) -> Any:
        function, self._function = self._function, None
        if function is not None:
            function()
        return super().__getitem__(name)


def say(*words: object) -> None:
    # One system call for each line, so that the lines of several processes don't mix.
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def put(backend: Backend, *numbers: int) -> None:
    for number in numbers:
        backend.execute(PutItem("numbers", {"n": number}))
        say("ok", number)


def new(folder: str, name: str = "numbers.db", options: str = "") -> Backend:
    backend = open_backend(f"sqlite:///{folder}/{name}{options}")
    backend.execute(CreateTable(SPEC))
    return backend


def numbers(backend: Backend) -> list[Any]:
    return sorted(item["n"] for item in backend.execute(Scan("numbers")).items)


def count_forks() -> None:
    """Let each child of a fork that Python knows of say that there is one more."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=say_fork)


def say_fork() -> None:
    say(count_line(1, "forks"))


def child(work: Callable[[], object]) -> int:
    """Fork, and do *work* in the child, which ends then. Return the child's process id."""
    pid = os.fork()
    if pid == 0:
        end_after(work)
    return pid


def end_after(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        if error := sys.exception():
            say("failed", type(error).__name__, error)
        os._exit(0)


def wait_for(*pids: int) -> None:
    for pid in pids:
        os.waitpid(pid, 0)


def say_refusal(backend: Backend) -> None:
    """Say the message with which the *backend* refuses a read, and with which it refuses a write."""
    for operation in (GetItem("numbers", {"n": 1}), PutItem("numbers", {"n": 99})):
        try:
            backend.execute(operation)
        except BackendUnavailable as error:
            say("refused", error)
        else:
            say("failed: it was not refused")


def parent_ends(folder: str, how: str) -> None:
    """The parent closes its backend, or just ends, while the child goes on writing, and another program too."""
    backend = new(folder)
    put(backend, 0)
    child_wrote, parent_closed = os.pipe(), os.pipe()

    def work() -> None:
        os.close(parent_closed[1])
        put(backend, 1)
        os.write(child_wrote[1], b".")
        os.read(parent_closed[0], 1)  # until the parent has closed it, or has ended
        write_in_another_program(folder, 1000)
        put(backend, *range(2, 101))
        write_in_another_program(folder, 2000)
        put(backend, *range(101, 202))
        backend.close()

    child(work)
    os.read(child_wrote[0], 1)
    if how == "closes":
        put(backend, 3000)
        backend.close()
    if how == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)


def preload(folder: str) -> None:
    """As gunicorn does with --preload: the master writes, forks workers, and ends while they write."""
    backend = new(folder)
    put(backend, 0)
    for worker in range(1, 5):
        child(partial(put, backend, *range(worker * 100, worker * 100 + 50)))
    time.sleep(0.05)
    put(backend, 1)
    backend.close()


def with_multiprocessing(folder: str) -> None:
    """The processes of multiprocessing's start method 'fork' get the backend as an argument."""
    backend = new(folder)
    put(backend, 0)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=put, args=(backend, *range(n, n + 20))) for n in (100, 200, 300)]
    for worker in workers:
        worker.start()
    put(backend, 1)
    backend.close()
    for worker in workers:
        worker.join()
        say("exit code", worker.exitcode)


def nested(folder: str) -> None:
    """A child forks a child of its own, and ends before it."""
    backend = new(folder)

    def work(generation: int) -> None:
        put(backend, generation * 100)
        if generation < 4:
            child(partial(work, generation + 1))
        put(backend, *range(generation * 100 + 1, generation * 100 + 20))
        backend.close()

    work(1)


def several_files(folder: str) -> None:
    """Backends of several files and in memory, two of them of the same file, and one that the child opens."""
    first, second = new(folder, "numbers.db"), new(folder, "second.db")
    same, memory = open_backend(f"sqlite:///{folder}/numbers.db"), open_backend("sqlite")
    put(first, 0)
    put(same, 1)
    second.execute(PutItem("numbers", {"n": 0}))

    def work() -> None:
        put(first, 2)
        put(same, 3)
        second.execute(PutItem("numbers", {"n": 1}))
        with open_backend(f"sqlite:///{folder}/numbers.db") as own:
            put(own, 4)
        memory.execute(CreateTable(SPEC))

    wait_for(child(work))
    put(first, 5)
    put(same, 6)
    say("second", numbers(second))


def iteration(folder: str) -> None:
    """Both processes go on with a read that began before the fork."""
    backend = new(folder)
    put(backend, *range(20))

    def rest(start: Item | None) -> list[Any]:
        found: list[Any] = []
        while start is not None:
            page = backend.execute(Scan("numbers", limit=3, start_key=start))
            found += [item["n"] for item in page.items]
            start = page.last_key
        return found

    page = backend.execute(Scan("numbers", limit=3))
    first = [item["n"] for item in page.items]
    wait_for(child(lambda: say("read", sorted(first + rest(page.last_key)))))
    say("read", sorted(first + rest(page.last_key)))


def thread_writes(folder: str, how: str) -> None:
    """Fork while another thread is in the middle of a write, which ends *in time*, or *later* than the timeout."""
    backend = new(folder, options="?timeout=60" if how == "in time" else "?timeout=0.1")
    other = open_backend(f"sqlite:///{folder}/numbers.db")
    put(backend, 0)
    at_work, forked = threading.Event(), threading.Event()

    def work() -> None:
        at_work.set()
        forked.wait(0.5 if how == "in time" else None)

    thread = threading.Thread(target=put_interposed, args=(backend, work))
    thread.start()
    at_work.wait()
    child_may_end = os.pipe()

    def in_child() -> None:
        os.close(child_may_end[1])
        if how == "later":
            say_refusal(backend)
            say_refusal(other)
            say_refusal_to_open(f"{folder}/numbers.db")
            child(lambda: say_refusal(backend))
            put_elsewhere(folder)
        else:
            put(backend, 2)
            put(other, 3)
        os.read(child_may_end[0], 1)

    pid = os.fork()
    if pid == 0:
        in_child()
        # Ends as programs do: what was inherited must not be closed even then.
        return
    forked.set()
    thread.join()
    put(backend, 4)
    backend.close()
    other.close()
    write_in_another_program(folder, 1000)
    os.close(child_may_end[1])
    wait_for(pid)


def put_interposed(backend: Backend, function: Callable[[], object]) -> None:
    backend.execute(PutItem("numbers", Interposed({"n": 1}, function)))
    say("ok", 1)


def put_elsewhere(folder: str) -> None:
    """Write to another file, which the fork does not concern."""
    with new(folder, f"{os.getpid()}.db") as elsewhere:
        elsewhere.execute(PutItem("numbers", {"n": 1}))
        say("elsewhere", numbers(elsewhere))


def own_write(folder: str, when: str) -> None:
    """Fork in the middle of a write of the same thread, as a signal handler could, also right *before* it begins."""
    backend = new(folder, options="?timeout=20")
    put(backend, 0)
    children: list[int] = []

    def fork_before_begin(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "in_transaction":
            sys.setprofile(None)
            children.append(os.fork())

    started = time.monotonic()
    try:
        if when == "before":
            sys.setprofile(fork_before_begin)
            put(backend, 1)
        else:
            put_interposed(backend, lambda: children.append(os.fork()))
    except BackendUnavailable as error:
        say("refused", error)
    if children == [0]:
        say_refusal(backend)
        os._exit(0)
    say("waited" if time.monotonic() - started > 10 else "did not wait")
    wait_for(*children)
    put(backend, 2)


def without_hooks(folder: str) -> None:
    """The process is forked by a library that is written in C, so that Python does not know of it."""
    backend, unused, memory = new(folder), new(folder, "unused.db"), open_backend("sqlite")
    unused.close()
    memory.execute(CreateTable(SPEC))
    put(backend, 0)
    others_wrote = os.pipe()
    path = f"{folder}/numbers.db"

    def work() -> None:
        os.close(others_wrote[1])
        os.read(others_wrote[0], 1)
        before = descriptors_of(path)
        say_refusal_to_open(path)
        say_refusal(backend)
        # What was inherited must not be closed here: SQLite would think that it has the locks of the parent.
        gc.collect()
        say("still open" if descriptors_of(path) == before else "closed")
        say("in memory", numbers(memory))
        put_elsewhere(folder)

    pid = PyDLL(None).fork()
    if pid == 0:
        say_fork()
        end_after(work)
    put(backend, 1)
    backend.close()
    write_in_another_program(folder, 1000)
    os.close(others_wrote[1])
    wait_for(pid)


def descriptors_of(path: str) -> list[int]:
    """Return the descriptors of this process that are open to the file at *path*."""
    found: list[int] = []
    for descriptor in range(256):
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                found.append(descriptor)
    return found


def hook_writes(folder: str) -> None:
    """Hooks of the program's own use the backend, before and after the fork."""
    backends: list[Backend] = []
    count = iter(range(1, 100))

    def write() -> None:
        for backend in backends:
            put(backend, next(count) + 1000 * (os.getpid() != parent))

    parent = os.getpid()
    os.register_at_fork(before=write, after_in_parent=write, after_in_child=write)
    backends.append(new(folder))
    os.register_at_fork(before=write, after_in_parent=write, after_in_child=write)
    wait_for(child(write))
    write()


def busy_threads(folder: str) -> None:
    """Fork again and again while threads write."""
    backend = new(folder, options="?synchronous=normal")
    stop = threading.Event()
    memory = open_backend("sqlite")
    memory.execute(CreateTable(SPEC))

    def work(thread: int) -> None:
        number = thread * 100_000
        while not stop.is_set():
            number += 1
            put(backend, number)
            memory.execute(PutItem("numbers", {"n": thread}))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(1, 4)]
    for thread in threads:
        thread.start()

    def in_child(number: int) -> None:
        put(backend, number)
        numbers(memory)

    for number in range(20):
        wait_for(child(partial(in_child, number)))
    stop.set()
    for thread in threads:
        thread.join()


def interrupted(folder: str) -> None:
    """Signals interrupt the hooks while threads write. Python reports their exceptions, ignores them and forks."""
    backend = new(folder, options="?synchronous=normal&timeout=5")
    stop = threading.Event()
    written = [0, 0, 0]

    def interrupt(_: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_globals["__name__"] != "dynamorm_sqlite.forks":
            frame = frame.f_back
        if frame is not None:
            raise TimeoutError

    def work(thread: int) -> None:
        while not stop.is_set():
            put(backend, thread * 100_000 + written[thread])
            written[thread] += 1

    def try_to_write(number: int) -> None:
        with suppress(BackendUnavailable):
            put(backend, number)

    sys.unraisablehook = lambda _: None
    signal.signal(signal.SIGALRM, interrupt)
    threads = [threading.Thread(target=work, args=(thread,)) for thread in (1, 2)]
    for thread in threads:
        thread.start()
    for number in range(60):
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.003))
        wait_for(child(partial(try_to_write, number)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    before = list(written)
    time.sleep(0.5)
    say("the threads go on" if before[1] < written[1] and before[2] < written[2] else "a thread waits")
    stop.set()
    for thread in threads:
        thread.join()


def threads_fork(folder: str) -> None:
    """Several threads fork at the same time, and write in between."""
    backend = new(folder, options="?synchronous=normal")

    def work(thread: int) -> None:
        for number in range(thread * 100, thread * 100 + 5):
            put(backend, number)
            wait_for(child(partial(put, backend, 1000 + number)))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def memory_is_copied(_: str) -> None:
    """A database in memory, in the parent and in the child."""
    backend = open_backend("sqlite")
    backend.execute(CreateTable(SPEC))
    backend.execute(PutItem("numbers", {"n": 0}))

    def work() -> None:
        backend.execute(PutItem("numbers", {"n": 1}))
        say("child", numbers(backend))
        backend.close()

    wait_for(child(work))
    backend.execute(PutItem("numbers", {"n": 2}))
    say("parent", numbers(backend))


def memory_in_use(_: str, how: str) -> None:
    """The same with a database in memory."""
    backend = open_backend(f"sqlite:///:memory:?timeout={60 if how == 'in time' else 0.1}")
    backend.execute(CreateTable(SPEC))
    at_work, forked = threading.Event(), threading.Event()

    def work() -> None:
        at_work.set()
        forked.wait(0.5 if how == "in time" else None)

    thread = threading.Thread(target=put_interposed, args=(backend, work))
    thread.start()
    at_work.wait()
    pid = child(lambda: say("child", numbers(backend)) if how == "in time" else say_refusal(backend))
    forked.set()
    wait_for(pid)
    thread.join()
    say("parent", numbers(backend))


def event_loops(folder: str) -> None:
    """Parent and child go on to await operations, in a file and in memory, while threads of the parent do."""
    with connect(f"sqlite:///{folder}/numbers.db?synchronous=normal") as file, connect("sqlite") as memory:
        for each in (file, memory):
            each.execute(CreateTable(SPEC))
        asyncio.run(put_awaited(file, 0))
        asyncio.run(put_awaited(memory, 0))
        stop = threading.Event()

        def work(thread: int) -> None:
            number = thread * 100_000
            while not stop.is_set():
                number += 10
                asyncio.run(put_awaited(file, *range(number, number + 10)))

        threads = [threading.Thread(target=work, args=(thread,)) for thread in (1, 2)]
        for thread in threads:
            thread.start()

        def in_child(number: int) -> None:
            asyncio.run(put_awaited(file, number))
            asyncio.run(put_awaited(memory, number))
            say("in memory", numbers(memory.backend) == [0, number])

        for number in range(1, 4):
            wait_for(child(partial(in_child, number)))
        stop.set()
        for thread in threads:
            thread.join()


def event_loops_without_hooks(folder: str) -> None:
    """The same when a library that is written in C forks."""
    file, memory = connect(f"sqlite:///{folder}/numbers.db"), connect("sqlite")
    for each in (file, memory):
        each.execute(CreateTable(SPEC))
    asyncio.run(put_awaited(file, 0))
    asyncio.run(memory.aexecute(PutItem("numbers", {"n": 0})))

    def work() -> None:
        say("in memory", asyncio.run(memory.aexecute(Scan("numbers"))).count)
        try:
            asyncio.run(put_awaited(file, 1))
        except BackendUnavailable as error:
            say("refused", error)

    let_other_threads_rest()
    pid = PyDLL(None).fork()
    if pid == 0:
        say_fork()
        end_after(work)
    wait_for(pid)
    file.close()


def let_other_threads_rest() -> None:
    """Wait until no other thread of this process wants to run.

    Without Python's hooks, a child gets the interpreter's lock as it is at the fork. If a thread is just taking it or
    giving it up, the child can't use it and waits forever. This thread gives up the lock while it sleeps, which wakes a
    thread that wants it. So a thread that sleeps all the time, and was not even woken, does not want it.
    """
    if not os.path.isdir("/proc/self/task"):
        time.sleep(1)
        return
    before, now = None, switches_of_other_threads()
    while now is None or now != before:
        time.sleep(0.02)
        before, now = now, switches_of_other_threads()


def switches_of_other_threads() -> list[str] | None:
    """Return how often other threads have gone to sleep or were stopped, or ``None`` if one of them is not asleep."""
    found: list[str] = []
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        try:
            with open(f"/proc/self/task/{thread.native_id}/status", encoding="ascii") as status:
                lines = status.read().splitlines()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, or has only just begun
            return None
        if "State:\tS (sleeping)" not in lines:
            return None
        found += [f"{thread.native_id} {line}" for line in lines if "ctxt_switches" in line]
    return sorted(found)


async def put_awaited(connection: Connection, *numbers: int) -> None:
    await asyncio.gather(*(connection.aexecute(PutItem("numbers", {"n": number})) for number in numbers))
    if ".db" in repr(connection):
        for number in numbers:
            say("ok", number)


def say_refusal_to_open(path: str) -> None:
    try:
        open_backend(f"sqlite:///{path}")
    except BackendUnavailable as error:
        say("refused", error)
    else:
        say("failed: it was not refused")


def write_in_another_program(folder: str, first: int) -> None:
    subprocess.run((sys.executable, "-m", "tests.sqlite.forking", "writer", folder, str(first)), check=True)


def writer(folder: str, first: str) -> None:
    """Ten items."""
    with open_backend(f"sqlite:///{folder}/numbers.db") as backend:
        put(backend, *range(int(first), int(first) + 10))


PROGRAMS: dict[str, Callable[..., None]] = {
    program.__name__: program
    for program in (
        busy_threads,
        event_loops,
        event_loops_without_hooks,
        hook_writes,
        interrupted,
        iteration,
        memory_in_use,
        memory_is_copied,
        nested,
        own_write,
        parent_ends,
        preload,
        several_files,
        thread_writes,
        threads_fork,
        with_multiprocessing,
        without_hooks,
        writer,
    )
}

if __name__ == "__main__":
    count_forks()
    PROGRAMS[sys.argv[1]](*sys.argv[2:])

"""The backend for event loops: one thread executes the operations, in the order in which they were awaited.

SQLite waits for disks and for locks of other processes, and an event loop must not. A database in memory waits for
neither, so operations on single items of it are executed on the event loop, each in a turn of its own.

Imported with the first awaited operation, because it imports asyncio.
"""

from __future__ import annotations

import weakref
from asyncio import AbstractEventLoop, Future, get_running_loop, sleep
from collections.abc import Callable
from contextlib import suppress
from os import getpid
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, Final, TypeAlias, TypeVar

from dynamorm.data import Operation
from dynamorm.ports.backends import AsyncBackend, TableOptions
from dynamorm_sqlite import forks
from dynamorm_sqlite.backend import SqliteBackend

Result = TypeVar("Result")
#: An operation, or ``None`` to close the backend, with the future of who waits for it, and the future's event loop.
_Job: TypeAlias = "tuple[Future[Any], AbstractEventLoop, SqliteBackend, Operation[Any] | None]"
#: What became of a job: its future, its result, and the exception that it raised.
_Outcome: TypeAlias = tuple["Future[Any]", object, BaseException | None]

#: For how long results of several jobs are collected before their tasks are woken. Waking an event loop takes a system
#: call and a change of threads, which cost more than reading an item.
_SECONDS_TO_COLLECT: Final = 0.001


class AsyncSqliteBackend(AsyncBackend):
    """A :class:`~dynamorm_sqlite.backend.SqliteBackend` for all event loops of a process, and the same database."""

    def __init__(self, backend: SqliteBackend) -> None:
        self._backend = backend
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self.max_concurrency = backend.max_concurrency
        # By generation of forks: a forked process has none of its parent's threads.
        self._workers: dict[int, _Worker] = {}

    def __repr__(self) -> str:
        return f"<Async{repr(self._backend)[1:]}"

    async def execute(self, operation: Operation[Result]) -> Result:
        """Carry out one *operation*, unless the caller is cancelled before its turn comes."""
        backend = self._backend
        if backend.is_brief(operation):
            # Raises without a loop of asyncio, where nobody would continue this after the turns of others.
            get_running_loop()
            # Other tasks come first, even if this one does nothing but execute operations.
            await sleep(0)
            if backend.is_brief(operation):
                return backend.execute(operation)
        result: Result = await self._future(operation)
        return result

    async def close(self) -> None:
        """Close the database, after the operations that are waiting for their turn."""
        # The turns of this event loop first.
        await sleep(0)
        await self._future(None)

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return this backend. Raise ``BackendMisconfigured`` for options of a table, of which it has none."""
        self._backend.configured_for(options)
        return self

    def _future(self, operation: Operation[Any] | None) -> Future[Any]:
        loop = get_running_loop()
        worker = self._workers.get(forks.generation)
        if worker is None or worker.last_loop() is not loop:
            worker = self._worker_for(loop)
        future: Future[Any] = loop.create_future()
        worker.jobs.put((future, loop, self._backend, operation))
        if worker.has_ended:
            worker.run_what_is_left()
        return future

    def _worker_for(self, loop: AbstractEventLoop) -> _Worker:
        # A fork that Python does not know of has not changed the generation. No event loop goes on in such a child, so
        # it is enough to look for one when there is another loop: asking for the process's id is a system call.
        if forks.process != getpid():
            forks.enter_child()
        worker = self._workers.get(forks.generation) or self._new_worker()
        worker.last_loop = weakref.ref(loop)
        return worker

    def _new_worker(self) -> _Worker:
        worker = _Worker()
        # There is no lock, which a fork could leave locked. Of threads that come here together, one sets its worker.
        used = self._workers.setdefault(forks.generation, worker)
        if used is worker:
            weakref.finalize(self, worker.jobs.put, None)
            try:
                worker.thread.start()
            except RuntimeError:
                # There can be no further thread: the system has a limit, or the interpreter is ending. Blocking the
                # event loop is better than failing, and the next operation tries again.
                worker.has_ended = True
                del self._workers[forks.generation]
                # Another thread may have put a job before that, and not have seen it.
                worker.run_what_is_left()
        return used


class _Worker:
    """A thread and its queue. It does not keep the backend alive: only jobs do, as long as they wait or run."""

    def __init__(self) -> None:
        #: What is to be done. ``None`` ends the thread.
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        #: Whether the thread takes no further jobs. Whoever puts one then runs what is left, because the thread may
        #: have looked for the last time before.
        self.has_ended = False
        #: The event loop that was the last one to put a job.
        self.last_loop: Callable[[], AbstractEventLoop | None] = lambda: None
        # A daemon: a program can end while an operation waits for another process's lock.
        self.thread = Thread(target=self._serve, name="dynamorm-sqlite", daemon=True)

    def run_what_is_left(self) -> None:
        """Run the jobs of a queue whose thread has ended. After a close, each raises ``BackendClosed``."""
        with suppress(Empty):
            self._run_from(self.jobs.get_nowait())

    def _serve(self) -> None:
        while not self.has_ended:
            self._run_from(self.jobs.get())
        self.run_what_is_left()

    def _run_from(self, job: _Job | None) -> None:
        """Run a *job*, and those that wait, and wake their tasks together."""
        next_job = self.jobs.get_nowait
        its_loop: AbstractEventLoop | None = None
        outcomes: list[_Outcome] = []
        future: Future[Any] | None = None
        wake_at = 0.0
        try:
            while job is not None:
                future, loop, backend, operation = job
                if not future.cancelled():
                    if loop is not its_loop or perf_counter() > wake_at or backend.may_wait(operation):
                        _wake(its_loop, outcomes)
                        its_loop, outcomes, wake_at = loop, [], perf_counter() + _SECONDS_TO_COLLECT
                    outcomes.append((future, *_outcome(backend, operation)))
                    if operation is None:
                        self.has_ended = True
                job = next_job()
            self.has_ended = True
        except Empty:
            pass
        _wake(its_loop, outcomes)
        # The traceback of an exception keeps this frame, which must not keep the future that has the exception.
        job = future = None
        outcomes = []


def _outcome(backend: SqliteBackend, operation: Operation[Any] | None) -> tuple[object, BaseException | None]:
    # A function that does not know the future: its frame is kept by the traceback, too.
    try:
        if operation is not None:
            return backend.execute(operation), None
        backend.close()
    except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
        return None, error
    return None, None


def _wake(loop: AbstractEventLoop | None, outcomes: list[_Outcome]) -> None:
    if loop is not None:
        # A loop that has been closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, loop, outcomes)


def _settle(loop: AbstractEventLoop, outcomes: list[_Outcome]) -> None:
    try:
        for future, result, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
    except BaseException:
        # A signal's handler has raised it, while tasks still wait.
        loop.call_soon(_settle, loop, outcomes)
        raise

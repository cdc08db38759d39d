"""One connection serves verbs that block and verbs that are awaited: the backend's asynchronous side, or threads."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread, get_ident
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm.data import GetItem, ItemResult, KeyAttribute, Operation, PutItem, TableSpec
from dynamorm.data.operations import CreateTable
from dynamorm.engine.run import async_door
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import connection_to, current_connection
from dynamorm.engine.run.threaded import ThreadedBackend
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, BackendUnavailable, NotYetSupported, Unsupported
from dynamorm.plugins import finder
from dynamorm.ports.backends import (
    AsyncBackend,
    Backend,
    BackendAddress,
    BackendProvider,
    BackendTraits,
    Capability,
    TableOptions,
)
from dynamorm.ports.hooks import hookimpl

Result = TypeVar("Result")
GET = GetItem("books", {"isbn": "1"})


class Blocking(Backend):
    """Tells which thread it is called in."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS})

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.closed = 0

    def execute(self, operation: Operation[Result]) -> Result:
        if self.closed:
            raise BackendClosed("It was closed.")
        self.threads.append(get_ident())
        return ItemResult({"by": "blocking"})  # type: ignore[return-value]

    def close(self) -> None:
        self.closed += 1


class Awaited(AsyncBackend):
    """Tells on which event loop it is called."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS, Capability.TAGS})
    max_concurrency = 4

    def __init__(self, name: str = "awaited") -> None:
        self.name = name
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.closed = 0
        self.tables: dict[str, Awaited] = {}

    async def execute(self, operation: Operation[Result]) -> Result:
        self.loops.append(asyncio.get_running_loop())
        return ItemResult({"by": self.name})  # type: ignore[return-value]

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed += 1

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        own = options.by_scheme.get("twosided", {})
        return self.tables.setdefault(own["name"], Awaited(own["name"])) if own else self


class Plugin:
    """A backend called ``twosided``, with either side or both."""

    def __init__(self, *, sync: bool = True, awaited: bool = True) -> None:
        self.sync = sync
        self.awaited = awaited
        self.opened: list[tuple[BackendAddress, Mapping[str, Any], Backend | None, int]] = []
        self.failures: list[BaseException] = []
        self.may_open = Event()
        self.may_open.set()

    @hookimpl
    def dynamorm_register_backend(self) -> BackendProvider:
        return BackendProvider(
            "twosided",
            1,
            (lambda address, options: Blocking()) if self.sync else None,
            self.connect_async if self.awaited else None,
        )

    def connect_async(
        self, address: BackendAddress, options: Mapping[str, Any], backend: Backend | None
    ) -> AsyncBackend:
        self.opened.append((address, options, backend, get_ident()))
        assert self.may_open.wait(60)
        if self.failures:
            raise self.failures.pop()
        return Awaited()


@contextmanager
def installed(plugin: Plugin) -> Iterator[Plugin]:
    finder().register(plugin)
    try:
        yield plugin
    finally:
        finder().unregister(plugin)


def test_asynchronous_side_opens_with_the_first_awaited_operation_with_the_same_address_and_options() -> None:
    with installed(Plugin()) as plugin, dynamorm.connect("twosided://here", speed=3) as connection:
        assert connection.execute(GET).item == {"by": "blocking"}
        assert plugin.opened == []

        async def main() -> list[Any]:
            return [(await connection.aexecute(GET)).item for _ in range(3)]

        assert asyncio.run(main()) == [{"by": "awaited"}] * 3
        address = BackendAddress("twosided", "here", "twosided://here")
        ((*told, thread),) = plugin.opened
        assert told == [address, {"speed": 3}, connection.backend]
        # Opening would make the event loop stand still.
        assert thread != get_ident()


def test_tasks_that_come_together_wait_for_one_opening() -> None:
    with installed(Plugin()) as plugin, dynamorm.connect("twosided") as connection:
        plugin.may_open.clear()

        async def main() -> None:
            impatient = asyncio.create_task(connection.aexecute(GET))
            others = [asyncio.create_task(connection.aexecute(GET)) for _ in range(50)]
            await asyncio.sleep(0.02)
            impatient.cancel()
            # The event loop goes on meanwhile.
            with pytest.raises(asyncio.CancelledError):
                await impatient
            plugin.may_open.set()
            assert len(await asyncio.gather(*others)) == 50

        asyncio.run(main())
        assert len(plugin.opened) == 1


def test_opening_that_failed_is_tried_again_by_the_next_operation() -> None:
    with installed(Plugin()) as plugin, dynamorm.connect("twosided") as connection:
        plugin.failures = [BackendMisconfigured("wrong"), KeyError("secret")]

        async def main() -> list[Any]:
            plugin.may_open.clear()
            tasks = [asyncio.create_task(connection.aexecute(GET)) for _ in range(3)]
            await asyncio.sleep(0)
            plugin.may_open.set()
            first = await asyncio.gather(*tasks, return_exceptions=True)
            with pytest.raises(BackendMisconfigured, match="wrong"):
                await connection.aexecute(GET)
            assert (await connection.aexecute(GET)).item == {"by": "awaited"}
            return first

        first = asyncio.run(main())
        assert {type(each) for each in first} == {BackendUnavailable}
        assert "secret" not in str(first[0])
        assert len(plugin.opened) == 3


def test_one_asynchronous_side_serves_several_event_loops() -> None:
    with installed(Plugin()) as plugin, dynamorm.connect("twosided") as connection:
        for _ in range(2):
            asyncio.run(connection.aexecute(GET))
        assert len(plugin.opened) == 1
        backend = asyncio.run(connection.async_backend())
        assert isinstance(backend, Awaited)
        assert len({id(loop) for loop in backend.loops}) == 2


def test_backend_without_an_asynchronous_side_runs_in_threads_which_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_door, "_told", set())
    with installed(Plugin(awaited=False)), caplog.at_level(logging.INFO, "dynamorm"):
        for _ in range(2):
            with dynamorm.connect("twosided") as connection:
                assert asyncio.run(connection.aexecute(GET)).item == {"by": "blocking"}
                assert isinstance(connection.backend, Blocking)
                assert get_ident() not in connection.backend.threads
    assert caplog.messages == [
        "Awaited operations of Blocking run in threads: it has no asynchronous side, or was given as an open object."
    ]


def test_sqlite_in_memory_is_one_database_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(connection: Connection) -> Any:
        await connection.aexecute(PutItem("books", {"isbn": "1"}))
        return (await connection.aexecute(GET)).item

    with dynamorm.connect("sqlite:///:memory:") as connection:
        connection.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
        assert asyncio.run(main(connection)) == connection.execute(GET).item == {"isbn": "1"}


@pytest.mark.parametrize("given", ["provider", "open"])
def test_backend_without_a_synchronous_side_can_only_be_awaited(given: str) -> None:
    with installed(Plugin(sync=False)) as plugin:
        with dynamorm.connect("twosided" if given == "provider" else Awaited()) as connection:
            assert connection.capabilities == Awaited.capabilities
            assert connection.max_concurrency == 4
            assert asyncio.run(connection.aexecute(GET)).item == {"by": "awaited"}
            with pytest.raises(Unsupported, match=r"Awaited is asynchronous only.*await connection\.aexecute"):
                connection.execute(GET)
        assert [backend for *_, backend, _ in plugin.opened] == ([None] if given == "provider" else [])


@pytest.mark.parametrize("sync", [True, False])
def test_table_with_options_has_an_asynchronous_side_of_its_own(sync: bool) -> None:
    options = TableOptions(by_scheme={"twosided": {"name": "table"}})

    class Configurable(Blocking):
        def __init__(self) -> None:
            super().__init__()
            self.table = Blocking()

        def configured_for(self, options: TableOptions) -> Backend:
            return self.table

    class Both(Plugin):
        @hookimpl
        def dynamorm_register_backend(self) -> BackendProvider:
            connect = (lambda address, options: Configurable()) if sync else None
            return BackendProvider("twosided", 1, connect, self.connect_async)

    async def main(connection: Connection) -> None:
        table = connection.for_table(options)
        assert table is not connection
        assert connection.for_table(options) is table
        assert (await table.aexecute(GET)).item == {"by": "table"}
        assert (await connection.aexecute(GET)).item == {"by": "awaited"}

    with installed(Both()), dynamorm.connect("twosided") as connection:
        asyncio.run(main(connection))


def test_async_with_closes_both_sides_and_waits() -> None:
    async def main() -> None:
        async with dynamorm.connect("twosided") as connection:
            await connection.aexecute(GET)
            awaited = await connection.async_backend()
        assert isinstance(awaited, Awaited)
        assert isinstance(connection.backend, Blocking)
        assert (awaited.closed, connection.backend.closed) == (1, 1)
        with pytest.raises(BackendClosed, match=r"The connection 'twosided' was closed\. Connect again"):
            await connection.aexecute(GET)
        with pytest.raises(BackendClosed):
            connection.execute(GET)
        await connection.aclose()

    with installed(Plugin()):
        asyncio.run(main())


def test_two_who_close_wait_for_operations_alike() -> None:
    is_read, may_close = asyncio.Event(), asyncio.Event()

    async def main() -> None:
        connection = dynamorm.connect("twosided")
        awaited = await connection.async_backend()
        assert isinstance(awaited, Awaited)
        assert isinstance(connection.backend, Blocking)
        close_awaited = awaited.close

        async def close_later() -> None:
            is_read.set()
            await may_close.wait()
            await close_awaited()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(awaited, "close", close_later)
            both = [asyncio.create_task(connection.aclose()) for _ in range(2)]
            await is_read.wait()
            _, waiting = await asyncio.wait(both, timeout=0.05)
            assert len(waiting) == 2
            assert connection.backend.closed == 0
            may_close.set()
            await asyncio.gather(*both)
        assert awaited.closed == 1

    with installed(Plugin()):
        asyncio.run(main())


@pytest.mark.parametrize("running", [True, False], ids=["on-a-loop", "without-a-loop"])
def test_with_closes_both_sides_too(running: bool) -> None:
    closed: list[Awaited] = []

    async def used(connection: Connection) -> None:
        await connection.aexecute(GET)
        awaited = await connection.async_backend()
        assert isinstance(awaited, Awaited)
        closed.append(awaited)

    async def main() -> None:
        with dynamorm.connect("twosided") as connection:
            await used(connection)
        await asyncio.sleep(0.01)

    with installed(Plugin()):
        if running:
            asyncio.run(main())
        else:
            with dynamorm.connect("twosided") as connection:
                asyncio.run(used(connection))
    assert [each.closed for each in closed] == [1]


def test_closing_without_a_loop_leaves_the_program_s_own_loop_alone() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        with installed(Plugin()), dynamorm.connect("twosided") as connection:
            loop.run_until_complete(connection.aexecute(GET))
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


CLOSED_LATE = """
import asyncio, atexit, sys, threading
import dynamorm
from dynamorm.data import CreateTable, GetItem, KeyAttribute, Scan, TableSpec
from dynamorm.ports.backends import Backend

class Threaded(Backend):
    def __init__(self, backend):
        self._backend = backend

    def execute(self, operation):
        return self._backend.execute(operation)

    def close(self):
        self._backend.close()
        print("closed")

def close_later():
    threading.main_thread().join()
    connection.close()

class CloseAtTheEnd:
    def __del__(self):
        connection.close()

async def main():
    await connection.aexecute(GetItem("books", {"isbn": "1"}))
    await connection.aexecute(Scan("books"))

backend, how = sys.argv[1:]
connection = dynamorm.connect("sqlite:///:memory:")
connection.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
if backend == "threaded":
    connection = dynamorm.connect(Threaded(connection.backend))
match how:
    case "close":
        atexit.register(connection.close)
    case "aclose":
        atexit.register(lambda: asyncio.run(connection.aclose()))
    case "thread":
        threading.Thread(target=close_later).start()
    case "__del__":
        sys.modules["kept until the end"] = CloseAtTheEnd()
asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["close", "aclose", "thread", "__del__"])
@pytest.mark.parametrize("backend", ["sqlite", "threaded"])
def test_connection_can_be_closed_when_the_program_ends(backend: str, how: str) -> None:
    """No pool of threads takes a call any more, then no thread starts, and then no module is imported."""
    command = (sys.executable, "-W", "error", "-c", CLOSED_LATE, backend, how)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    assert set(done.stdout.split()) == ({"closed"} if backend == "threaded" else set())


def test_async_using_overrides_and_closes() -> None:
    async def main() -> Connection:
        async with dynamorm.using("twosided") as connection:
            assert current_connection() is connection
            await connection.aexecute(GET)
        return connection

    with installed(Plugin()):
        connection = asyncio.run(main())
    assert isinstance(connection.backend, Blocking)
    assert connection.backend.closed


def test_using_leaves_an_open_backend_open_and_ends_its_threads() -> None:
    backend = Blocking()

    async def main() -> None:
        async with dynamorm.using(backend) as connection:
            await connection.aexecute(GET)
        with dynamorm.using(backend) as connection:
            await connection.aexecute(GET)
        # Whoever kept the connection can go on.
        await connection.aexecute(GET)
        connection.release()

    before = threads()
    asyncio.run(main())
    assert not backend.closed
    deadline = time.monotonic() + 10
    while threads() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() <= before


def threads() -> int:
    import threading

    return sum(thread.name.startswith("dynamorm") for thread in threading.enumerate())


def test_threaded_backend_says_what_its_backend_says() -> None:
    backend = Blocking()
    backend.planned = frozenset({Capability.TAGS})
    threaded = ThreadedBackend(backend)
    assert threaded.capabilities == backend.capabilities
    assert isinstance(threaded.unsupported(Capability.TAGS), NotYetSupported)
    assert threaded.max_concurrency == backend.max_concurrency
    assert ThreadedBackend(backend, 3).max_concurrency == 3
    assert threaded.configured_for(TableOptions()) is threaded
    asyncio.run(threaded.close())
    assert backend.closed


@pytest.mark.parametrize("is_closed", [True, False])
def test_threads_that_end_while_an_operation_begins(is_closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Blocking()
    threaded = ThreadedBackend(backend)
    submit = ThreadPoolExecutor.submit

    def end_first(pool: ThreadPoolExecutor, *call: Any) -> Any:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
        threaded.release()
        backend.closed = int(is_closed)
        return submit(pool, *call)

    async def main() -> ItemResult:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", end_first)
        try:
            return await threaded.execute(GET)
        finally:
            threaded.release()

    if is_closed:
        with pytest.raises(BackendClosed):
            asyncio.run(main())
    else:
        assert asyncio.run(main()).item == {"by": "blocking"}


def test_using_goes_where_contexts_go() -> None:
    default = dynamorm.connect(Blocking())
    seen: dict[str, Connection] = {}

    def look(where: str) -> None:
        seen[where] = current_connection()

    async def main() -> None:
        await asyncio.to_thread(look, "to_thread")
        await asyncio.get_running_loop().run_in_executor(None, look, "run_in_executor")

    with dynamorm.using(Blocking()) as inner:
        asyncio.run(main())
        copy_context().run(look, "copy_context")
        thread = Thread(target=look, args=("Thread",))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as executor:
            executor.submit(look, "ThreadPoolExecutor").result()
    assert {where for where, connection in seen.items() if connection is inner} == {"to_thread", "copy_context"}
    assert {where for where, connection in seen.items() if connection is default} == {
        "run_in_executor",
        "Thread",
        "ThreadPoolExecutor",
    }


def public(kind: type) -> dict[str, Any]:
    names = [name for name in dir(kind) if not name.startswith("_")]
    return {name: getattr(kind, name) for name in names}


def test_async_backend_has_all_that_a_backend_has() -> None:
    blocking, awaited = public(Backend), public(AsyncBackend)
    assert awaited.keys() == blocking.keys()
    for name, member in blocking.items():
        if inspect.isfunction(member):
            assert [*inspect.signature(awaited[name]).parameters] == [*inspect.signature(member).parameters]
        else:
            assert awaited[name] == member
    assert issubclass(Backend, BackendTraits)
    assert AsyncBackend.configured_for(awaited_backend := Awaited(), TableOptions()) is awaited_backend


def test_async_backend_is_a_context_manager() -> None:
    async def main() -> Awaited:
        async with Awaited() as backend:
            assert not backend.closed
        return backend

    assert asyncio.run(main()).closed == 1


def test_can_not_and_not_yet_are_different_answers() -> None:
    backend = Blocking()
    backend.planned = frozenset({Capability.TRANSACTIONS})
    never, later = backend.unsupported(Capability.TAGS), backend.unsupported(Capability.TRANSACTIONS)
    assert type(never) is Unsupported
    assert str(never) == "Blocking can't do this: it does not support tags."
    assert type(later) is NotYetSupported
    assert str(later) == "Blocking does not support transactions yet. A later release will."
    assert isinstance(later, NotImplementedError)


def test_program_that_never_awaits_does_not_import_asyncio() -> None:
    program = """
import sys
import dynamorm
with dynamorm.connect("sqlite:///:memory:") as connection:
    with dynamorm.using("sqlite:///:memory:"):
        pass
    connection.execute(dynamorm.data.CreateTable(dynamorm.data.TableSpec("books", dynamorm.data.KeyAttribute("isbn", "S"))))
print(*{"asyncio", "concurrent.futures"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_connection_that_is_closed_while_it_opens_is_closed_for_all() -> None:
    opened: list[Awaited] = []

    class Slow(Plugin):
        def connect_async(self, *arguments: Any) -> AsyncBackend:
            assert self.may_open.wait(60)
            opened.append(Awaited())
            return opened[0]

    async def main(plugin: Plugin) -> None:
        plugin.may_open.clear()
        connection = dynamorm.connect("twosided")
        waiting = asyncio.create_task(connection.aexecute(GET))
        await asyncio.sleep(0.02)
        # It does not wait for the opening.
        await connection.aclose()
        assert not opened
        plugin.may_open.set()
        with pytest.raises(BackendClosed):
            await waiting

    with installed(Slow()) as plugin:
        asyncio.run(main(plugin))
    assert [each.closed for each in opened] == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_process_has_threads_of_its_own() -> None:
    program = """
import asyncio
import os
import signal
import dynamorm
from dynamorm.data import GetItem, ItemResult
from dynamorm.ports.backends import Backend

class Empty(Backend):
    def execute(self, operation):
        return ItemResult(None)
    def close(self):
        pass

GET = GetItem("books", {"isbn": "1"})
connection = dynamorm.connect(Empty())
asyncio.run(connection.aexecute(GET))
child = os.fork()
if not child:
    signal.alarm(30)
    asyncio.run(connection.aexecute(GET))
    connection.close()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
connection.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_process_opens_what_a_thread_of_the_other_process_was_opening() -> None:
    program = """
import asyncio
import os
import signal
import warnings
from threading import Event, Thread
from dynamorm.data import GetItem, ItemResult
from dynamorm.engine.run.connection import Connection
from dynamorm.ports.backends import AsyncBackend, Backend

# Python 3.12 and later warn of what is tried here.
warnings.filterwarnings("ignore", "This process", DeprecationWarning)
opening, forked = Event(), Event()

class Empty(Backend):
    def execute(self, operation):
        raise NotImplementedError
    def close(self):
        pass

class AwaitedEmpty(AsyncBackend):
    async def execute(self, operation):
        return ItemResult(None)
    async def close(self):
        pass

def connect_async():
    opening.set()
    assert forked.wait(60)
    return AwaitedEmpty()

async def use():
    await connection.aexecute(GetItem("books", {"isbn": "1"}))

connection = Connection(Empty(), connect_async=connect_async)
thread = Thread(target=lambda: asyncio.run(use()))
thread.start()
opening.wait(60)
child = os.fork()
forked.set()
if not child:
    signal.alarm(30)
    asyncio.run(use())
    connection.close()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
thread.join()
connection.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_failure_to_close_one_side_closes_the_other() -> None:
    class Stuck(Awaited):
        async def close(self) -> None:
            raise OSError("stuck")

    class Sticking(Plugin):
        def connect_async(self, *arguments: Any) -> AsyncBackend:
            return Stuck()

    async def main(connection: Connection) -> None:
        await connection.aexecute(GET)
        await connection.aclose()

    with installed(Sticking()):
        one, other = dynamorm.connect("twosided"), dynamorm.connect("twosided")
        asyncio.run(one.aexecute(GET))
        with pytest.raises(OSError, match="stuck"):
            one.close()
        with pytest.raises(OSError, match="stuck"):
            asyncio.run(main(other))
    for connection in (one, other):
        assert isinstance(connection.backend, Blocking)
        assert connection.backend.closed


def test_open_backend_that_is_never_awaited_is_closed() -> None:
    backend = Awaited()
    with dynamorm.connect(backend):
        pass
    assert backend.closed == 1


def test_a_connection_says_where_operations_go() -> None:
    class Somewhere(Awaited):
        def describe(self, *, account: bool = False) -> str | None:
            return "somewhere, account 1" if account else "somewhere"

    connection = Connection(Somewhere())
    assert connection.describe() == "somewhere"
    assert connection.describe(account=True) == "somewhere, account 1"
    assert Connection(Awaited()).describe(account=True) == "Awaited"
    with connection_to("sqlite:///:memory:", {}) as memory:
        assert memory.describe(account=True) == "sqlite:///:memory:"

"""Which backend a program talks to: ``connect``, ``using``, ``DYNAMORM_URL``, the default, pins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm.data import DescribeTable, Operation
from dynamorm.engine.run import connections
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection, pinned_connection
from dynamorm.exceptions import (
    BackendClosed,
    BackendMisconfigured,
    BackendUnavailable,
    BudgetExceeded,
    IncompatiblePlugin,
    TableNotFound,
    UnknownBackend,
)
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider, Capability, TableOptions
from dynamorm.ports.hooks import hookimpl

Result = TypeVar("Result")


class Silent(Backend):
    """A backend that only knows where it is, and whether it is open."""

    def __init__(self, address: BackendAddress, options: Mapping[str, Any]) -> None:
        self.address = address
        self.options = options
        self.closed = False

    def execute(self, operation: Operation[Result]) -> Result:
        raise AssertionError("Nothing is to be executed.")

    def close(self) -> None:
        self.closed = True


class SilentPlugin:
    @hookimpl
    def dynamorm_register_backend(self) -> BackendProvider:
        return BackendProvider("silent", 1, Silent)


@pytest.fixture(autouse=True)
def _silent_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A third party's backend, and a process in which nothing was connected yet."""
    monkeypatch.setattr(connections, "_default", None)
    monkeypatch.setattr(connections, "_pinned", {})
    plugin = SilentPlugin()
    finder().register(plugin)
    yield
    finder().unregister(plugin)


def silent(connection: Connection) -> Silent:
    """The plugin's own object behind a connection."""
    assert isinstance(connection.backend, Silent)
    return connection.backend


def opened() -> Silent:
    return Silent(BackendAddress("silent", "", "silent"), {})


def test_connect_makes_the_default_and_returns_it() -> None:
    connection = dynamorm.connect("silent://somewhere?x=1", speed="high")
    assert isinstance(connection, Connection)
    assert current_connection() is connection
    assert silent(connection).address == BackendAddress("silent", "somewhere?x=1", "silent://somewhere?…")
    assert silent(connection).options == {"speed": "high"}
    assert repr(connection) == "<Connection to 'silent://somewhere?…'>"
    assert connection.scheme == "silent"


@pytest.mark.parametrize(("text", "location"), [("silent", ""), ("silent://", ""), ("silent:///a b.db", "/a b.db")])
def test_location_is_what_follows_the_scheme(text: str, location: str) -> None:
    assert silent(dynamorm.connect(text)).address == BackendAddress("silent", location, text)


def test_connection_closes_itself_as_a_context_manager() -> None:
    with dynamorm.connect("silent") as connection:
        assert not silent(connection).closed
    assert silent(connection).closed


def test_closed_connection_says_so() -> None:
    with dynamorm.connect("sqlite:///:memory:") as connection:
        pass
    with pytest.raises(BackendClosed):
        connection.execute(DescribeTable("books"))
    connection.close()


def test_connection_executes_operations_as_verbs_do() -> None:
    seen: list[Operation[Any]] = []

    class Observer:
        @hookimpl
        def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
            seen.append(operation)

    with dynamorm.connect("sqlite:///:memory:") as connection, dynamorm.observe(Observer()):
        with pytest.raises(TableNotFound):
            connection.execute(DescribeTable("books"))
        with dynamorm.budget(requests=0), pytest.raises(BudgetExceeded):
            connection.execute(DescribeTable("books"))
    assert seen == [DescribeTable("books")]


def test_capabilities_are_those_of_the_backend() -> None:
    with dynamorm.connect("sqlite:///:memory:") as connection:
        assert connection.capabilities == connection.backend.capabilities
        assert Capability.TRANSACTIONS in connection.capabilities
    assert dynamorm.connect("silent").capabilities == frozenset()


def test_open_backend_can_be_connected() -> None:
    backend = opened()
    connection = dynamorm.connect(backend)
    assert connection.backend is backend
    assert current_connection() is connection
    assert connection.scheme is None
    assert repr(connection) == "<Connection to 'Silent'>"
    with connection:
        pass
    assert backend.closed


def test_open_connection_can_be_connected_as_it_is() -> None:
    connection = dynamorm.connect("silent")
    dynamorm.connect("silent")
    assert dynamorm.connect(connection) is connection
    assert current_connection() is connection
    with dynamorm.using("silent"), dynamorm.using(connection) as same:
        assert same is connection is current_connection()
    assert not silent(connection).closed


def test_options_for_an_open_backend_are_refused() -> None:
    with pytest.raises(BackendMisconfigured, match="The options speed, volume were given with a backend that is open"):
        dynamorm.connect(opened(), volume=1, speed=2)


@pytest.mark.parametrize("options", [{"speed": 2}, {"max_concurrency": 4}, {"return_consumed_capacity": "TOTAL"}])
def test_options_for_an_open_connection_are_refused(options: dict[str, Any]) -> None:
    connection = dynamorm.connect("silent")
    words = f"The options {next(iter(options))} were given with a connection .*return_consumed_capacity and rate are also attributes"
    with pytest.raises(BackendMisconfigured, match=words):
        dynamorm.connect(connection, **options)


class Concurrent(Silent):
    capabilities = frozenset({Capability.CONCURRENT_CALLS})
    max_concurrency = 7


def concurrent() -> Concurrent:
    return Concurrent(BackendAddress("silent", "", "silent"), {})


def test_concurrency_is_the_connection_s_and_never_written_onto_the_backend() -> None:
    backend = concurrent()
    assert dynamorm.connect(backend).max_concurrency == 7
    connection = dynamorm.connect(backend, max_concurrency=16, return_consumed_capacity="TOTAL")
    with dynamorm.using(backend, max_concurrency=1) as other:
        assert (other.max_concurrency, connection.max_concurrency, backend.max_concurrency) == (1, 16, 7)
    assert vars(backend) == vars(concurrent())


def test_plugin_s_object_may_refuse_every_attribute() -> None:
    class Sealed(Silent):
        __slots__ = ()

        def __setattr__(self, name: str, value: object) -> None:
            if hasattr(self, "closed"):
                raise AssertionError(f"The core writes {name}.")
            super().__setattr__(name, value)

        def close(self) -> None:
            pass

        def configured_for(self, options: TableOptions) -> Backend:
            return other

    other = Sealed(BackendAddress("silent", "", "silent"), {})
    sealed = Sealed(BackendAddress("silent", "", "silent"), {})
    with dynamorm.connect(sealed, max_concurrency=3, return_consumed_capacity="TOTAL") as connection:
        assert connection.for_table(TableOptions({"region_name": "x"})).backend is other


def test_backend_that_takes_one_call_at_a_time_gets_one() -> None:
    assert dynamorm.connect("silent", max_concurrency=16).max_concurrency == 1


def test_plugin_is_told_how_many_operations_run_at_once() -> None:
    assert silent(dynamorm.connect("silent", max_concurrency=16, speed="high")).address.max_concurrency == 16
    assert silent(dynamorm.connect("silent")).address.max_concurrency is None


@pytest.mark.parametrize("most", [0, -1, 2.0, "4", True])
def test_concurrency_that_can_not_be_is_refused(most: Any) -> None:
    before = dynamorm.connect("silent")
    words = "max_concurrency of the backend 'silent' must be a whole number of at least 1"
    with pytest.raises(BackendMisconfigured, match=words):
        dynamorm.connect("silent", max_concurrency=most)
    assert current_connection() is before


class Configurable(Concurrent):
    """One backend for each region, kept as the contract says."""

    def __init__(self, address: BackendAddress, options: Mapping[str, Any]) -> None:
        super().__init__(address, options)
        self.tables: dict[str, Concurrent] = {}

    def configured_for(self, options: TableOptions) -> Backend:
        region = options.session_kwargs.get("region_name")
        if region is None:
            return self
        return self.tables.setdefault(region, Concurrent(self.address, options.session_kwargs))


def test_table_with_options_has_a_connection_with_the_same_settings() -> None:
    backend = Configurable(BackendAddress("silent", "", "silent"), {})
    connection = Connection(backend, max_concurrency=3)
    table = connection.for_table(TableOptions({"region_name": "here"}))
    assert table.backend is backend.tables["here"]
    assert connection.for_table(TableOptions({"region_name": "here"})) is table
    assert connection.for_table(TableOptions({"region_name": "there"})) is not table
    assert connection.for_table(TableOptions({"other": 1})) is connection
    assert (table.max_concurrency, table.return_consumed_capacity) == (3, "NONE")
    connection.return_consumed_capacity = "TOTAL"
    assert connection.for_table(TableOptions({"region_name": "here"})).return_consumed_capacity == "TOTAL"


@pytest.mark.parametrize("wrong", [5, None, Silent])
def test_something_that_is_no_backend(wrong: Any) -> None:
    with pytest.raises(
        BackendMisconfigured, match="by its URL, by its name, as an open Backend or as a Connection, not as"
    ):
        dynamorm.connect(wrong)


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("mongo://localhost", UnknownBackend, "No backend is called 'mongo'.*boto3.*sqlite.*boto3://eu-west-1"),
        ("mongo", UnknownBackend, "No backend is called 'mongo'"),
        ("", BackendMisconfigured, "neither the name of a backend nor a URL of one, such as boto3://eu-west-1"),
        ("books.db:", BackendMisconfigured, "'books.db:' is neither"),
        ("sqlite:/books.db", BackendMisconfigured, "neither .* sqlite:///books.db"),
        ("/books.db", BackendMisconfigured, "neither"),
        ("sqlite://books.db", BackendMisconfigured, "three slashes"),
    ],
)
def test_unknown_backend_or_url(url: str, kind: type[Exception], words: str) -> None:
    before = dynamorm.connect("silent")
    with pytest.raises(kind, match=words):
        dynamorm.connect(url)
    assert current_connection() is before


def test_backend_that_can_not_be_opened_leaves_the_default_as_it_was(tmp_path: Path) -> None:
    before = dynamorm.connect("silent")
    with pytest.raises(BackendUnavailable, match="missing"):
        dynamorm.connect(f"sqlite:///{tmp_path}/missing/books.db")
    assert current_connection() is before


def test_using_overrides_the_default_and_closes_what_it_opened() -> None:
    default = dynamorm.connect("silent")
    with dynamorm.using("silent://outer", speed=1) as outer:
        assert current_connection() is outer
        assert silent(outer).options == {"speed": 1}
        with dynamorm.using("silent://inner") as inner:
            assert current_connection() is inner
        assert current_connection() is outer
    assert current_connection() is default
    assert silent(outer).closed
    assert silent(inner).closed


def test_using_leaves_open_what_was_open() -> None:
    backend = Silent(BackendAddress("silent", "", "silent"), {})
    with dynamorm.using(backend):
        pass
    assert not backend.closed


def test_using_ends_with_an_exception_too() -> None:
    default = dynamorm.connect("silent")
    with pytest.raises(ZeroDivisionError), dynamorm.using("silent://other") as other:
        raise ZeroDivisionError
    assert current_connection() is default
    assert silent(other).closed


def test_using_is_for_the_current_thread_only() -> None:
    default = dynamorm.connect("silent")
    seen: list[Connection] = []
    with dynamorm.using("silent://mine"):
        thread = Thread(target=lambda: seen.append(current_connection()))
        thread.start()
        thread.join()
    assert seen == [default]


def test_using_is_for_the_current_task_only() -> None:
    async def work(name: str, meeting: asyncio.Barrier) -> str:
        with dynamorm.using(f"silent://{name}"):
            await meeting.wait()
            return silent(current_connection()).address.location

    async def main() -> list[str]:
        meeting = asyncio.Barrier(3)
        return await asyncio.gather(*(work(name, meeting) for name in ("one", "two", "three")))

    assert asyncio.run(main()) == ["one", "two", "three"]


def test_tasks_inherit_what_was_in_force_when_they_were_made() -> None:
    async def work() -> Connection:
        return current_connection()

    async def main() -> Connection:
        return await asyncio.create_task(work())

    with dynamorm.using("silent://outer") as outer:
        assert asyncio.run(main()) is outer


def test_environment_variable_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "silent://from-the-environment")
    connection = current_connection()
    assert silent(connection).address.location == "from-the-environment"
    assert current_connection() is connection


def test_connect_goes_before_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "silent://from-the-environment")
    connection = dynamorm.connect("silent://connected")
    assert current_connection() is connection


def test_wrong_environment_variable_is_named_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "mongo://localhost")
    with pytest.raises(UnknownBackend, match="'mongo'"):
        current_connection()


def test_without_any_choice_it_is_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "")
    with current_connection() as connection:
        assert type(connection.backend).__name__ == "Boto3Backend"


def test_pinned_backend_is_opened_once_for_its_url() -> None:
    pinned = pinned_connection("silent://archive")
    assert pinned_connection("silent://archive") is pinned
    assert pinned_connection("silent://other") is not pinned
    assert pinned_connection(pinned) is pinned


def test_open_backend_may_be_pinned() -> None:
    backend = opened()
    pinned = pinned_connection(backend)
    assert pinned.backend is backend
    assert pinned_connection(backend) is pinned
    assert pinned_connection(opened()) is not pinned


def test_what_operations_tell_of_their_costs_is_a_setting_of_any_connection() -> None:
    connection = dynamorm.connect("silent", return_consumed_capacity="INDEXES", speed="high")
    assert connection.return_consumed_capacity == "INDEXES"
    assert silent(connection).options == {"speed": "high"}
    with dynamorm.using("silent", return_consumed_capacity="TOTAL") as other:
        assert other.return_consumed_capacity == "TOTAL"
    assert dynamorm.connect("silent").return_consumed_capacity == "NONE"


def test_what_operations_tell_of_their_costs_has_three_values() -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"return_consumed_capacity of the backend 'silent' is 'ALL'. .*'INDEXES'"
    ):
        dynamorm.connect("silent", return_consumed_capacity="ALL")


@pytest.mark.parametrize("answer", [None, 5, Silent])
def test_plugin_that_opens_something_else_is_named(answer: Any) -> None:
    with providing(lambda address, options: answer), pytest.raises(IncompatiblePlugin, match="backend 'other' opens a"):
        dynamorm.connect("other")


@pytest.mark.parametrize(
    "error", [KeyError("secret"), TypeError("secret"), AttributeError("secret"), ImportError("secret")]
)
def test_plugin_that_fails_to_open_is_named_without_its_options(error: Exception) -> None:
    def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
        raise error

    before = dynamorm.connect("silent")
    with providing(connect), pytest.raises(BackendUnavailable) as raised:
        dynamorm.connect("other://here", password="secret")
    assert str(raised.value) == (
        f"The backend 'other' can't be opened at 'other://here': its plugin raised {type(error).__name__}."
    )
    assert raised.value.__cause__ is error
    assert current_connection() is before


@contextmanager
def providing(connect: Callable[[BackendAddress, Mapping[str, Any]], Backend]) -> Iterator[None]:
    """A backend called ``other``."""

    class Plugin:
        @hookimpl
        def dynamorm_register_backend(self) -> BackendProvider:
            return BackendProvider("other", 1, connect)

    plugin = Plugin()
    finder().register(plugin)
    try:
        yield
    finally:
        finder().unregister(plugin)


def test_using_decorates_functions() -> None:
    default = dynamorm.connect("silent")

    @dynamorm.using("silent://inner")
    def location(more: int) -> tuple[str, int]:
        """Tell where."""
        return silent(current_connection()).address.location, more

    assert location(1) == location(more=1) == ("inner", 1)
    assert location.__doc__ == "Tell where."
    assert current_connection() is default


def test_using_decorates_coroutine_functions() -> None:
    @dynamorm.using("silent://inner")
    async def location() -> str:
        await asyncio.sleep(0)
        return silent(current_connection()).address.location

    async def main() -> tuple[str, str]:
        return await asyncio.gather(location(), location())

    assert [*asyncio.run(main())] == ["inner", "inner"]


def test_using_serves_several_blocks_one_after_the_other() -> None:
    inner = dynamorm.using("silent://inner")
    with inner as one:
        with pytest.raises(BackendMisconfigured, match=r"in use already. Call dynamorm.using\(\) again"), inner:
            pass
        assert current_connection() is one
    with inner as other:
        assert other is not one
    assert silent(one).closed
    assert silent(other).closed


def test_using_that_can_not_be_opened_changes_nothing() -> None:
    default = dynamorm.connect("silent")
    with pytest.raises(UnknownBackend), dynamorm.using("mongo"):
        pass
    assert current_connection() is default

"""Which backend a program talks to: ``connect``, ``using``, ``DYNAMORM_URL``, the default, pins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm.data import DescribeTable, Operation
from dynamorm.engine.run import connections as connection
from dynamorm.engine.run.connections import configured_backend, current_backend, pinned_backend
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, BackendUnavailable, UnknownBackend
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider, TableOptions
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
    monkeypatch.setattr(connection, "_default", None)
    monkeypatch.setattr(connection, "_pinned", {})
    plugin = SilentPlugin()
    finder().register(plugin)
    yield
    finder().unregister(plugin)


def test_connect_makes_the_default_and_answers_it() -> None:
    backend = dynamorm.connect("silent://somewhere?x=1", speed="high")
    assert isinstance(backend, Silent)
    assert current_backend() is backend
    assert backend.address == BackendAddress("silent", "somewhere?x=1", "silent://somewhere?x=1")
    assert backend.options == {"speed": "high"}


@pytest.mark.parametrize(("text", "location"), [("silent", ""), ("silent://", ""), ("silent:///a b.db", "/a b.db")])
def test_location_is_what_follows_the_scheme(text: str, location: str) -> None:
    backend = dynamorm.connect(text)
    assert isinstance(backend, Silent)
    assert backend.address == BackendAddress("silent", location, text)


def test_what_connect_answers_closes_itself_as_a_context_manager() -> None:
    with dynamorm.connect("silent") as backend:
        assert isinstance(backend, Silent)
        assert not backend.closed
    assert backend.closed


def test_closed_backend_says_so() -> None:
    with dynamorm.connect("sqlite:///:memory:") as backend:
        pass
    with pytest.raises(BackendClosed):
        backend.execute(DescribeTable("books"))


def test_open_backend_can_be_connected_as_it_is() -> None:
    backend = Silent(BackendAddress("silent", "", "silent"), {})
    assert dynamorm.connect(backend) is backend
    assert current_backend() is backend


def test_options_for_an_open_backend_are_refused() -> None:
    backend = Silent(BackendAddress("silent", "", "silent"), {})
    with pytest.raises(BackendMisconfigured, match="The options speed, volume were given with a backend that is open"):
        dynamorm.connect(backend, volume=1, speed=2)


def test_number_of_connections_is_set_for_any_backend() -> None:
    assert dynamorm.connect("silent").connections == 10
    backend = dynamorm.connect("silent", connections=16, speed="high")
    assert isinstance(backend, Silent)
    assert backend.connections == 16
    assert backend.options == {"speed": "high"}
    with dynamorm.using("silent", connections=1) as other:
        assert other.connections == 1
    assert backend.connections == 16


@pytest.mark.parametrize("connections", [0, -1, 2.0, "4", True])
def test_number_of_connections_that_can_not_be_is_refused(connections: Any) -> None:
    before = dynamorm.connect("silent")
    with pytest.raises(
        BackendMisconfigured, match="connections of the backend 'silent' is a whole number, and at least 1"
    ):
        dynamorm.connect("silent", connections=connections)
    assert current_backend() is before


def test_number_of_connections_of_an_open_backend_is_its_own() -> None:
    backend = Silent(BackendAddress("silent", "", "silent"), {})
    with pytest.raises(BackendMisconfigured, match="The options connections were given with a backend that is open"):
        dynamorm.connect(backend, connections=4)


def test_table_with_options_of_its_own_has_as_many_connections() -> None:
    class Configurable(Silent):
        def configured_for(self, options: TableOptions) -> Backend:
            return Silent(self.address, {})

    backend = Configurable(BackendAddress("silent", "", "silent"), {})
    backend.connections = 3
    assert configured_backend(backend, TableOptions(session_kwargs={"region_name": "here"})).connections == 3


@pytest.mark.parametrize("wrong", [5, None, Silent])
def test_something_that_is_no_backend(wrong: Any) -> None:
    with pytest.raises(BackendMisconfigured, match="by its URL, by its name, or as an open Backend, not as"):
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
    assert current_backend() is before


def test_backend_that_can_not_be_opened_leaves_the_default_as_it_was(tmp_path: Path) -> None:
    before = dynamorm.connect("silent")
    with pytest.raises(BackendUnavailable, match="missing"):
        dynamorm.connect(f"sqlite:///{tmp_path}/missing/books.db")
    assert current_backend() is before


def test_using_overrides_the_default_and_closes_what_it_opened() -> None:
    default = dynamorm.connect("silent")
    with dynamorm.using("silent://outer", speed=1) as outer:
        assert isinstance(outer, Silent)
        assert current_backend() is outer
        assert outer.options == {"speed": 1}
        with dynamorm.using("silent://inner") as inner:
            assert current_backend() is inner
        assert current_backend() is outer
    assert current_backend() is default
    assert outer.closed
    assert isinstance(inner, Silent)
    assert inner.closed


def test_using_leaves_open_what_was_open() -> None:
    backend = Silent(BackendAddress("silent", "", "silent"), {})
    with dynamorm.using(backend):
        pass
    assert not backend.closed


def test_using_ends_with_an_exception_too() -> None:
    default = dynamorm.connect("silent")
    with pytest.raises(ZeroDivisionError), dynamorm.using("silent://other") as other:
        raise ZeroDivisionError
    assert current_backend() is default
    assert isinstance(other, Silent)
    assert other.closed


def test_using_is_for_the_current_thread_only() -> None:
    default = dynamorm.connect("silent")
    seen: list[Backend] = []
    with dynamorm.using("silent://mine"):
        thread = Thread(target=lambda: seen.append(current_backend()))
        thread.start()
        thread.join()
    assert seen == [default]


def test_using_is_for_the_current_task_only() -> None:
    async def work(name: str, meeting: asyncio.Barrier) -> str:
        with dynamorm.using(f"silent://{name}"):
            await meeting.wait()
            backend = current_backend()
            assert isinstance(backend, Silent)
            return backend.address.location

    async def main() -> list[str]:
        meeting = asyncio.Barrier(3)
        return await asyncio.gather(*(work(name, meeting) for name in ("one", "two", "three")))

    assert asyncio.run(main()) == ["one", "two", "three"]


def test_tasks_inherit_what_was_in_force_when_they_were_made() -> None:
    async def work() -> Backend:
        return current_backend()

    async def main() -> Backend:
        return await asyncio.create_task(work())

    with dynamorm.using("silent://outer") as outer:
        assert asyncio.run(main()) is outer


def test_environment_variable_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "silent://from-the-environment")
    backend = current_backend()
    assert isinstance(backend, Silent)
    assert backend.address.location == "from-the-environment"
    assert current_backend() is backend


def test_connect_goes_before_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "silent://from-the-environment")
    backend = dynamorm.connect("silent://connected")
    assert current_backend() is backend


def test_wrong_environment_variable_is_named_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "mongo://localhost")
    with pytest.raises(UnknownBackend, match="'mongo'"):
        current_backend()


def test_without_any_choice_it_is_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "")
    backend = current_backend()
    assert type(backend).__name__ == "Boto3Backend"
    backend.close()


def test_pinned_backend_is_opened_once_for_its_url() -> None:
    pinned = pinned_backend("silent://archive")
    assert pinned_backend("silent://archive") is pinned
    assert pinned_backend("silent://other") is not pinned
    assert pinned_backend(pinned) is pinned


def test_what_operations_tell_of_their_costs_is_a_setting_of_any_backend() -> None:
    backend = dynamorm.connect("silent", return_consumed_capacity="INDEXES", speed="high")
    assert backend.return_consumed_capacity == "INDEXES"
    assert isinstance(backend, Silent)
    assert backend.options == {"speed": "high"}
    with dynamorm.using("silent", return_consumed_capacity="TOTAL") as other:
        assert other.return_consumed_capacity == "TOTAL"
    assert dynamorm.connect("silent").return_consumed_capacity == "NONE"


def test_what_operations_tell_of_their_costs_has_three_values() -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"return_consumed_capacity of the backend 'silent' is 'ALL', .*'INDEXES'"
    ):
        dynamorm.connect("silent", return_consumed_capacity="ALL")


def test_open_backend_is_told_by_its_attribute() -> None:
    backend = dynamorm.connect("silent")
    with pytest.raises(BackendMisconfigured, match="return_consumed_capacity is also an attribute"):
        dynamorm.connect(backend, return_consumed_capacity="TOTAL")


def test_backend_of_a_table_with_options_has_the_same_setting() -> None:
    class Configurable(Silent):
        def configured_for(self, options: TableOptions) -> Backend:
            return Silent(self.address, options.session_kwargs)

    backend = Configurable(BackendAddress("silent", "", "silent"), {})
    backend.return_consumed_capacity = "TOTAL"
    configured = configured_backend(backend, TableOptions({"region_name": "eu-west-1"}))
    assert configured is not backend
    assert configured.return_consumed_capacity == "TOTAL"

"""Each hook, tried with a plugin that a program registers itself. A test's name begins with its hook's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from dynamorm.data import GetItem, ItemResult, Operation
from dynamorm.engine.run.call import execute
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import IncompatiblePlugin, TableNotFound, UnknownBackend
from dynamorm.plugins import PluginFinder, finder
from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider

Result = TypeVar("Result")
GET = GetItem("books", {"isbn": "1"})


class OneItem(Backend):
    """A backend that knows one table, ``books``, with one item."""

    def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, GetItem)
        if operation.table != "books":
            raise TableNotFound(f"There is no table '{operation.table}'.")
        return ItemResult({"isbn": "1"})  # type: ignore[return-value]

    def close(self) -> None:
        pass


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    return OneItem()


class BackendPlugin:
    def __init__(self, contract: int = 1) -> None:
        self.provider = BackendProvider(name="oneitem", contract=contract, connect=connect)

    @hookimpl
    def dynamorm_register_backend(self) -> BackendProvider:
        return self.provider


class Field:
    """What the schemas of a library of our own are made of."""


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    raise AssertionError("A provider is found without adapting a schema.")


class SchemaPlugin:
    provider = SchemaProvider(
        name="ownschemas",
        contract=1,
        claims=lambda definition: (
            Claim.FIELDS if any(isinstance(value, Field) for value in vars(definition).values()) else Claim.NONE
        ),
        adapt=adapt,
    )

    @hookimpl
    def dynamorm_register_schema(self) -> SchemaProvider:
        return self.provider


class Observer:
    def __init__(self) -> None:
        self.seen: list[tuple[Operation[Any], Any, BaseException | None]] = []

    @hookimpl
    def dynamorm_operation_done(
        self, operation: Operation[Any], result: Any, error: BaseException | None, seconds: float
    ) -> None:
        assert seconds >= 0
        self.seen.append((operation, result, error))


class FaultyObserver:
    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
        raise RuntimeError("out of order")


@contextmanager
def registered(plugin: object) -> Iterator[None]:
    finder().register(plugin)
    try:
        yield
    finally:
        finder().unregister(plugin)


def test_dynamorm_register_backend_makes_a_backend_known_by_its_name() -> None:
    plugins, plugin = PluginFinder(), BackendPlugin()
    with pytest.raises(UnknownBackend, match="oneitem"):
        plugins.backend("oneitem")
    plugins.register(plugin)
    assert plugins.backend("oneitem") is plugin.provider


def test_dynamorm_register_backend_refuses_another_version_of_the_contract() -> None:
    plugins = PluginFinder()
    with pytest.raises(IncompatiblePlugin, match=r"BackendPlugin was made for version 2 .* has version 1"):
        plugins.register(BackendPlugin(contract=2))
    with pytest.raises(UnknownBackend):
        plugins.backend("oneitem")


def test_dynamorm_register_schema_lets_an_adapter_claim_a_schema() -> None:
    class Schema:
        isbn = Field()

    plugins = PluginFinder()
    plugins.register(SchemaPlugin())
    assert plugins.schema_for("Book", Schema) is SchemaPlugin.provider


def test_dynamorm_operation_done_tells_what_came_back() -> None:
    observer = Observer()
    with registered(observer):
        result = execute(Connection(OneItem()), GET)
    assert observer.seen == [(GET, result, None)]


def test_dynamorm_operation_done_tells_what_was_raised() -> None:
    observer = Observer()
    with registered(observer), pytest.raises(TableNotFound) as raised:
        execute(Connection(OneItem()), GetItem("films", {"title": "1"}))
    assert observer.seen == [(GetItem("films", {"title": "1"}), None, raised.value)]


def test_dynamorm_operation_done_changes_nothing_when_it_raises(caplog: pytest.LogCaptureFixture) -> None:
    with registered(FaultyObserver()):
        assert execute(Connection(OneItem()), GET) == ItemResult({"isbn": "1"})
    assert "GetItem" in caplog.text
    assert "out of order" in caplog.text

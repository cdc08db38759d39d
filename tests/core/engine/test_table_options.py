"""Options of a ``Table`` for its backend: given by scheme, unused on other backends, refused where they never could be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import ItemResult, Operation
from dynamorm.exceptions import DynaModelException
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend, BackendProvider, TableOptions
from dynamorm.ports.hooks import hookimpl

Result = TypeVar("Result")


class Timed(Backend):
    """A backend with the option ``timeout``, for a table too."""

    def __init__(self, timeout: int = 60) -> None:
        self.timeout = timeout
        self.executed = 0
        self.tables: dict[int, Timed] = {}

    def execute(self, operation: Operation[Result]) -> Result:
        self.executed += 1
        return ItemResult(None)  # type: ignore[return-value]

    def close(self) -> None:
        pass

    def configured_for(self, options: TableOptions) -> Backend:
        timeout = options.by_scheme.get("timed", {}).get("timeout")
        return self if timeout is None else self.tables.setdefault(timeout, Timed(timeout))


class Plugin:
    @hookimpl
    def dynamorm_register_backend(self) -> BackendProvider:
        return BackendProvider("timed", 1, lambda address, options: Timed(**options))


@pytest.fixture(autouse=True)
def _plugin() -> Iterator[None]:
    plugin = Plugin()
    finder().register(plugin)
    yield
    finder().unregister(plugin)


def model(**settings: Any) -> Any:
    class Book(DynaModel):
        Table = type("Table", (), {"name": "books", "hash_key": "isbn", **settings})

        class Schema:
            isbn = fields.String()

    return Book


OPTIONS = {"timed": {"timeout": 5}, "elsewhere": {"colour": "red"}}


@pytest.mark.parametrize("settings", [{}, {"session_kwargs": {"region_name": "eu-west-1"}}])
def test_backend_takes_its_own_options_and_leaves_the_others(settings: dict[str, Any]) -> None:
    book = model(backend_options=OPTIONS, **settings)
    with dynamorm.using("timed") as connection:
        book.get(isbn="1")
        model(**settings).get(isbn="1")
        book.get(isbn="2")
    assert isinstance(connection.backend, Timed)
    assert connection.backend.executed == 1
    assert {timeout: table.executed for timeout, table in connection.backend.tables.items()} == {5: 2}


def test_options_of_another_scheme_wait_unused() -> None:
    book = model(backend_options=OPTIONS, session_kwargs={"region_name": "eu-west-1"})
    with dynamorm.using("sqlite:///:memory:"):
        book.Table.create_table()
        book.put({"isbn": "1"})
        assert book.get(isbn="1") is not None


@pytest.mark.parametrize(
    ("settings", "setting", "scheme"),
    [
        ({"session_kwargs": {"region_name": "x"}}, "session_kwargs", "boto3"),
        ({"resource_kwargs": {"endpoint_url": "x"}}, "resource_kwargs", "boto3"),
        ({"backend_options": {"mydb": {"timeout": 5}}}, "backend_options", "mydb"),
    ],
)
@pytest.mark.parametrize("pinned", ["timed", "timed://somewhere", "connection"])
def test_options_that_a_pinned_model_could_never_use_are_refused(
    settings: dict[str, Any], setting: str, scheme: str, pinned: str
) -> None:
    with dynamorm.using("timed") as connection:
        backend = connection if pinned == "connection" else pinned
        words = rf"^{setting} of the Table of Book is for '{scheme}', and its backend is always 'timed'.*Leave one"
        with pytest.raises(DynaModelException, match=words):
            model(backend=backend, **settings)


def test_options_of_the_backend_that_a_model_is_pinned_to_are_used() -> None:
    backend = Timed()
    model(backend=backend, backend_options={"timed": {"timeout": 7}}).get(isbn="1")
    assert {*backend.tables} == {7}
    with dynamorm.using("timed") as connection:
        model(backend=connection, backend_options={"timed": {"timeout": 7}}).get(isbn="1")
    assert isinstance(connection.backend, Timed)
    assert {*connection.backend.tables} == {7}
    model(backend="boto3://eu-west-1", session_kwargs={"region_name": "us-east-1"})


@pytest.mark.parametrize("backend", ["", "no scheme:", 5])
def test_backend_that_is_none_is_refused_when_it_is_opened(backend: Any) -> None:
    book = model(backend=backend, session_kwargs={"region_name": "eu-west-1"})
    with pytest.raises(dynamorm.exceptions.BackendMisconfigured):
        book.get(isbn="1")


@pytest.mark.parametrize("options", [5, ["mydb"], {"mydb": 5}, {5: {}}, {"timed": None}])
def test_options_that_are_no_dict_of_dicts_are_refused(options: Any) -> None:
    with pytest.raises(DynaModelException, match="backend_options of the Table of Book are a dict of options for each"):
        model(backend_options=options)


@pytest.mark.parametrize("setting", ["session_kwargs", "resource_kwargs"])
@pytest.mark.parametrize("options", [5, "eu-west-1", ["region_name"]])
def test_options_of_boto3_that_are_no_dict_are_refused(setting: str, options: Any) -> None:
    with pytest.raises(DynaModelException, match=f"^{setting} of the Table of Book is a dict of arguments for boto3"):
        model(**{setting: options})


def test_options_that_sqlite_does_not_have_for_a_table_are_refused() -> None:
    book = model(backend_options={"sqlite": {"timeout": 5}})
    with (
        dynamorm.using("sqlite:///:memory:"),
        pytest.raises(dynamorm.exceptions.BackendMisconfigured, match=r"no options for a single table.*where it is op"),
    ):
        book.Table.create_table()


def test_options_of_boto3_have_settings_of_their_own() -> None:
    with pytest.raises(DynaModelException, match="boto3's are session_kwargs and resource_kwargs"):
        model(backend_options={"boto3": {"region_name": "eu-west-1"}})


def test_empty_options_are_none() -> None:
    backend = Timed()
    model(backend=backend, backend_options={"mydb": {}}, session_kwargs={}).get(isbn="1")
    assert backend.executed == 1

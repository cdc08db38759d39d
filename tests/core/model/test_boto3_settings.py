"""What a ``Table`` says about boto3 reaches it, and other backends go on without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import GetItem, ItemResult, Operation
from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import Backend, TableOptions
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

Result = TypeVar("Result")


def model(**settings: Any) -> type[DynaModel]:
    class Book(DynaModel):
        Table = type("Table", (), {"name": "books", "hash_key": "isbn", **settings})

        class Schema:
            isbn = fields.text()

    return Book


class Configurable(Backend):
    """A backend that is another one for each table with options."""

    def __init__(self) -> None:
        self.options: list[TableOptions] = []

    def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, GetItem)
        return ItemResult(None)  # type: ignore[return-value]

    def close(self) -> None:
        pass

    def configured_for(self, options: TableOptions) -> Backend:
        self.options.append(options)
        return self


SESSION: Mapping[str, Any] = {"region_name": "eu-west-1"}
RESOURCE: Mapping[str, Any] = {"endpoint_url": "http://localhost:1", "config": {"connect_timeout": 1}}


def test_backend_is_told_the_options_of_a_table() -> None:
    backend = Configurable()
    with dynamorm.using(backend):
        model(session_kwargs=SESSION, resource_kwargs=RESOURCE).get(isbn="1")
        model(session_kwargs=SESSION).get(isbn="1")
        model().get(isbn="1")
    assert backend.options == [TableOptions(SESSION, RESOURCE), TableOptions(SESSION, {})]


def test_embedded_backend_ignores_them(recorder: Backend) -> None:
    book = model(session_kwargs=SESSION, resource_kwargs=RESOURCE)
    table_of(book).create_table()
    book.put({"isbn": "1"})
    assert book.get(isbn="1") is not None


def test_table_reaches_a_server_by_its_own_settings(moto_server: str, moto: Backend) -> None:
    session = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    book = model(session_kwargs=session, resource_kwargs={"endpoint_url": moto_server})
    with dynamorm.using("boto3"):
        table_of(book).create_table()
        book.put({"isbn": "1"})
    with dynamorm.using(moto):
        assert [found.isbn for found in model().scan()] == ["1"]


@pytest.mark.parametrize("where", ["session_kwargs", "resource_kwargs"])
def test_option_that_boto3_does_not_have(where: str) -> None:
    with (
        dynamorm.using("boto3"),
        pytest.raises(BackendMisconfigured, match=f"The {where} of a Table has no option 'colour'"),
    ):
        model(**{where: {"colour": "red"}}).get(isbn="1")

"""The first response is lost behind a proxy: the write took place, and boto3's second attempt finds it.

Each case runs on both paths of the boto3 backend, on real sockets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, using
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendUnavailable, ConditionFailed, HashKeyExists, StaleItem
from dynamorm.ports.backends import Backend
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY
from tests.support.servers.losing_proxy import LosingProxy, running_losing_proxy
from tests.support.tables import table_of


class Plain(DynaModel):
    class Table:
        name = "plain-books"
        hash_key = "isbn"

    class Schema(MarshmallowSchema):
        isbn = fields.String(required=True)
        title = fields.String()
        copies = fields.Integer()


class Versioned(DynaModel):
    class Table:
        name = "versioned-books"
        hash_key = "isbn"
        version = "revision"

    class Schema(Plain.Schema):
        revision = fields.Integer()


class Marked(DynaModel):
    class Table:
        name = "marked-books"
        hash_key = "isbn"
        version = "revision"
        write_token = "mark"

    class Schema(Versioned.Schema):
        mark = fields.String()


MODELS = (Plain, Versioned, Marked)
ITEM: dict[str, Any] = {"isbn": "1", "title": "One", "copies": 1}


@pytest.fixture(params=["moto", "local"])
def server(request: pytest.FixtureRequest) -> str:
    """A server with the tables of the models, by its URL."""
    backend: Backend = request.getfixturevalue(request.param)
    with using(backend):
        for model in MODELS:
            table_of(model).create_table()
    url: str = request.getfixturevalue({"moto": "moto_server", "local": "dynamodb_local"}[request.param])
    return url


@pytest.fixture
def proxy(server: str) -> Iterator[LosingProxy]:
    with running_losing_proxy(server) as running:
        yield running


@pytest.fixture(params=["direct", "client"], autouse=True)
def connected(request: pytest.FixtureRequest, proxy: LosingProxy) -> Iterator[Backend]:
    """The boto3 backend behind the proxy, on each of its paths."""
    backend = open_backend(
        f"boto3://{REGION}",
        endpoint_url=proxy.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        direct=request.param == "direct",
        config={"retries": {"mode": "standard", "total_max_attempts": 3}},
    )
    with backend, using(backend):
        yield backend


@pytest.fixture(params=["hang up", 500, 503])
def loss(request: pytest.FixtureRequest) -> Any:
    return request.param


def check(error: ConditionFailed, *, own: bool) -> None:
    assert (error.retries, error.unconfirmed_attempts, error.may_be_own) == (1, 1, own)
    assert "This write changed nothing" not in str(error)
    assert "attempt 2" in str(error)


def test_put_unique_may_be_ones_own(proxy: LosingProxy, loss: Any) -> None:
    proxy.losses = [loss]
    with pytest.raises(HashKeyExists) as caught:
        Plain.put_unique(ITEM)
    check(caught.value, own=True)
    assert caught.value.item == ITEM
    assert proxy.actions == ["PutItem"] * 2
    with pytest.raises(HashKeyExists) as caught:
        Plain.put_unique(ITEM)
    assert (caught.value.retries, caught.value.may_be_own) == (0, False)
    assert str(caught.value).endswith("This write changed nothing.")


def test_another_item_is_not_ones_own(proxy: LosingProxy, loss: Any) -> None:
    Plain.put(ITEM)
    proxy.losses = [loss]
    with pytest.raises(HashKeyExists) as caught:
        Plain.put_unique({**ITEM, "copies": 2})
    check(caught.value, own=False)


def test_save_with_version(proxy: LosingProxy, loss: Any) -> None:
    book = Versioned(**ITEM)
    proxy.losses = [loss]
    with pytest.raises(StaleItem) as caught:
        book.save()
    check(caught.value, own=True)
    found = Versioned.get(isbn="1", consistent=True)
    assert found is not None
    found.copies = 2
    proxy.losses = [loss]
    with pytest.raises(StaleItem) as caught:
        found.save(partial=True)
    check(caught.value, own=True)


def test_update_with_a_condition(proxy: LosingProxy, loss: Any) -> None:
    Plain.put(ITEM)
    proxy.losses = [loss]
    with pytest.raises(ConditionFailed) as caught:
        Plain.update_item(isbn="1", copies=2, title__remove=True, conditions={"copies": 1})
    check(caught.value, own=True)
    proxy.losses = [loss]
    with pytest.raises(ConditionFailed) as caught:
        Plain.update_item(isbn="1", copies=3, conditions={"copies": 1})
    check(caught.value, own=False)


def test_delete_with_a_condition(proxy: LosingProxy, loss: Any) -> None:
    book = Plain(**ITEM)
    book.save()
    proxy.losses = [loss]
    with pytest.raises(ConditionFailed) as caught:
        book.delete(conditions={"copies": 1})
    check(caught.value, own=True)
    assert caught.value.item is None


def test_write_token_proves_ones_own_write(proxy: LosingProxy, loss: Any) -> None:
    proxy.losses = [loss]
    Marked.put_unique(ITEM)
    book = Marked.get(isbn="1", consistent=True)
    assert book is not None
    book.copies = 2
    proxy.losses = [loss]
    book.save()
    book.title = "Two"
    proxy.losses = [loss]
    book.save(partial=True)
    proxy.losses = [loss]
    book.update(copies__plus=1, return_all=True, conditions={"copies": 2})
    assert (book.copies, book.revision) == (3, 4)
    proxy.losses = [loss]
    updated = Marked.update_item(
        isbn="1", copies=4, conditions={"copies": 3}, update_item_kwargs={"ReturnValues": "UPDATED_NEW"}
    )["Attributes"]
    assert updated["copies"] == 4
    assert updated.keys() == {"copies", "revision", "mark"}
    assert proxy.actions.count("PutItem") == 4
    assert proxy.actions.count("UpdateItem") == 6


def test_two_workers_that_take_one_lock_are_told_apart(proxy: LosingProxy, loss: Any) -> None:
    """Both write the same, and the item of the first is not the second one's."""
    Marked.put_unique(ITEM)
    proxy.losses = [loss]
    with pytest.raises(HashKeyExists) as caught:
        Marked.put_unique(ITEM)
    check(caught.value, own=False)


def test_transaction_takes_place_once(proxy: LosingProxy, loss: Any, request: pytest.FixtureRequest) -> None:
    if "moto" in request.node.callspec.id:
        pytest.skip("moto takes no notice of a transaction's token")
    proxy.losses = [loss]
    with dynamorm.transaction() as tx:
        tx.put(Plain, ITEM, unique=True)
        tx.put(Versioned(**ITEM))
    assert proxy.actions == ["TransactWriteItems"] * 2
    proxy.losses = [loss]
    with dynamorm.transaction() as tx:
        tx.update(Plain, isbn="1", copies__add=1)
        tx.delete(Versioned, isbn="1", conditions={"copies": 1})
    book = Plain.get(isbn="1", consistent=True)
    assert book is not None
    assert book.copies == 2


def test_numbers_are_counted_twice_without_a_transaction(proxy: LosingProxy, loss: Any) -> None:
    """As the docs say: nothing tells the second attempt that the first one was carried out."""
    Plain.put(ITEM)
    proxy.losses = [loss]
    Plain.update_item(isbn="1", copies__add=1)
    book = Plain.get(isbn="1", consistent=True)
    assert book is not None
    assert book.copies == 3


def test_answers_that_are_all_lost(proxy: LosingProxy) -> None:
    proxy.losses = ["hang up"] * 3
    with pytest.raises(BackendUnavailable, match="may have been carried out") as caught:
        Plain.put_unique(ITEM)
    assert (caught.value.retries, caught.value.unconfirmed_attempts) == (2, 3)

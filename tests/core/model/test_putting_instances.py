"""Instances given to ``put``, ``put_unique`` and ``put_batch`` of their model, and of a batch and a transaction."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, OneToOne
from dynamorm.exceptions import ConditionFailed, DynaModelException, HashKeyExists, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_save, pre_save
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Letter(DynaModel):
    class Table:
        name = "letters"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        text = fields.text(required=True)
        n = fields.integer(default=int)
        sender_id = fields.text()


class SignedLetter(Letter):
    class Schema(Letter.Schema):
        signature = fields.text()


class ArchivedLetter(Letter):
    class Table(Letter.Table):
        name = "archived-letters"


class Draft(DynaModel):
    class Table:
        name = "drafts"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.text(required=True)
        text = fields.text(required=True)
        revision = fields.integer()


class Envelope(DynaModel):
    class Table:
        name = "envelopes"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        letter_id = fields.text()

    letter = OneToOne(Letter, query=lambda envelope: {"id": envelope.letter_id}, back_reference=None)


MODELS: list[Any] = [Letter, ArchivedLetter, Draft, Envelope]


def one_by_one(model: Any, *given: Any) -> None:
    for each in given:
        model.put(each)


def one_by_one_unique(model: Any, *given: Any) -> None:
    for each in given:
        model.put_unique(each)


def in_batch(model: Any, *given: Any) -> None:
    with dynamorm.batch() as batch:
        for each in given:
            batch.put(model, each)


def in_transaction(model: Any, *given: Any) -> None:
    with dynamorm.transaction() as tx:
        for each in given:
            tx.put(model, each)


#: Each way of putting several items.
MANY: dict[str, Callable[..., None]] = {
    "put": one_by_one,
    "put_unique": one_by_one_unique,
    "put_batch": lambda model, *given: model.put_batch(*given),
    "batch": in_batch,
    "transaction": in_transaction,
}


@pytest.fixture(autouse=True)
def tables(connected: Backend) -> None:
    for model in MODELS:
        table_of(model).create_table()


def stored(model: Any, id_: str) -> Any:
    return table_of(model).get(consistent=True, id=id_)


@pytest.mark.parametrize("way", MANY)
def test_instances_and_items_are_put_together_and_instances_know_it(way: str) -> None:
    first: Any = Letter(id="1", text="one")
    second: Any = Letter()
    second.id, second.text = "3", "three"
    MANY[way](Letter, first, {"id": "2", "text": "two"}, second)
    assert [stored(Letter, each) for each in "123"] == [
        {"id": "1", "text": "one", "n": 0},
        {"id": "2", "text": "two", "n": 0},
        {"id": "3", "text": "three", "n": 0},
    ]
    for each in (first, second):
        # It is present now: an update does not make an item of a part.
        table_of(Letter).delete_item(id=each.id)
        with pytest.raises(StaleItem):
            each.update(n=5)


@pytest.mark.parametrize("way", MANY)
def test_what_the_schema_does_not_know_is_kept(way: str) -> None:
    table_of(Letter).put({"id": "1", "text": "one", "newer": {"a": 1}})
    letter: Any = Letter.get(id="1", consistent=True)
    letter.text = "two"
    if way == "put_unique":
        table_of(Letter).delete_item(id="1")
    MANY[way](Letter, letter)
    assert stored(Letter, "1") == {"id": "1", "text": "two", "n": 0, "newer": {"a": 1}}


@pytest.mark.parametrize("way", MANY)
def test_instances_of_another_model_are_refused_before_anything_is_sent(way: str) -> None:
    draft, archived, signed = Draft(id="1", text="x"), ArchivedLetter(id="1", text="x"), SignedLetter(id="1", text="x")
    with pytest.raises(DynaModelException, match=r"an instance of Letter, and not one of Draft\. Its table is another"):
        MANY[way](Letter, draft)
    with pytest.raises(DynaModelException, match=r"pass its values, Letter\(\*\*values\)"):
        MANY[way](Letter, archived)
    with pytest.raises(DynaModelException, match=r"not one of Letter\. Use save\(\) of the instance, or put of Letter"):
        MANY[way](SignedLetter, Letter(id="1", text="x"))
    assert stored(Letter, "1") is None
    # A child that shares the table is stored as what it is.
    signed.signature = "ann"
    MANY[way](Letter, signed)
    assert stored(Letter, "1") == {"id": "1", "text": "x", "n": 0, "signature": "ann"}


@pytest.mark.parametrize("way", MANY)
def test_the_schema_judges_instances(way: str) -> None:
    letter: Any = Letter(id="1", text="one")
    letter.text = 5
    with pytest.raises(ValidationError):
        MANY[way](Letter, letter)
    assert stored(Letter, "1") is None


@pytest.mark.parametrize("way", MANY)
def test_signals_of_save_are_sent_once_and_see_what_is_written(way: str) -> None:
    seen: list[Any] = []

    def before(sender: Any, instance: Any, **_: Any) -> None:
        seen.append(("pre", instance.id, stored(Letter, "1")))
        instance.text = instance.text.upper()

    def after(sender: Any, instance: Any, **_: Any) -> None:
        seen.append(("post", instance.id, stored(Letter, "1")["text"]))

    with pre_save.connected_to(before, sender=Letter), post_save.connected_to(after, sender=Letter):
        MANY[way](Letter, Letter(id="1", text="one"), {"id": "2", "text": "two"})
    assert seen == [("pre", "1", None), ("post", "1", "ONE")]
    assert stored(Letter, "2")["text"] == "two"


@pytest.mark.parametrize("way", MANY)
def test_related_instances_are_not_saved(way: str) -> None:
    envelope: Any = Envelope(id="1", letter_id="9")
    envelope.letter = Letter(id="9", text="inside")
    MANY[way](Envelope, envelope)
    assert (stored(Envelope, "1"), stored(Letter, "9")) == ({"id": "1", "letter_id": "9"}, None)


@pytest.mark.parametrize("way", ["put", "transaction"])
def test_versions_are_checked_and_counted(way: str) -> None:
    draft: Any = Draft(id="1", text="one")
    MANY[way](Draft, draft)
    assert draft.revision == 1
    stale: Any = Draft.get(id="1", consistent=True)
    MANY[way](Draft, draft)
    assert (draft.revision, stored(Draft, "1")["revision"]) == (2, 2)
    with pytest.raises(StaleItem if way == "put" else dynamorm.exceptions.TransactionCancelled):
        MANY[way](Draft, stale)
    with pytest.raises(DynaModelException, match="version"):
        Draft.put_batch(draft)


def test_conditions_the_old_item_and_unique_puts() -> None:
    letter: Any = Letter(id="1", text="one")
    assert Letter.put(letter, return_old=True) is None
    letter.text = "two"
    with pytest.raises(ConditionFailed):
        Letter.put(letter, conditions={"text": "another"})
    old: Any = Letter.put(letter, conditions={"text": "one"}, return_old=True)
    assert (old.text, stored(Letter, "1")["text"]) == ("one", "two")
    with pytest.raises(HashKeyExists):
        Letter.put_unique(Letter(id="1", text="three"))


def test_one_instance_twice_and_partial_ones_are_refused() -> None:
    letter: Any = Letter(id="1", text="one")
    with pytest.raises(dynamorm.exceptions.InvalidKey):
        Letter.put_batch(letter, letter)
    letter.save()
    part: Any = Letter.get(id="1", attrs="id, text", consistent=True)
    for way in MANY.values():
        with pytest.raises(DynaModelException, match="read without all of its attributes"):
            way(Letter, part)


@pytest.mark.one_schema_library
def test_explained_without_being_sent() -> None:
    letter: Any = Letter(id="1", text="one")
    assert str(dynamorm.explain(Letter.put, letter)) == str(dynamorm.explain(letter.save))
    assert "1 " in str(dynamorm.explain(Letter.put_batch, letter))
    assert stored(Letter, "1") is None


@pytest.mark.parametrize(
    ("verb", "create"),
    [("put_unique", "create"), ("put_batch", "create"), ("aput_unique", "acreate"), ("aput_batch", "acreate")],
)
def test_values_by_name_are_refused_with_the_verb_that_takes_them(verb: str, create: str) -> None:
    refused: Any = getattr(Letter, verb)

    def call() -> None:
        result = refused(id="1")
        if inspect.iscoroutine(result):
            asyncio.run(result)

    with pytest.raises(DynaModelException, match=rf"^{verb} of Letter has no argument 'id'\. .* Letter\.{create}\("):
        call()
    with pytest.raises(DynaModelException, match=rf"^{verb.lstrip('a')} of Letter has no argument 'id'"):
        dynamorm.explain(refused, id="1")

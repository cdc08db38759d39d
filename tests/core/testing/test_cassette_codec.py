"""The codec of cassettes: whatever passes a backend comes out of a file as it was, and its values can be replaced."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from dynamorm.data import ItemResult, Operation, PutItem, Value
from dynamorm.data.conditions import DescribedKeyCondition, KeyCondition
from dynamorm.data.values import identical
from dynamorm.exceptions import DynamoException, Throttled
from dynamorm.testing.cassettes.codec import UnknownName, decode, encode
from dynamorm.testing.cassettes.values import with_values
from tests.core.testing import samples


def through_a_file(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value, str))), str)


def state_of(error: DynamoException) -> tuple[object, ...]:
    state: dict[str, Any] = {
        name: state_of(each) if isinstance(each, DynamoException) else each for name, each in vars(error).items()
    }
    state["reasons"] = [
        [state_of(part) if isinstance(part, DynamoException) else part for part in each]
        for each in state.get("reasons") or ()
    ]
    return type(error), error.args, state


def test_there_is_a_sample_of_each_record_and_of_each_field() -> None:
    """One that is added later has to be added here, too."""
    parts = [part for each in samples.RECORDS for part in samples.parts_of(each)]
    assert {type(part).__name__ for part in parts} == samples.record_names() - samples.OF_THE_CORE
    # The suite for backends has one of its own.
    operations = {each for each in Operation.__subclasses__() if each.__module__ == Operation.__module__}
    assert {type(each) for each in samples.RECORDS if isinstance(each, Operation)} == operations
    for part in {type(part): part for part in reversed(parts)}.values():
        for field in dataclasses.fields(part):
            given = [getattr(each, field.name) for each in parts if type(each) is type(part)]
            assert any(each != field.default for each in given), (type(part), field.name)


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: type(record).__name__)
def test_records_come_back_as_they_were(record: Any) -> None:
    back = through_a_file(record)
    assert back == record
    assert repr(back) == repr(record)
    assert getattr(back, "retries", None) == getattr(record, "retries", None)


@pytest.mark.parametrize("name", samples.exception_names())
def test_exceptions_come_back_as_they_were(name: str) -> None:
    error = samples.exception_sample(name)
    back = through_a_file(error)
    assert state_of(back) == state_of(error)
    assert str(back) == str(error)


def test_values_are_exact() -> None:
    item = through_a_file(ItemResult(samples.EXACT)).item
    assert identical(item, samples.EXACT)
    assert {name: type(value) for name, value in item.items()} == {
        name: type(value) for name, value in samples.EXACT.items()
    }
    assert str(item["digits"]) == "1.5000000000000000000000000000000000001"


def test_fields_with_their_default_take_no_place() -> None:
    assert encode(PutItem("books", {"id": "1"}), str) == {"$": "PutItem", "table": "books", "item": {"id": "1"}}


def test_exception_of_a_plugin_comes_back_as_the_one_that_it_is() -> None:
    class TooFast(Throttled):
        __module__ = "plugin"

    back = through_a_file(TooFast("Too fast.", 2))
    assert (type(back), back.tries) == (Throttled, 2)


def test_description_of_a_key_condition_is_no_part_of_it() -> None:
    described = DescribedKeyCondition(("id", "1"), None, "Book.isbn")
    assert type(through_a_file(described)) is KeyCondition
    assert through_a_file(described) == described


@pytest.mark.parametrize(
    "form", [{"$": "Teleport"}, {"$": "DeleteTable", "table": "books", "force": True}, {"$new": 1}, {"$": "limits"}]
)
def test_names_of_later_releases_are_refused(form: Any) -> None:
    with pytest.raises(UnknownName):
        decode(form, str)


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="A cassette can't hold a object"):
        encode({"id": object()}, str)


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: type(record).__name__)
def test_tables_are_renamed_wherever_they_stand(record: Any) -> None:
    text = json.dumps(encode(record, lambda name: f"<{name}>"))
    assert '"books"' not in text.replace('{"team": "books"}', "")
    assert decode(encode(record, lambda name: f"dev-{name}"), lambda name: name.removeprefix("dev-")) == record


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: type(record).__name__)
def test_values_are_replaced_wherever_they_stand(record: Any) -> None:
    changed = with_values(record, lambda _name, _value: "…")
    assert samples.SECRET not in json.dumps(encode(changed, str))
    assert type(changed) is type(record)
    assert with_values(record, lambda _name, value: value) == record


@pytest.mark.parametrize("name", [name for name in samples.exception_names() if name != "ValidationError"])
def test_values_of_exceptions_are_replaced(name: str) -> None:
    error = samples.exception_sample(name)
    assert samples.SECRET not in json.dumps(encode(with_values(error, lambda _name, _value: "…"), str))
    assert state_of(with_values(error, lambda _name, value: value)) == state_of(error)
    assert state_of(error) == state_of(samples.exception_sample(name))


def test_values_are_replaced_by_name() -> None:
    put, update = samples.PUT, samples.UPDATE
    changed = with_values(put, lambda name, value: "…" if name in {"deep", "title"} else value)
    nested = samples.ITEM["nested"] | {"$set": [samples.SECRET, {"deep": "…"}]}
    assert changed.item == samples.ITEM | {"nested": nested}
    assert repr(changed.condition.conditions[0].right.value) == "'…'"
    assert changed.condition.conditions[-1].right.value == 5
    renamed = with_values(update, lambda name, _: name)
    assert [renamed.actions[0].value.default, renamed.actions[5].value] == [Value("title"), "title"]

"""Arguments of the wrong shape: refused with what to write instead, before anything is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidOperator, ValidationError
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend

pytestmark = pytest.mark.one_schema_library


class Address(DynaModel):
    class Table:
        name = "addresses"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        zip = fields.text(attribute="Z")


MISTAKES: list[tuple[Callable[[Any], Any], str]] = [
    (
        lambda model: model.put_batch([{"id": "1"}]),
        r"An item of Address must be a dict by field name, not list.*put_batch\(\*items\)",
    ),
    (lambda model: model.put("1"), "An item of Address must be a dict by field name, not str"),
    (lambda model: model.new_from_raw("1"), "An item of Address must be a dict by field name, not str"),
    (lambda model: model.new_from_raw([{"id": "1"}]), "An item of Address must be a dict by field name, not list"),
    (
        lambda model: list(model.get_batch({"id": "1"})),
        "get_batch of Address takes a list of keys, not dict. A key is a dict by field name, a tuple",
    ),
    (
        lambda model: model("1"),
        r"Address takes values by name: Address\(id=…\), or Address\(\*\*values\) for those in a dict. Its one pos",
    ),
    (lambda model: model("1", "x"), "Address takes values by name"),
    (lambda model: model(True, "x"), "Address takes values by name"),
    (
        lambda model: model.put(id="1"),
        (
            r"put of Address has no argument 'id'. It takes an item, as a dict by field name or an instance: "
            r"Address.put\({'id': …}\). For values by name, use Address.create\(id=…\)."
        ),
    ),
    (lambda model: model.put({"id": "1"}, zip="1"), "put of Address has no argument 'zip'"),
    (lambda model: model.put(), "put of Address takes an item"),
    (
        lambda model: model(id="1").save(partial=True, unique=True),
        r"save\(\) of Address was given partial and unique, which contradict each other",
    ),
    (
        lambda model: asyncio.run(model(id="1").asave(partial=True, unique=True)),
        r"save\(\) of Address was given partial and unique",
    ),
    (lambda model: asyncio.run(model.aput(id="1")), r"aput of Address .*, use Address.acreate\(id=…\)."),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_wrong_shape(recorder: RecordingBackend, call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(DynaModelException, match=message):
        call(Address)
    assert recorder.sent == []


def test_field_under_both_of_its_names(recorder: RecordingBackend) -> None:
    with pytest.raises(ValidationError) as raised:
        Address.put({"id": "1", "zip": "1", "Z": "2"})
    assert raised.value.errors == {"zip": ["Given twice, by the field's name and by the attribute's name."]}
    assert Address(id="1", Z="2").zip == Address(id="1", zip="2").zip == "2"
    assert recorder.sent == []


def test_unknown_function_of_an_update_suggests_the_right_one(recorder: RecordingBackend) -> None:
    with pytest.raises(InvalidOperator, match=r"'apend' is not a function of an update, and .* Did you mean 'append'"):
        Address.update_item(id="1", zip__apend=["x"])
    assert recorder.sent == []

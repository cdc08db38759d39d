"""Errors by field, ``__post_init__``, hooks of the schema, partial data, and names in the table."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from dynamorm.exceptions import ValidationError
from tests.msgspec.models import model_of, stored_by
from tests.support.backends import RecordingBackend

CALLS: list[str] = []


class Home(Struct):
    city: str
    zip: Annotated[str, Meta(max_length=4)] = ""


class Ranged(Struct, rename={"first": "F"}):
    id: str
    first: int
    last: Annotated[int, Meta(le=100)] = 9
    homes: list[Home] = []

    def __post_init__(self) -> None:
        CALLS.append(self.id)
        if self.first > self.last:
            raise ValueError("Upside down.")


@dataclasses.dataclass
class DataRanged:
    id: str
    first: int = dataclasses.field(metadata={"attribute": "F"})
    last: Annotated[int, Meta(le=100)] = 9
    homes: list[Home] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        CALLS.append(self.id)
        if self.first > self.last:
            raise ValueError("Upside down.")


@pytest.fixture(params=[Ranged, DataRanged])
def book(request: pytest.FixtureRequest) -> Any:
    CALLS.clear()
    return model_of(request.param)


def test_every_field_that_is_refused_has_its_error(book: Any) -> None:
    given = {"last": 101, "homes": [{"city": "Oslo"}, {"zip": "12345"}], "more": 1}
    with pytest.raises(ValidationError) as raised:
        book(**given)
    assert raised.value.errors == {
        "more": ["Object contains unknown field `more`"],
        "homes": {1: {"zip": ["Expected `str` of length <= 4"], "city": ["Object missing required field `city`"]}},
        "last": ["Expected `int` <= 100"],
        "id": ["Object missing required field `id`"],
        "first": ["Object missing required field `first`"],
    }
    assert raised.value.raw == given
    with pytest.raises(ValidationError) as raised_by_part:
        book(partial=True, **given)
    assert raised_by_part.value.errors.keys() == {"more", "homes", "last"}


def test_errors_of_an_item(book: Any) -> None:
    book.Table.put({"id": "1", "F": "x", "homes": [{"city": 5}], "more": 1})
    with pytest.raises(ValidationError) as raised:
        book.get(id="1")
    assert raised.value.errors == {
        "first": ["Expected `int`, got `str`"],
        "homes": {0: {"city": ["Expected `str`, got `int`"]}},
    }
    assert raised.value.key == {"id": "1"}


def test_post_init_is_called_once_and_its_error_is_that_of_the_schema(book: Any) -> None:
    book(id="1", first=1, homes=[Home("Oslo")])
    assert CALLS == ["1"]
    calls: tuple[Callable[[], object], ...] = (
        lambda: book(id="1", first=10),
        lambda: book(partial=True, id="1", first=10),
    )
    for call in calls:
        with pytest.raises(ValidationError) as raised:
            call()
        assert raised.value.errors == {"_schema": ["Upside down."]}
    # A part that lacks what is required is not a whole one.
    assert book(partial=True, first=10).first == 10


def test_attributes_have_their_own_names(book: Any, recorder: RecordingBackend) -> None:
    book(id="1", first=1).save()
    assert stored_by(book) == {"id": "1", "F": 1, "last": 9, "homes": []}
    assert [each.first for each in book.scan(first__lte=1)] == [1]
    (found,) = book.scan().specific_attributes(["id", "first"])
    assert found.to_dict() == {"id": "1", "F": 1}
    found.first = 2
    found.save(partial=True)
    assert book.get(id="1").first == 2
    assert book(id="1", F=5).first == 5


def test_condition_may_have_what_no_item_has(book: Any) -> None:
    assert list(book.scan(last__gt=1000, homes__0__zip="12345")) == []
    with pytest.raises(ValidationError, match="last"):
        book.scan(last__gt="x")
    with pytest.raises(ValidationError, match="length <= 4"):
        book.update_item(id="1", homes__0__zip="12345")


def test_forbidding_struct_reads_items_of_newer_programs() -> None:
    schema = msgspec.defstruct("Schema", [("id", str), ("number", int, 0)], forbid_unknown_fields=True)
    book = model_of(schema)
    book.Table.put({"id": "1", "newer": [1]})
    found = book.get(id="1")
    found.number = 5
    found.save()
    assert stored_by(book) == {"id": "1", "number": 5, "newer": [1]}


class Hosts(Struct):
    id: str
    address: ipaddress.IPv4Address
    others: list[ipaddress.IPv4Address] = []

    @staticmethod
    def dec_hook(kind: type, value: Any) -> Any:
        return kind(value)

    @staticmethod
    def enc_hook(value: Any) -> Any:
        return str(value)


def test_hooks_for_types_that_msgspec_does_not_know() -> None:
    book = model_of(Hosts)
    address = ipaddress.IPv4Address("127.0.0.1")
    for given in (address, "127.0.0.1"):
        book(id="1", address=given, others=[given]).save()
        assert stored_by(book) == {"id": "1", "address": "127.0.0.1", "others": ["127.0.0.1"]}
        assert (book.get(id="1").address, book.get(id="1").others) == (address, [address])
        assert [each.id for each in book.scan(address=given)] == ["1"]
    with pytest.raises(ValidationError) as raised:
        book(id="1", address="here")
    assert list(raised.value.errors) == ["address"]


def test_fault_in_a_hook_comes_through() -> None:
    class Faulty(Hosts):
        @staticmethod
        def dec_hook(kind: type, value: Any) -> Any:
            raise KeyError("a fault")

    with pytest.raises(KeyError, match="a fault"):
        model_of(Faulty)(id="1", address="127.0.0.1")


def test_lists_and_maps_of_an_item_are_not_those_of_an_instance() -> None:
    """Which decides whether the core has to copy an item first."""
    fields = [("id", str), ("tags", list[str]), ("counts", dict[str, list[int]])]
    book = model_of(msgspec.defstruct("Schema", fields))
    book(id="1", tags=["a"], counts={"a": [1]}).save()
    found = book.get(id="1")
    found.tags.append("b")
    found.counts["a"].append(2)
    found.save()
    assert stored_by(book) == {"id": "1", "tags": ["a", "b"], "counts": {"a": [1, 2]}}
    anything = model_of(msgspec.defstruct("Schema", [("id", str), ("value", Any)]))
    anything(id="1", value={"a": [1]}).save()
    changed = anything.get(id="1")
    changed.value["a"].append(2)
    changed.save()
    assert stored_by(anything) == {"id": "1", "value": {"a": [1, 2]}}

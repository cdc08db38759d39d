"""Images of stream records and exports as instances: ``Book.from_image``."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from dynamorm.wire.attributes import BYTES, JSON
from tests.core.model.test_every_type import VALUES, Thing
from tests.support.tables import table_of


class Parcel(DynaModel):
    class Table:
        name = "parcels"
        hash_key = "id"
        ttl = "expires"

    class Schema:
        id = fields.text(required=True, attribute="ID")
        name = fields.text(required=True)
        n = fields.integer(default=int)
        seal = fields.anything()
        expires = fields.integer()


EVENT: dict[str, Any] = {
    "eventName": "MODIFY",
    "dynamodb": {
        "Keys": {"ID": {"S": "1"}},
        "NewImage": {
            "ID": {"S": "1"},
            "name": {"S": "new"},
            "n": {"N": "5"},
            "seal": {"B": "AP8="},
            "expires": {"N": "1"},
            "later": {"L": [{"N": "0.5"}, {"BOOL": True}, {"NULL": True}]},
        },
        "SequenceNumber": "1",
    },
}
IMAGE: dict[str, Any] = EVENT["dynamodb"]["NewImage"]


@pytest.fixture(autouse=True)
def tables(sqlite_memory: Backend) -> Any:
    with dynamorm.using(sqlite_memory):
        table_of(Parcel).create_table()
        yield


def test_an_image_is_an_instance_and_a_missing_one_is_none() -> None:
    parcel = Parcel.from_image(IMAGE)
    assert parcel is not None
    assert (parcel.id, parcel.name, parcel.n, parcel.seal) == ("1", "new", 5, b"\x00\xff")
    # Although its time to live is over: the record of its expiry is one, too.
    assert parcel.expires == 1
    assert Parcel.from_image(EVENT["dynamodb"].get("OldImage")) is None
    assert Parcel.from_image(None) is None


@pytest.mark.one_schema_library
def test_each_type_in_events_exports_and_as_boto3_returns_it() -> None:
    for name, value in VALUES.items():
        item: dict[str, Any] = {"id": "1", "values": [value], "place": {"a": value}}
        for image in (json.loads(json.dumps(JSON.encode_item(item))), BYTES.encode_item(item)):
            thing = Thing.from_image(image)
            assert thing is not None
            assert (name, thing.values, thing.place) == (name, [value], {"a": value})


def test_unknown_attributes_are_kept_and_changes_written_only_while_the_item_is_there() -> None:
    table_of(Parcel).put({"ID": "1", "name": "newer", "added": 1})
    parcel = Parcel.from_image(IMAGE)
    assert parcel is not None
    parcel.n = 6
    parcel.save(partial=True)
    assert table_of(Parcel).get(ID="1") == {"ID": "1", "name": "newer", "added": 1, "n": 6}
    parcel.save()
    found = table_of(Parcel).get(ID="1")
    assert found is not None
    assert found["later"] == [Decimal("0.5"), True, None]
    table_of(Parcel).delete_item(ID="1")
    parcel.n = 7
    with pytest.raises(StaleItem):
        parcel.save(partial=True)
    with pytest.raises(StaleItem):
        parcel.update(n=8)


def test_the_keys_of_a_record_are_a_part_of_an_item() -> None:
    parcel = Parcel.from_image(EVENT["dynamodb"]["Keys"], partial=True)
    assert parcel is not None
    assert (parcel.id, parcel.name) == ("1", None)
    with pytest.raises(DynaModelException, match="read without all of its attributes"):
        parcel.save()
    table_of(Parcel).put({"ID": "1", "name": "stored", "n": 3})
    parcel.update(n=4)
    parcel.refresh()
    assert (parcel.name, parcel.n) == ("stored", 4)
    with pytest.raises(ValidationError):
        Parcel.from_image(EVENT["dynamodb"]["Keys"])


@pytest.mark.one_schema_library
def test_what_is_no_image_is_refused_without_its_values() -> None:
    wrong: list[tuple[Any, str]] = [
        (EVENT["dynamodb"], r"Pass what is inside: Parcel\.from_image\(record\['dynamodb'\]\.get\('NewImage'\)\)"),
        (EVENT, r"Pass what is inside: Parcel\.from_image\(record\['dynamodb'\]\.get\('NewImage'\)\)"),
        ({"OldImage": IMAGE}, r"Pass what is inside: Parcel\.from_image\(record\['dynamodb'\]\.get\('OldImage'\)\)"),
        ({"Item": IMAGE}, r"Parcel\.from_image\(json\.loads\(line\)\['Item'\]\)"),
        ({"ID": "secret", "name": "secret"}, "For an item of plain values, use new_from_raw"),
        (json.dumps({"Item": IMAGE}), r"from_image of Parcel takes no str.*json\.loads"),
        ({"ID": {"S": "1"}, "n": {"N": "secret"}}, "does not fit its type"),
        ({"ID": {"S": "1"}, "seal": {"B": 5}}, "does not fit its type"),
        ({"ID": {"S": "1"}, "seal": {"B": "no base64"}}, "does not fit its type"),
        ({"ID": {"S": "1"}, "name": {"X": "secret"}}, "'name' has no type"),
        ({"ID": {"S": "1"}, "name": {"M": {"a": {"X": "secret"}}}}, "does not fit its type"),
    ]
    for image, message in wrong:
        with pytest.raises(DynaModelException, match=message) as raised:
            Parcel.from_image(image)
        assert "secret" not in str(raised.value)

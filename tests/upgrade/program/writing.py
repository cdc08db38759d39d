"""Items are written: raw documents, and instances."""

from __future__ import annotations

import datetime
from types import ModuleType
from typing import Any

import pytest

from dynamorm.exceptions import HashKeyExists, ValidationError

JANUARY = datetime.datetime(2020, 1, 2, 3, 4, 5)


def documents_are_put(forum: ModuleType) -> None:
    forum.User.put({"name": "alice", "email": "alice@example.com", "color": "purple", "karma": 5, "joined": JANUARY})
    alice = forum.User.get(name="alice")
    assert (alice.name, alice.color, alice.karma, alice.joined, alice.roles) == ("alice", "purple", 5, JANUARY, [])
    assert forum.User.get(name="nobody") is None
    with pytest.raises(HashKeyExists):
        forum.User.put_unique({"name": "alice", "karma": 0})
    forum.User.put_unique({"name": "bob", "color": "red", "karma": 1})
    assert forum.User.get(name="alice", consistent=True).karma == 5
    forum.Forum.put_batch(
        {"name": "DynamoDB", "category": "AWS"},
        {"name": "S3", "category": "AWS"},
        {"name": "EC2", "category": "AWS"},
    )
    assert forum.Forum.get(name="S3").category == "AWS"


def instances_are_saved(forum: ModuleType) -> None:
    carl = forum.User(name="carl", color="yellow", karma=3, joined=JANUARY.isoformat())
    assert (carl.joined, carl.roles) == (JANUARY, [])
    carl.save()
    assert forum.User.get(name="carl").joined == JANUARY
    with pytest.raises(HashKeyExists):
        carl.save(unique=True)

    empty = forum.Forum()
    empty.name = "Lambda"
    empty.category = "AWS"
    empty.save()
    assert forum.Forum.get(name="Lambda").category == "AWS"

    part = forum.User(partial=True, name="dora")
    part.karma = 8
    part.roles = ["admin"]
    part.color = "red"
    part.email = "dora@example.com"
    part.joined = JANUARY
    part.address = {}
    part.save()
    assert forum.User.get(name="dora").roles == ["admin"]


def values_are_validated(forum: ModuleType) -> None:
    with pytest.raises(ValidationError) as caught:
        forum.User(name="mallory", color="orange")
    error = caught.value
    assert error.raw == {"name": "mallory", "color": "orange"}
    assert error.schema_name == "UserSchema"
    assert "color" in str(error.errors)
    assert "UserSchema" in str(error)
    with pytest.raises(ValidationError):
        forum.User(name="Evan")
    with pytest.raises(ValidationError):
        forum.User(color="red")
    with pytest.raises(ValidationError):
        forum.User.put({"name": "mallory", "karma": "very much"})

    carl = forum.User.get(name="carl")
    assert carl.validate()["joined"] == JANUARY
    carl.color = "orange"
    with pytest.raises(ValidationError):
        carl.validate()
    with pytest.raises(ValidationError):
        carl.save()
    assert forum.User.get(name="carl").color == "yellow"


def instances_become_dicts(forum: ModuleType) -> None:
    carl = forum.User.get(name="carl")
    assert given(carl.to_dict(native=True)) == {
        "name": "carl",
        "color": "yellow",
        "karma": 3,
        "joined": JANUARY,
        "roles": [],
    }
    serialised = given(carl.to_dict())
    assert serialised.pop("joined").startswith("2020-01-02T03:04:05")
    assert serialised == {"name": "carl", "color": "yellow", "karma": 3, "roles": []}

    raw = forum.User.new_from_raw({"name": "erin", "color": "red", "karma": 2})
    assert (raw.name, raw.karma) == ("erin", 2)
    assert forum.User.new_from_raw({"color": "red"}, partial=True).color == "red"
    assert forum.User.new_from_raw(None) is None


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Schematics and Pydantic name what has no value, too."""
    return {name: value for name, value in values.items() if value is not None}

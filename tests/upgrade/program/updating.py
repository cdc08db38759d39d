"""Items are changed where they are, and deleted."""

from __future__ import annotations

from types import ModuleType

import pytest

from dynamorm import Q
from dynamorm.exceptions import ConditionFailed, InvalidSchemaField, ValidationError


def only_changes_are_saved(forum: ModuleType) -> None:
    alice = forum.User.get(name="alice")
    forum.User.update_item(name="alice", karma=6)
    alice.color = "yellow"
    alice.save(partial=True)
    assert (alice.color, alice.karma) == ("yellow", 5)
    assert (forum.User.get(name="alice").color, forum.User.get(name="alice").karma) == ("yellow", 6)
    alice.color = "purple"
    alice.save(partial=True, return_all=True)
    assert (alice.color, alice.karma) == ("purple", 6)
    alice.save(partial=True)


def attributes_are_updated(forum: ModuleType) -> None:
    alice = forum.User.get(name="alice")
    alice.update(karma=10, roles=["writer"], address={"city": "Oslo", "street": {"number": 1}})
    assert (alice.karma, alice.roles) == (10, ["writer"])
    alice.update(karma__plus=5)
    alice.update(karma__minus=3)
    assert alice.karma == 12
    alice.update(roles__append=["admin"])
    assert alice.roles == ["writer", "admin"]
    alice.update(karma__if_not_exists=99, email__if_not_exists="other@example.com")
    assert (alice.karma, alice.email) == (12, "alice@example.com")
    alice.update(address__city="Bergen", address__street__number=2)
    assert forum.User.get(name="alice").address == {"city": "Bergen", "street": {"number": 2}}
    with pytest.raises(ValidationError):
        alice.update(color="orange")
    with pytest.raises(InvalidSchemaField):
        alice.update(size=5)
    assert forum.User.get(name="alice").color == "purple"


def attributes_are_added_to_and_taken_away(forum: ModuleType) -> None:
    alice = forum.User.get(name="alice")
    alice.update(roles__prepend=["reader"])
    assert alice.roles == ["reader", "writer", "admin"]
    alice.update(karma__add=3, watched__add={"S3", "EC2"})
    assert (alice.karma, alice.watched) == (15, {"S3", "EC2"})
    alice.update(watched__delete={"EC2"})
    assert alice.watched == {"S3"}
    alice.update(address__street__remove=True, email__remove=True)
    assert (alice.address, alice.email) == ({"city": "Bergen"}, None)
    assert "email" not in forum.User.Table.get(name="alice")


def conditions_guard_updates(forum: ModuleType) -> None:
    bob = forum.User.get(name="bob")
    failing = (
        {"color": "yellow"},
        {"karma__ne": 1},
        {"karma__gt": 1},
        {"karma__gte": 2},
        {"karma__lt": 1},
        {"karma__lte": 0},
        {"karma__between": [5, 6]},
        {"karma__not_exists": True},
        {"address__exists": True},
        {"color__begins_with": "y"},
        {"color__contains": "y"},
        Q(color="yellow") | Q(karma=5),
        [Q(color="red"), ~Q(karma=1)],
    )
    for conditions in failing:
        with pytest.raises(ConditionFailed):
            bob.update(karma=100, conditions=conditions)
        with pytest.raises(ConditionFailed):
            forum.User.update_item(name="bob", karma=100, conditions=conditions)
    assert (bob.karma, forum.User.get(name="bob").karma) == (1, 1)

    bob.update(karma=2, conditions={"karma": 1})
    bob.update(karma=3, conditions=Q(color="yellow") | Q(karma=2))
    bob.update(karma=4, conditions=[Q(color="red"), ~Q(karma=2)])
    assert (bob.karma, forum.User.get(name="bob").karma) == (4, 4)


def conditions_guard_puts_and_deletes(forum: ModuleType) -> None:
    bob = forum.User.get(name="bob")
    bob.color = "yellow"
    with pytest.raises(ConditionFailed) as caught:
        bob.save(conditions={"karma": 100})
    assert caught.value.item is not None
    assert caught.value.item["karma"] == 4
    with pytest.raises(ConditionFailed):
        forum.User.put({"name": "bob"}, conditions=Q(karma=100))
    with pytest.raises(ConditionFailed):
        bob.delete(conditions=[Q(karma=100)])
    assert forum.User.get(name="bob").color == "red"


def items_are_deleted(forum: ModuleType) -> None:
    dora = forum.User.get(name="dora")
    dora.delete()
    assert forum.User.get(name="dora") is None
    dora.delete()

    forum.User.put({"name": "frank"})
    forum.User.Table.delete_item(name="frank")
    assert forum.User.get(name="frank") is None

"""Names that the schema keeps without a field: attributes of instances with every verb, whoever has written them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import marshmallow
import pytest
from marshmallow import fields
from pydantic import ConfigDict

import dynamorm
from dynamorm import DynaModel, Q, verbs
from dynamorm.exceptions import ConditionFailed, InvalidUpdate, StaleItem
from dynamorm.ports.backends import Backend


class InPydantic(DynaModel):
    class Table:
        name = "extra-in-pydantic"
        hash_key = "id"

    class Schema:
        model_config = ConfigDict(extra="allow")

        id: str
        title: str | None = None


class InMarshmallow(DynaModel):
    class Table:
        name = "extra-in-marshmallow"
        hash_key = "id"

    class Schema:
        class Meta:
            unknown = marshmallow.INCLUDE

        id = fields.String(required=True)
        title = fields.String()


class OwnConstructor(InPydantic):
    class Table:
        name = "extra-in-own-constructor"
        hash_key = "id"

    def __init__(self, **values: Any) -> None:
        super().__init__(**{name: value for name, value in values.items() if name in ("id", "title", "partial")})


class OwnReader(InMarshmallow):
    class Table:
        name = "extra-in-own-reader"
        hash_key = "id"

    @classmethod
    def new_from_raw(cls, raw: Any, partial: bool = False) -> Any:
        return super().new_from_raw(raw, partial)


EXTRA: dict[str, Any] = {"colour": "red", "tags": ["a"], "place": {"x": 1, "y": {"z": 2}}, "none": None, "set": {1, 2}}
ITEM: dict[str, Any] = {"id": "1", **EXTRA}


@pytest.fixture(params=[InPydantic, InMarshmallow, OwnConstructor, OwnReader], ids=lambda model: model.__name__)
def model(request: pytest.FixtureRequest, connected: Backend) -> Any:
    request.param.Table.create_table()
    return request.param


def stored(model: Any, id: str = "1") -> Any:  # noqa: A002 - the key's name
    return model.Table.get(id=id, consistent=True)


def extra_of(instance: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if name not in ("id", "title")}


def test_what_is_read_has_them(model: Any) -> None:
    # 'save' is a verb, '_private' belongs to the program: they stay in the item.
    model.Table.put({**ITEM, "save": 5, "_private": 6})
    with pytest.raises(AttributeError):
        _ = model.get(id="1").colour_
    for found in (model.get(id="1"), model.query(id="1").one(), next(model.get_batch([{"id": "1"}]))):
        # Table.put left the None out.
        assert extra_of(found) == {name: value for name, value in EXTRA.items() if value is not None}
        assert found.to_dict().items() >= {"id": "1", "colour": "red"}.items()
        assert found.validate()["place"] == EXTRA["place"]
        found.save()
        assert stored(model)["save"] == 5
        assert stored(model)["_private"] == 6
        found.place["x"] = 9
        found.save(partial=True)
        assert stored(model)["place"]["x"] == 9
        found.update(place=EXTRA["place"])


def test_put_and_read_and_saved(model: Any) -> None:
    model.put(ITEM)
    assert stored(model) == ITEM
    found = model.get(id="1")
    assert extra_of(found) == EXTRA
    found.colour, found.new = "blue", 1
    del found.none
    found.save(partial=True)
    assert stored(model) == {**{k: v for k, v in ITEM.items() if k != "none"}, "colour": "blue", "new": 1}
    del found.tags
    found.colour = None
    found.save()
    assert stored(model) == {"id": "1", "colour": None, "place": EXTRA["place"], "set": {1, 2}, "new": 1}
    assert model.get(id="1").colour is None


def test_two_writers(model: Any) -> None:
    model.put(ITEM)
    mine, theirs = model.get(id="1"), model.get(id="1")
    mine.tags.append("m")
    theirs.tags.append("t")
    mine.set.add(3)
    theirs.set.discard(1)
    mine.place["m"] = 1
    theirs.place["y"]["z"] = 3
    mine.save(partial=True)
    theirs.save(partial=True)
    assert stored(model) == {**ITEM, "tags": ["a", "m", "t"], "set": {2, 3}, "place": {"x": 1, "y": {"z": 3}, "m": 1}}
    assert theirs.tags == ["a", "m", "t"]
    mine.refresh()
    assert extra_of(mine) == extra_of(theirs) == extra_of(model.get(id="1"))
    mine.tags[0], theirs.tags[0] = "mine", "theirs"
    mine.save(partial=True)
    with pytest.raises(StaleItem):
        theirs.save(partial=True)


def test_updates_and_conditions(model: Any) -> None:
    model.put(ITEM)
    found = model.get(id="1")
    found.update(colour="blue", place__y__z=3, tags__append=["b"], new=7, conditions={"place__x": 1, "colour": "red"})
    now = {**EXTRA, "colour": "blue", "place": {"x": 1, "y": {"z": 3}}, "tags": ["a", "b"], "new": 7}
    assert extra_of(found) == now
    assert stored(model) == {"id": "1", **now}
    found.update(new__remove=True, none=None, colour__if_not_exists="x", return_all=True)
    del now["new"]
    assert extra_of(found) == now
    with pytest.raises(ConditionFailed):
        found.update(colour="x", conditions=Q(place__x__gt=1))
    model.update_item(id="1", count__add=1, colour="green")
    assert model.get(id="1").count == 1
    assert model.scan(colour="green", tags__contains="b", place__y__z__gte=3, set__size=2).count() == 1
    assert model.query(Q(colour="red") | Q(none=None), id="1").count() == 1
    assert model.scan(colour__begins_with="x").count() == 0


def test_blocks_copies_moves_and_pickles(model: Any) -> None:
    model.put(ITEM)
    found = model.get(id="1")
    found.place["new"] = 1
    with dynamorm.transaction() as tx:
        tx.save(found, partial=True)
    assert stored(model)["place"] == {**EXTRA["place"], "new": 1}
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert extra_of(again) == extra_of(found)
        again.save()
        assert stored(model)["place"] == {**EXTRA["place"], "new": 1}
    verbs.move(found, id="2")
    assert extra_of(found) == {**EXTRA, "place": {**EXTRA["place"], "new": 1}}
    assert stored(model, "2") == {"id": "2", **extra_of(found)}
    if model is OwnConstructor:
        return
    copied = verbs.copy(found, id="3", colour="white")
    assert extra_of(copied) == {**extra_of(found), "colour": "white"}
    copied.save(unique=True)
    assert stored(model, "3") == {"id": "3", **extra_of(copied)}
    made = model.new_from_raw({"id": "4", "colour": "red"})
    made.save(partial=True)
    assert stored(model, "4") == {"id": "4", "colour": made.colour}


def test_parts(model: Any) -> None:
    model.put(ITEM)
    found = model.get(id="1", attrs="id, place.y, colour")
    assert extra_of(found) == {"place": {"y": {"z": 2}}, "colour": "red"}
    found.colour = "blue"
    found.save(partial=True)
    assert stored(model) == {**ITEM, "colour": "blue"}
    found.place["y"]["z"] = 3
    with pytest.raises(InvalidUpdate, match="Only a part of 'place'"):
        found.save(partial=True)

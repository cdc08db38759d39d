"""None: an explicit one is None when the item is read again, with each schema library, on and off its fast path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from marshmallow import fields as marshmallow_fields
from schematics import types

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectKeys, Q
from dynamorm.data import PutItem
from dynamorm.exceptions import ConditionFailed, InvalidKey, InvalidUpdate, InvalidValue, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

Definition: TypeAlias = Callable[[], type[Any]]


def model_of(schema: type) -> type[Any]:
    """A model with an index, and with: an optional number with a default, one that allows no None, an optional text."""

    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class ByOwner(GlobalIndex):
            name = "by-owner"
            hash_key = "owner"
            projection = ProjectKeys()

        class ByKind(GlobalIndex):
            name = "by-kind"
            hash_key = "kind"
            projection = ProjectKeys()

        Schema = schema

    return Thing


def in_pydantic() -> type[Any]:
    class Schema:
        id: str
        name: str
        limit: int | None = 100
        count: int = 0
        note: str | None = None
        owner: str | None = None
        kind: str | None = "book"
        notes: dict[str, int | None] = {}  # noqa: RUF012 - a schema, which copies it

    return model_of(Schema)


def in_marshmallow() -> type[Any]:
    class Schema:
        id = marshmallow_fields.String(required=True)
        name = marshmallow_fields.String(required=True)
        limit = marshmallow_fields.Integer(load_default=100, dump_default=100, allow_none=True, data_key="Limit")
        count = marshmallow_fields.Integer(load_default=lambda: 0)
        note = marshmallow_fields.String(dump_default="")
        owner = marshmallow_fields.String()
        kind = marshmallow_fields.String(load_default="book", allow_none=True)
        notes = marshmallow_fields.Dict(
            marshmallow_fields.String(), marshmallow_fields.Integer(allow_none=True), load_default=dict
        )

    return model_of(Schema)


def in_schematics() -> type[Any]:
    class Schema:
        id = types.StringType(required=True)
        name = types.StringType(required=True)
        limit = types.IntType(default=100, serialized_name="Limit")
        count = types.IntType(required=True, default=lambda: 0)
        note = types.StringType()
        owner = types.StringType()
        kind = types.StringType(default="book")
        notes = types.DictType(types.IntType, default=dict)

    return model_of(Schema)


@pytest.fixture(params=["fast", "slow"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are made on each adapter's fast path, and off it."""
    if request.param == "slow":
        monkeypatch.setenv("DYNAMORM_SCHEMA_FAST_PATH", "0")


@pytest.fixture(params=[in_pydantic, in_marshmallow, in_schematics])
def define(request: pytest.FixtureRequest, path: None) -> Definition:
    definition: Definition = request.param
    return definition


@pytest.fixture
def model(define: Definition, sqlite_memory: Backend) -> Iterator[Any]:
    with dynamorm.using(sqlite_memory):
        model = define()
        table_of(model).create_table()
        yield model


KEY: dict[str, Any] = {"id": "1", "name": "x"}


def stored(model: Any) -> dict[str, Any]:
    item = table_of(model).get(id="1", consistent=True) or {}
    return {name.lower(): value for name, value in item.items()}


def read(model: Any) -> Any:
    thing = model.get(id="1", consistent=True)
    assert thing is not None
    return thing


def put_raw(backend: Backend, item: dict[str, Any]) -> None:
    """Put an item with NULLs, as another program may write it."""
    backend.execute(PutItem("things", item))


def save(model: Any, **values: Any) -> None:
    model(**{**KEY, **values}).save()


def save_later(model: Any, **values: Any) -> None:
    thing = model(**KEY, limit=5, note="x")
    thing.save()
    for name, value in values.items():
        setattr(thing, name, value)
    thing.save()


def save_in_part(model: Any, **values: Any) -> None:
    model(**KEY, limit=5, note="x").save()
    thing = read(model)
    for name, value in values.items():
        setattr(thing, name, value)
    thing.save(partial=True)
    assert {name: getattr(thing, name) for name in values} == dict.fromkeys(values)


def save_in_transaction(model: Any, **values: Any) -> None:
    model(**KEY, limit=5, note="x").save()
    thing = read(model)
    for name, value in values.items():
        setattr(thing, name, value)
    with dynamorm.transaction() as tx:
        tx.save(thing, partial=True)
    assert {name: getattr(thing, name) for name in values} == dict.fromkeys(values)


def put(model: Any, **values: Any) -> None:
    model.put({**KEY, **values})


def put_batch(model: Any, **values: Any) -> None:
    model.put_batch({**KEY, **values})


def put_in_transaction(model: Any, **values: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.put(model, {**KEY, **values})


def update(model: Any, **values: Any) -> None:
    model(**KEY, limit=5, note="x").save()
    thing = read(model)
    thing.update(**values)
    assert {name: getattr(thing, name) for name in values} == dict.fromkeys(values)


def update_item(model: Any, **values: Any) -> None:
    model(**KEY, limit=5, note="x").save()
    model.update_item(id="1", **values)


def update_in_transaction(model: Any, **values: Any) -> None:
    model(**KEY, limit=5, note="x").save()
    with dynamorm.transaction() as tx:
        tx.update(model, id="1", **values)


WRITES = [
    save,
    save_later,
    save_in_part,
    save_in_transaction,
    put,
    put_batch,
    put_in_transaction,
    update,
    update_item,
    update_in_transaction,
]
each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)


@each_write
def test_an_explicit_none_is_none_when_it_is_read(model: Any, write: Callable[..., None]) -> None:
    write(model, limit=None, note=None, owner=None)
    item = stored(model)
    assert item["limit"] is None
    assert item.keys().isdisjoint({"note", "owner"})
    thing = read(model)
    assert (thing.limit, thing.note, thing.owner, thing.count) == (None, None, None, 0)
    assert next(iter(model.scan())).limit is None
    # It stays so whatever else is written.
    thing.name = "y"
    thing.save()
    thing.count = 2
    thing.save(partial=True)
    assert stored(model)["limit"] is None
    assert (read(model).limit, thing.limit) == (None, None)


@each_write
def test_none_is_refused_where_it_would_be_read_as_the_default(model: Any, write: Callable[..., None]) -> None:
    for name in ("count", "kind"):
        with pytest.raises(ValidationError, match=f"update\\({name}__remove=True\\)"):
            write(model, **{name: None})
    with pytest.raises((ValidationError, InvalidKey, InvalidUpdate), match="name"):
        write(model, name=None)


def test_none_inside_is_stored_as_null(model: Any) -> None:
    model(**KEY, notes={"a": None, "b": 1}).save()
    assert stored(model)["notes"] == {"a": None, "b": 1}
    thing = read(model)
    assert thing.notes == {"a": None, "b": 1}
    thing.notes["b"] = None
    thing.save(partial=True)
    thing.update(notes__c=None)
    assert stored(model)["notes"] == read(model).notes == thing.notes == {"a": None, "b": None, "c": None}


def limit_of(model: Any) -> str:
    """The attribute of the field "limit"."""
    return "Limit" if hasattr(model.Schema, "_declared_fields") or hasattr(model.Schema, "_schema") else "limit"


def test_a_stored_null_is_read_as_none_where_the_schema_allows_it(model: Any, sqlite_memory: Backend) -> None:
    put_raw(sqlite_memory, {**KEY, limit_of(model): None, "count": None, "note": None, "other": None})
    thing = read(model)
    assert (thing.limit, thing.count, thing.note) == (None, 0, None)
    (part,) = model.scan().specific_attributes(["id", "limit", "count"])
    assert (part.limit, part.count) == (None, None)
    thing.save(partial=True)
    assert stored(model) == {**KEY, "limit": None, "count": None, "note": None, "other": None}


def test_after_a_removal_the_instance_has_what_the_next_read_gives(model: Any) -> None:
    names = ("limit", "count", "note", "kind", "notes")
    removal: dict[str, Any] = {f"{name}__remove": True for name in names}

    def values(thing: Any) -> dict[str, Any]:
        return {name: getattr(thing, name) for name in names}

    def removed_by(change: Callable[[Any], None]) -> None:
        model(**KEY, limit=5, count=5, note="x", kind="film", notes={"a": 1}).save()
        thing = read(model)
        change(thing)
        assert values(thing) == values(read(model)) == expected
        written = stored(model)
        thing.save(partial=True)
        assert stored(model) == written

    def in_transaction(thing: Any) -> None:
        with dynamorm.transaction() as tx:
            tx.update(thing, **removal)

    def return_all(thing: Any) -> None:
        model.update_item(id="1", **removal)
        thing.name = "y"
        thing.save(partial=True, return_all=True)

    expected: dict[str, Any] = {"limit": 100, "count": 0, "note": None, "kind": "book", "notes": {}}
    removed_by(lambda thing: thing.update(**removal))
    removed_by(in_transaction)
    removed_by(return_all)
    thing = read(model)
    thing.save()
    assert read(model).limit == 100


NULL = pytest.mark.moto_differs("moto's message about an operand of the wrong type does not say that it is NULL")


def ids(found: Any) -> str:
    return "".join(sorted(thing.id for thing in found))


@pytest.mark.moto_differs("moto treats a missing attribute as null")
@pytest.mark.parametrize("define", [in_pydantic, in_marshmallow, in_schematics])
def test_conditions_hold_where_the_field_is_read_as_none(define: Definition, connected: Backend) -> None:
    model = define()
    table_of(model).create_table()
    limit = limit_of(model)
    put_raw(connected, {**KEY, "id": "a"})
    put_raw(connected, {**KEY, "id": "b", limit: None, "count": None, "note": None, "notes": {"x": None}})
    put_raw(connected, {**KEY, "id": "c", limit: 1, "count": 1, "note": "n", "notes": {"x": 1}})
    cases = {
        "limit": "b",
        "note": "ab",
        "count": "",
        "owner": "abc",
        "name": "",
    }
    for name, expected in cases.items():
        field = getattr(model, name)
        others = "".join(sorted(set("abc") - set(expected)))
        assert ids(model.scan(**{name: None})) == ids(model.scan(field == None)) == expected  # noqa: E711
        assert ids(model.scan(**{f"{name}__ne": None})) == ids(model.scan(field != None)) == others  # noqa: E711
        assert ids(model.scan(~Q(**{name: None}))) == others
        assert ids(model.scan(**{f"{name}__in": [None]})) == expected
    # Each is what the instances say.
    for name in cases:
        assert ids(model.scan(**{name: None})) == ids(t for t in model.scan() if getattr(t, name) is None)
    assert ids(model.scan(limit__in=[None, 1])) == "bc"
    assert ids(model.scan(note__in=["n", None])) == "abc"
    assert ids(model.query(id="a", note=None)) == "a"
    assert ids(model.scan(model.notes["x"] == None)) == "b"  # noqa: E711
    # DynamoDB's own functions are about the attribute.
    assert ids(model.scan(note__exists=True)) == "bc"
    assert ids(model.scan(note__not_exists=True)) == ids(model.scan(note__exists=False)) == "a"
    assert ids(model.scan(note__type="NULL")) == "b"


@pytest.mark.parametrize("define", [in_pydantic, in_marshmallow, in_schematics])
def test_conditions_of_writes_take_none(define: Definition, connected: Backend) -> None:
    model = define()
    table_of(model).create_table()
    model.put(KEY, conditions={"id": None})
    with pytest.raises(ConditionFailed):
        model.put(KEY, conditions={"id": None})
    thing = read(model)
    thing.update(owner="me", conditions={"owner": None})
    with pytest.raises(ConditionFailed):
        model.update_item(id="1", owner="you", conditions=model.owner == None)  # noqa: E711
    with dynamorm.transaction() as tx:
        tx.update(model, id="1", owner=None, conditions={"owner__ne": None})
    with pytest.raises(ConditionFailed):
        thing.delete(conditions={"limit": None})
    thing.update(limit=None, conditions={"owner": None})
    thing.delete(conditions={"limit": None})
    assert model.get(id="1", consistent=True) is None


def test_a_key_is_not_compared_with_none(model: Any) -> None:
    for target, key in ((model, "id"), (model.ByOwner, "owner")):
        with pytest.raises(InvalidKey, match="NoneType"):
            list(target.query(**{key: None}))
    with pytest.raises((ValidationError, InvalidKey), match="id"):
        model.put({"id": None, "name": "x"})


@pytest.mark.parametrize("define", [in_pydantic, in_marshmallow, in_schematics])
@pytest.mark.parametrize("change", ["add", pytest.param("plus", marks=NULL), pytest.param("minus", marks=NULL)])
def test_a_null_is_no_number(define: Definition, change: str, connected: Backend) -> None:
    model = define()
    table_of(model).create_table()
    model(**KEY, limit=None).save()
    thing, changes = read(model), dict[str, Any]({f"limit__{change}": 1})
    with pytest.raises(InvalidUpdate, match=f"{limit_of(model)}.*NULL"):
        thing.update(**changes)
    with pytest.raises(InvalidUpdate, match="NULL"), dynamorm.transaction() as tx:
        tx.update(model, id="1", **changes)
    assert read(model).limit is None


class Filled(DynaModel):
    class Table:
        name = "filled"
        hash_key = "id"

    class Schema:
        id: str
        labels: set[str]
        more: set[str] = {"x"}  # noqa: RUF012 - a schema, which copies it
        some: set[str] = set()  # noqa: RUF012
        any: set[str] | None = None


FILLED: dict[str, Any] = {"id": "1", "labels": {"a"}, "more": {"b"}, "some": {"c"}, "any": {"d"}}


def test_a_required_set_that_loses_its_last_element_is_refused(recorder: RecordingBackend) -> None:
    table_of(Filled).create_table()
    Filled(**FILLED).save()
    thing: Any = Filled.get(id="1")
    recorder.sent.clear()

    def in_transaction(verb: str, *args: Any, **keywords: Any) -> None:
        with dynamorm.transaction() as tx:
            getattr(tx, verb)(*args, **keywords)

    def refuses() -> None:
        empty: dict[str, Any] = {name: set()}
        calls: list[Callable[[], object]] = [
            thing.save,
            lambda: thing.save(partial=True),
            lambda: in_transaction("save", thing),
            lambda: in_transaction("save", thing, partial=True),
            lambda: Filled.put({**FILLED, name: set()}),
            lambda: Filled.put_batch({**FILLED, name: set()}),
            lambda: in_transaction("put", Filled, {**FILLED, name: set()}),
            lambda: Filled.update_item(id="1", **empty),
            lambda: thing.update(**empty),
        ]
        for call in calls:
            with pytest.raises(InvalidValue, match=f"'{name}' is an empty set"):
                call()

    for name in ("labels", "more", "any"):
        getattr(thing, name).clear()
        refuses()
        getattr(thing, name).update(FILLED[name])
    for call in (
        lambda: thing.update(labels__delete={"a", "z"}),
        lambda: in_transaction("update", thing, labels__delete={"a"}),
    ):
        with pytest.raises(InvalidValue, match="'labels' is an empty set"):
            call()
    assert recorder.sent == []
    thing.update(more__delete={"b"}, some__delete={"c"}, any__delete={"d"})
    found: Any = Filled.get(id="1")
    assert (thing.more, thing.some, thing.any) == (found.more, found.some, found.any) == ({"x"}, set(), None)


@pytest.mark.parametrize("save", ["alone", "in a transaction"])
def test_a_set_that_is_cleared_is_an_empty_set(connected: Backend, save: str) -> None:
    table_of(Filled).create_table()
    Filled(**FILLED).save()
    thing: Any = Filled.get(id="1")
    thing.some.clear()
    if save == "alone":
        thing.save(partial=True)
    else:
        with dynamorm.transaction() as tx:
            tx.save(thing, partial=True)
    found: Any = Filled.get(id="1", consistent=True)
    assert (thing.some, found.some) == (set(), set())
    thing.some.add("z")
    thing.save(partial=True)
    assert table_of(Filled).get(id="1", consistent=True) == {**FILLED, "some": {"z"}}

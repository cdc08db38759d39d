"""Sets, in each schema library's way of writing them, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields as marshmallow_fields
from schematics import types

import dynamorm
from dynamorm import DynaModel, Q
from dynamorm.exceptions import InvalidValue, StaleItem
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class MarshmallowSet(marshmallow_fields.List):  # type: ignore[type-arg] # generic in Marshmallow 4 only
    """What Marshmallow's users write, as it has no field for sets."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else set(super()._serialize(list(value), attr, obj, **kwargs) or ())

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return set(super()._deserialize(list(value), attr, data, **kwargs))


class SchematicsSet(types.BaseType):  # type: ignore[misc] # it has no annotations
    """What Schematics' users write, as it has no type for sets."""

    def to_native(self, value: Any, context: Any = None) -> Any:
        return set(value)

    def to_primitive(self, value: Any, context: Any = None) -> Any:
        return set(value)


class InMarshmallow(DynaModel):
    class Table:
        name = "in-marshmallow"
        hash_key = "id"

    class Schema:
        id = marshmallow_fields.String(required=True)
        tags = MarshmallowSet(marshmallow_fields.Raw())


class InRaw(DynaModel):
    class Table:
        name = "in-raw"
        hash_key = "id"

    class Schema:
        id = marshmallow_fields.String(required=True)
        tags = marshmallow_fields.Raw()


class InSchematics(DynaModel):
    class Table:
        name = "in-schematics"
        hash_key = "id"

    class Schema:
        id = types.StringType(required=True)
        tags = SchematicsSet()


class InPydantic(DynaModel):
    class Table:
        name = "in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        tags: set[int | str | bytes] | None = None


class InFrozenPydantic(DynaModel):
    class Table:
        name = "in-frozen-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        tags: frozenset[int | str | bytes] | None = None


MODELS = (InMarshmallow, InRaw, InSchematics, InPydantic, InFrozenPydantic)
each_way = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@each_way
def test_a_set_is_stored_added_to_and_taken_from(model: type[DynaModel], connected: Backend) -> None:
    table_of(model).create_table()
    for first, second, third in (("a", "b", "c"), (1, 2, 3), (b"a", b"b", b"\xff")):
        model(id="1", tags={first, second}).save()
        assert table_of(model).get(id="1") == {"id": "1", "tags": {first, second}}
        model.update_item(id="1", tags__add={third}, conditions=Q(tags__contains=first, tags__size=2))
        (found,) = model.scan(Q(tags={first, second, third}), tags__contains=third)
        assert found.tags == {first, second, third}
        found.update(tags__delete={first})
        assert found.tags == {second, third}
        found.tags = {third}
        found.save(partial=True)
        assert table_of(model).get(id="1") == {"id": "1", "tags": {third}}
        found.update(tags__delete={third})
        assert found.tags is None
        assert table_of(model).get(id="1") == {"id": "1"}


def _save_in_transaction(instance: DynaModel) -> None:
    with dynamorm.transaction() as tx:
        tx.save(instance, partial=True)


#: What two programs make of the set {"a", "b"}, and what it is then; ``None``: the second one is refused.
MADE: dict[str, tuple[set[str] | None, set[str] | None, set[str] | None]] = {
    "add, add": ({"a", "b", "x"}, {"a", "b", "y"}, {"a", "b", "x", "y"}),
    "delete, delete": ({"a"}, {"b"}, set()),
    "add, delete": ({"a", "b", "x"}, {"a"}, {"a", "x"}),
    "delete, add": ({"a"}, {"a", "b", "x"}, {"a", "x"}),
    "delete, the same": ({"a"}, {"a"}, {"a"}),
    "replace, add": ({"z"}, {"a", "b", "y"}, {"z", "y"}),
    "add, replace": ({"a", "b", "x"}, {"z"}, None),
    "add, none": ({"a", "b", "x"}, None, None),
    "none, add": (None, {"a", "b", "y"}, {"y"}),
}


@each_way
@pytest.mark.parametrize("save", [lambda instance: instance.save(partial=True), _save_in_transaction])
def test_two_programs_change_one_set(
    model: type[DynaModel], save: Callable[[DynaModel], None], connected: Backend
) -> None:
    table_of(model).create_table()
    seen: dict[str, object] = {}
    for name, (first, second, _) in MADE.items():
        model(id="1", tags={"a", "b"}).save()
        mine, theirs = model.get(id="1"), model.get(id="1")
        assert mine is not None
        assert theirs is not None
        mine.tags, theirs.tags = first, second
        save(mine)
        try:
            save(theirs)
            seen[name] = (table_of(model).get(id="1") or {}).get("tags", set())
        except StaleItem:
            seen[name] = None
    assert seen == {name: expected for name, (_, _, expected) in MADE.items()}


@each_way
def test_two_programs_begin_one_set(model: type[DynaModel], connected: Backend) -> None:
    table_of(model).create_table()
    model(id="1").save()
    mine, theirs = model.get(id="1"), model.get(id="1")
    assert mine is not None
    assert theirs is not None
    mine.tags, theirs.tags = {"x"}, {"y"}
    mine.save(partial=True)
    theirs.save(partial=True)
    assert theirs.tags == {"x", "y"}
    assert table_of(model).get(id="1") == {"id": "1", "tags": {"x", "y"}}


@each_way
@pytest.mark.parametrize(
    ("tags", "words"),
    [(set(), "'tags' is an empty set"), ({1, "s3cr3t"}, "'tags' is a set of mixed types")],
    ids=["empty", "mixed"],
)
def test_a_set_that_is_none_to_dynamodb_is_refused(
    model: type[DynaModel], tags: set[Any], words: str, recorder: RecordingBackend
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: model.put({"id": "1", "tags": tags}),
        lambda: model(id="1", tags=tags).save(),
        lambda: model(id="1", tags=tags).save(partial=True),
        lambda: model.update_item(id="1", tags=tags),
        lambda: model.update_item(id="1", tags__if_not_exists=tags),
        lambda: model.update_item(id="1", tags__add=tags),
        lambda: model.update_item(id="1", tags__delete=tags),
        lambda: model.scan(tags=tags),
        lambda: model.put({"id": "1"}, conditions=Q(tags__ne=tags)),
    ]
    for call in calls:
        with pytest.raises(InvalidValue, match=words) as raised:
            call()
        assert "s3cr3t" not in str(raised.value)
    assert recorder.sent == []


class NestedInPydantic(DynaModel):
    class Table:
        name = "nested-sets-in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        below: dict[str, list[set[str]]] | None = None


class NestedInMarshmallow(DynaModel):
    class Table:
        name = "nested-sets-in-marshmallow"
        hash_key = "id"

    class Schema:
        id = marshmallow_fields.String(required=True)
        below = marshmallow_fields.Dict(values=marshmallow_fields.List(MarshmallowSet(marshmallow_fields.Raw())))


class NestedInSchematics(DynaModel):
    class Table:
        name = "nested-sets-in-schematics"
        hash_key = "id"

    class Schema:
        id = types.StringType(required=True)
        below = types.DictType(types.ListType(SchematicsSet()))


@pytest.mark.parametrize("model", [NestedInPydantic, NestedInMarshmallow, NestedInSchematics])
def test_an_empty_set_below_is_refused_with_its_path(model: type[DynaModel], recorder: RecordingBackend) -> None:
    below: dict[str, list[set[str]]] = {"a": [{"x"}, set()]}
    instance = model(id="1", below=below)
    words = r"Attribute 'below\.a\[1\]' is an empty set, .* Leave an empty set out, store None in its place, or use a"
    for refused in (
        instance.save,
        lambda: instance.save(partial=True),
        lambda: model.put({"id": "1", "below": below}),
        lambda: model.put_batch({"id": "1", "below": below}),
        lambda: model.update_item(id="1", below=below),
        lambda: model.scan(below=below).count(),
    ):
        with pytest.raises(InvalidValue, match=words):
            refused()
    with pytest.raises(InvalidValue, match=r"'below\.a\[0\]' is an empty set"):
        model.update_item(id="1", below__a__append=[set()])
    assert recorder.sent == []

"""Whatever way an item is written, its keys are those that a put of its fields writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm import DynaModel, GlobalIndex, Key, LocalIndex, ProjectAll, ProjectInclude, Q, transaction, using
from dynamorm.data import Scan
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields

FIRST = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
#: An item is told by its owner and its number.
KEYS = [{"owner": owner, "number": number} for owner in "ab" for number in (1, 2)]


def document_model() -> Any:
    """Return a model whose indexes depend on most of its fields, some on the same ones."""

    class Document(DynaModel):
        class Table:
            name = "documents"
            hash_key = Key("OWNER#{owner}")
            range_key = Key("DOC#{number:04d}")

        class ByState(GlobalIndex):
            name = "by-state"
            hash_key = Key("STATE#{state}", attribute="gsi1pk")
            range_key = Key("{changed}#{state}#{owner}", attribute="gsi1sk")
            projection = ProjectAll()
            only_if = Q(hidden=None) | Q(hidden=False)

        class ByPlace(GlobalIndex):
            name = "by-place"
            hash_key = Key("PLACE#{place.city}", attribute="gsi2pk")
            range_key = Key("{place.street}#{rank:03d}", attribute="gsi2sk")
            projection = ProjectInclude("state")
            only_if = Q(tags__contains="public")

        class ByNumber(GlobalIndex):
            name = "by-number"
            hash_key = Key("NUMBER#{number:04d}", attribute="gsi3pk")
            range_key = "rank"
            projection = ProjectAll()

        class OfOwner(LocalIndex):
            name = "of-owner"
            hash_key = Key("OWNER#{owner}")
            range_key = Key("{state}", attribute="lsi1sk")
            projection = ProjectAll()

        class Schema:
            owner = fields.text(required=True)
            number = fields.integer(required=True)
            state = fields.text()
            changed = fields.instant()
            hidden = fields.boolean()
            rank = fields.integer()
            tags = fields.list_of(fields.text())
            place = fields.nested({"city": fields.text(), "street": fields.text()})
            title = fields.text()

    return Document


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "state": st.sampled_from([None, "new", "old"]),
    "changed": st.sampled_from([None, FIRST, FIRST + timedelta(days=1)]),
    "hidden": st.sampled_from([None, True, False]),
    "rank": st.sampled_from([None, 0, 7]),
    "tags": st.sampled_from([None, [], ["public"], ["x", "public"], ["x"]]),
    "place": st.sampled_from(
        [None, {"city": "Oslo"}, {"city": "Oslo", "street": "Gata"}, {"city": "Rome", "street": "S"}]
    ),
    "title": st.sampled_from([None, "t"]),
}
CHANGES = st.fixed_dictionaries({}, optional=VALUES)
WAYS = ("save", "partial save", "update", "update in a transaction", "update by key", "new instance", "put", "delete")
STEPS = st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(KEYS), CHANGES), min_size=1, max_size=8)


SUCCESSIVE: tuple[dict[str, Any], ...] = (
    {"changed": FIRST},
    {"rank": 3, "tags": ["public"]},
    {"place": {"city": "Oslo", "street": "Gata"}},
    {"state": "old", "hidden": True},
    {"place": {"city": "Rome", "street": "Gata"}},
    {"hidden": None},
)


def write(model: Any, way: str, key: dict[str, Any], changes: dict[str, Any]) -> None:
    """Write *changes* of the item with this *key* in one of the *ways*."""
    instance = model.get(**key)
    if way == "new instance" and instance is None:
        model(**key, **changes).save(partial=True)
    elif way == "update by key":
        others = {name: getattr(instance, name, None) for name in VALUES if name not in changes}
        model.update_item(**key, **changes, known=others)
    elif way == "put":
        model.put({**key, **changes})
    elif instance is None:
        model.update_item(**key, **{name: changes[name] for name in changes if name == "title"})
    elif way == "delete":
        instance.delete()
    elif way == "update":
        instance.update(**changes)
    elif way == "update in a transaction":
        with transaction() as tx:
            tx.update(instance, **changes)
    else:
        for name, value in changes.items():
            setattr(instance, name, value)
        instance.save(partial=way == "partial save")


def items(backend: Backend) -> list[dict[str, Any]]:
    return [dict(item) for item in backend.execute(Scan("documents")).items]


@settings(max_examples=60)
@given(steps=STEPS)
def test_keys_are_those_of_a_put(steps: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
    model = document_model()
    with using("sqlite:///:memory:") as connection:
        model.Table.create_table()
        for way, key, changes in steps:
            write(model, way, key, changes)
            assert_as_if_put(model, items(connection.backend))


def assert_as_if_put(model: Any, found: list[dict[str, Any]]) -> None:
    """Check that *found* items are those that a put of their fields writes into another table."""
    names = {field.attribute for field in model._mapper.adapter.fields.values()}
    with using("sqlite:///:memory:") as other:
        model.Table.create_table()
        for item in found:
            model.new_from_raw({name: value for name, value in item.items() if name in names}).save()
        put = items(other.backend)
    assert [keys_of(item, names) for item in found] == [keys_of(item, names) for item in put]


def keys_of(item: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def test_an_instance_knows_its_keys_after_each_of_its_updates() -> None:
    model = document_model()
    with using("sqlite:///:memory:") as connection:
        model.Table.create_table()
        document = model(owner="a", number=1, state="new")
        document.save(partial=True)
        for number, changes in enumerate(SUCCESSIVE):
            if number % 2:
                document.update(**changes)
            else:
                with transaction() as tx:
                    tx.update(document, **changes)
            assert_as_if_put(model, items(connection.backend))
            document.title = str(number)
            document.save(partial=True)
            assert document._dynamorm_snapshot.item == items(connection.backend)[0]

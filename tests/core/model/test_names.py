"""Names: what 1.0 and later versions add gives way to a model's fields, back references, methods and mixins."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ManyToOne, OneToMany, ProjectAll, verbs
from dynamorm.exceptions import DynaModelException
from dynamorm.model.names import DOCUMENTED
from dynamorm.model.verbs.batches import WriteBatch
from dynamorm.model.verbs.transactions import Transaction
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

# Pydantic says so of fields that hide one of its own methods.
pytestmark = pytest.mark.filterwarnings("ignore:Field name .* shadows an attribute")

#: The metaclass of models, for those that are made in another way than by a class statement.
META: Any = type(DynaModel)

#: Names that 1.0 has or will have, and that programs have used: as fields, methods and relationships.
LATER = (
    "acopy",
    "acreate",
    "adelete",
    "aget",
    "aput",
    "arefresh",
    "asave",
    "aupdate",
    "copy",
    "create",
    "delete_batch",
    "delete_item",
    "dict",
    "exists",
    "explain",
    "first",
    "get_or_create",
    "json",
    "list",
    "model",
    "move",
    "mro",
    "part",
    "refresh",
    "relationships",
    "table",
    "to_json",
)
#: Every name of a model that 0.11 did not document, whatever has been added since.
ADDED = sorted({name for name in dir(DynaModel) if not name.startswith("_")} - DOCUMENTED)
ALL = sorted({*LATER, *ADDED})


class Crowded(DynaModel):
    class Table:
        name = "crowded"
        hash_key = "id"

    class ByCopy(GlobalIndex):
        name = "by-copy"
        hash_key = "copy"
        projection = ProjectAll()

    Schema = type("Schema", (), {"id": fields.text(required=True), **{name: fields.text() for name in ALL}})


def test_what_0_11_documented_never_grows() -> None:
    assert len(DOCUMENTED) == 16


def test_every_verb_works_with_fields_of_every_later_name(recorder: RecordingBackend) -> None:
    table_of(Crowded).create_table()
    model: Any = Crowded
    values = {"id": "1", **dict.fromkeys(ALL, "value")}
    verbs.put(Crowded, values)
    verbs.put_unique(Crowded, {**values, "id": "2"})
    verbs.put_batch(Crowded, {**values, "id": "3"}, {**values, "id": "4"})
    found: Any = verbs.get(Crowded, consistent=True, id="1")
    assert {name: getattr(found, name) for name in ALL} == dict.fromkeys(ALL, "value")
    assert verbs.exists(Crowded, "1")
    same: Any = verbs.get_or_create(Crowded, "1", defaults={"copy": "x"})[0]
    assert same.copy == "value"
    assert verbs.validate(found) == verbs.to_dict(found) == verbs.to_dict(found, native=True) == values
    found.copy = "other"
    verbs.save(found, partial=True)
    verbs.update(found, move="moved", conditions={"exists": "value"})
    assert verbs.update_item(Crowded, id="1", json="j", update_item_kwargs={"ReturnValues": "UPDATED_NEW"}) == {
        "Attributes": {"json": "j"}
    }
    assert [each.id for each in verbs.query(Crowded, id="1", copy="other", move="moved")] == ["1"]
    assert sorted(each.id for each in verbs.scan(Crowded, model.refresh == "value")) == ["1", "2", "3", "4"]
    assert [each.id for each in verbs.get_batch(Crowded, [{"id": "2"}], attrs="id, copy")] == ["2"]
    assert [each.id for each in Crowded.ByCopy.query(copy="other")] == ["1"]
    assert verbs.copy(found, id="5").move == "moved"
    verbs.refresh(found)
    verbs.move(found, id="1.1")
    verbs.move(found, id="1")
    verbs.delete_batch(Crowded, {"id": "3"})
    assert verbs.delete_item(Crowded, id="4") is None
    verbs.delete(found)
    assert verbs.from_image(Crowded, None) is None
    assert verbs.to_dict(verbs.from_json(Crowded, verbs.to_json(found))) == verbs.to_dict(found)
    if type(found)._mapper.adapter.has_objects:
        assert verbs.to_dict(verbs.from_schema(Crowded, verbs.to_schema(found))) == verbs.to_dict(found)
    made: Any = verbs.new_from_raw(Crowded, values)
    verbs.save(made, unique=False)
    assert sorted(each.id for each in Crowded.scan()) == ["1", "2"]
    with dynamorm.transaction() as transaction:
        transaction.update(made, copy="again")
    with dynamorm.batch() as batch:
        batch.delete(Crowded, id="2")
    assert [each.copy for each in model.scan()] == ["again"]


def test_functions_are_the_verbs() -> None:
    public = {name for name in dir(DynaModel) if not name.startswith("_")} - {"Table", "Schema"}
    assert public == set(verbs.__all__)
    explanation = dynamorm.explain(verbs.put, Crowded, {"id": "1"})
    assert str(explanation) == str(dynamorm.explain(Crowded.put, {"id": "1"}))


@pytest.mark.one_schema_library
@pytest.mark.parametrize("name", ALL)
def test_methods_of_mixins_and_models_are_kept(name: str) -> None:
    mixin = type("Mixin", (), {name: lambda self: "the mixin's"})
    body = {"__module__": __name__, "__qualname__": "Child"}
    last: Any = META("Child", (Plain, mixin), dict(body))
    first: Any = META("Child", (mixin, Plain), dict(body))
    own: Any = META("Child", (Plain,), {**body, name: lambda self: "its own"})
    grandchild: Any = META("Grandchild", (last,), dict(body))
    assert getattr(first(id="1"), name)() == getattr(last(id="1"), name)() == "the mixin's"
    assert getattr(own(id="1"), name)() == "its own"
    assert getattr(grandchild(id="1"), name)() == "the mixin's"


class Plain(DynaModel):
    class Table:
        name = "plain"
        hash_key = "id"

    class Schema:
        id = fields.text()
        other = fields.text()


@pytest.mark.one_schema_library
def test_names_that_0_11_documented_stay_the_verbs_before_a_mixin() -> None:
    class Mixin:
        def save(self) -> str:
            return "the mixin's"

    class Mixed(Plain, Mixin):  # type: ignore[misc]
        pass

    assert Mixed.save is DynaModel.save


@pytest.mark.one_schema_library
@pytest.mark.parametrize("name", [*ALL, "place"])
def test_relationships_and_back_references_may_have_every_later_name(name: str) -> None:
    class Other(Plain):
        pass

    relationship: Any = ManyToOne(
        Other,
        query=lambda box: {"id": box.other},
        back_query=lambda other: {"id": other.id},
        back_reference=lambda _: name,
    )
    body = {"__module__": __name__, "__qualname__": "Box", name: relationship}
    box: Any = META("Box", (Plain,), body)
    assert getattr(box, name) is relationship
    assert isinstance(getattr(Other, name), OneToMany)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_back_reference_of_a_documented_name_is_refused(name: str) -> None:
    class Other(Plain):
        pass

    relationship: Any = ManyToOne(
        Other,
        query=lambda box: {"id": box.other},
        back_query=lambda other: {"id": other.id},
        back_reference=lambda _: name,
    )
    with pytest.raises(DynaModelException, match=f"The back reference '{name}' .* would hide an attribute of Other"):
        META("Box", (Plain,), {"__module__": __name__, "__qualname__": "Box", "related": relationship})


@pytest.mark.one_schema_library
def test_what_a_mixin_and_a_base_define_is_not_hidden_by_a_field() -> None:
    class Mixin:
        def copy(self) -> str:
            return "the mixin's"

    schema = type("Schema", (), {"id": fields.text(), "copy": fields.text()})
    for bases in ((Mixin, DynaModel), (DynaModel, Mixin)):
        with pytest.raises(
            DynaModelException, match="The field 'copy' of Book would hide an attribute of the class Book"
        ):
            META(
                "Book",
                bases,
                {
                    "__module__": __name__,
                    "Table": type("Table", (), {"name": "abc", "hash_key": "id"}),
                    "Schema": schema,
                },
            )


# Key fields with the names of parameters

_VERBS_WITH_KEYS = [
    *(verb for verb in vars(DynaModel).values() if isinstance(verb, classmethod)),
    *(
        classmethod(verb)
        for block in (Transaction, WriteBatch)
        for verb in vars(block).values()
        if inspect.isfunction(verb)
    ),
]


def _parameters_beside_keys() -> set[str]:
    found = set()
    for verb in _VERBS_WITH_KEYS:
        parameters = inspect.signature(verb.__func__).parameters.values()
        if any(each.kind is each.VAR_KEYWORD and each.name in ("key", "keywords", "lookups") for each in parameters):
            kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
            found |= {each.name for each in parameters if each.kind in kinds} - {"cls", "self"}
    return found


def _model_with_key(name: str) -> Any:
    body = {
        "Table": type("Table", (), {"name": "keys-like-parameters", "hash_key": name}),
        "Schema": type("Schema", (), {name: fields.text(required=True), "n": fields.integer()}),
    }
    return META("Keyed", (DynaModel,), body)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("name", sorted(_parameters_beside_keys()))
def test_a_key_field_named_like_a_parameter_is_refused_or_can_be_given(name: str, connected: Backend) -> None:
    if name not in ("attrs", "return_old", "defaults"):
        with pytest.raises(
            DynaModelException, match=f"The field '{name}' of Keyed would hide a parameter of the verbs"
        ):
            _model_with_key(name)
        return
    # 0.11 did not have these parameters, so that its models may have such keys.
    model = _model_with_key(name)
    model.Table.create_table()
    model.put({name: "a", "n": 1})
    assert model.get(**{name: "a"}).n == 1
    model.update_item(**{name: "a"}, n=2)
    assert [each.n for each in model.query(**{name: "a"})] == [2]
    assert [each.n for each in model.get_batch([{name: "a"}])] == [2]
    changes: Any = {name: "a", "n": 3}
    with dynamorm.transaction() as tx:
        tx.update(model, **changes)
    assert model.get(**{name: "a"}, consistent=True).n == 3
    assert model.get_or_create("b", defaults={"n": 5})[0].n == 5
    model.delete_item(**{name: "a"})
    assert model.get(**{name: "a"}) is None

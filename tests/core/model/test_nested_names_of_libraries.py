"""Names that nested schemas don't know are kept with whatever the libraries have for nested values."""

from __future__ import annotations

import copy
import dataclasses
from typing import Annotated, Any, Literal

import attrs
import marshmallow
import msgspec
import pytest
from marshmallow import fields as ma
from pydantic import BaseModel, ConfigDict, Field, model_validator
from schematics import types as st
from schematics.models import Model as SchematicsModel
from typing_extensions import TypedDict

from dynamorm import DynaModel, Key, ManyToOne, Mapped, Model, SharedTable, mapped
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

HOME = {"city": "Oslo", "phone": "555"}


def stored_in(model: type[DynaModel], item: dict[str, Any]) -> Any:
    """Store an *item* as another version of a program does, and return its instance."""
    table = table_of(model)
    table.create_table(exist_ok=True)
    table.put(copy.deepcopy(item))
    return model.get(id="1")


def written(model: type[DynaModel]) -> Any:
    return table_of(model).get(id="1")


class FrozenPlace(BaseModel):
    model_config = ConfigDict(frozen=True)
    city: str


class InPydantic(DynaModel):
    class Table:
        name = "frozen-in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        home: FrozenPlace


@attrs.frozen
class AttrsPlace:
    city: str


class InAttrs(DynaModel):
    class Table:
        name = "frozen-in-attrs"
        hash_key = "id"

    @attrs.define
    class Schema:
        id: str
        home: AttrsPlace


class MsgspecPlace(msgspec.Struct, frozen=True):
    city: str


class InMsgspec(DynaModel):
    class Table:
        name = "frozen-in-msgspec"
        hash_key = "id"

    class Schema(msgspec.Struct):
        id: str
        home: MsgspecPlace


@pytest.mark.parametrize(
    ("model", "replace"),
    [
        (InPydantic, lambda home: home.model_copy(update={"city": "Voss"})),
        (InAttrs, lambda home: attrs.evolve(home, city="Voss")),
        (InMsgspec, lambda home: msgspec.structs.replace(home, city="Voss")),
    ],
)
@pytest.mark.parametrize("partial", [False, True])
def test_objects_that_can_only_be_replaced(
    model: type[DynaModel], replace: Any, partial: bool, connected: Backend
) -> None:
    person = stored_in(model, {"id": "1", "home": HOME})
    person.home = replace(person.home)
    person.save(partial=partial)
    assert written(model) == {"id": "1", "home": {"city": "Voss", "phone": "555"}}
    person.update(home=replace(person.home))
    assert written(model) == {"id": "1", "home": {"city": "Voss", "phone": "555"}}


class OpenPlace(marshmallow.Schema):
    city = ma.String()


class InMarshmallow(DynaModel):
    class Table:
        name = "open-in-marshmallow"
        hash_key = "id"

    class Schema:
        id = ma.String(required=True)
        home = ma.Nested(OpenPlace, unknown=marshmallow.INCLUDE)
        anything = ma.Dict()


class OpenModel(BaseModel):
    model_config = ConfigDict(extra="allow")
    city: str


class Row(TypedDict, total=False):
    city: str


@dataclasses.dataclass
class Cell:
    city: str


class InPydanticOpen(DynaModel):
    class Table:
        name = "open-in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        home: OpenModel | None = None
        anything: dict[str, Any] | None = None


def test_names_that_a_nested_schema_keeps_can_be_removed(connected: Backend) -> None:
    item = {"id": "1", "home": HOME, "anything": {"a": {"b": 1, "c": 2}}}
    person = stored_in(InMarshmallow, item)
    del person.home["phone"]
    del person.anything["a"]["b"]
    person.save()
    assert written(InMarshmallow) == {"id": "1", "home": {"city": "Oslo"}, "anything": {"a": {"c": 2}}}
    other = stored_in(InPydanticOpen, item)
    del other.home.phone
    del other.anything["a"]["b"]
    other.save()
    assert written(InPydanticOpen) == {"id": "1", "home": {"city": "Oslo"}, "anything": {"a": {"c": 2}}}


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: int


class Box(BaseModel):
    kind: Literal["box"]
    width: int
    height: int = 1


class Several(DynaModel):
    class Table:
        name = "several-nested"
        hash_key = "id"

    class Schema:
        id: str
        row: Row
        cell: Cell
        shape: Annotated[Circle | Box, Field(discriminator="kind")]
        pair: tuple[int, FrozenPlace]
        either: FrozenPlace | dict[str, int]
        optional: dict[str, list[FrozenPlace]] | None = None


def test_other_types_of_nested_values(connected: Backend) -> None:
    item = {
        "id": "1",
        "row": HOME,
        "cell": HOME,
        "shape": {"kind": "circle", "radius": 1, "colour": "red"},
        "pair": [1, HOME],
        "either": HOME,
        "optional": {"a": [HOME, HOME]},
    }
    thing = stored_in(Several, item)
    thing.row["city"] = "Voss"
    thing.cell.city = "Voss"
    thing.save()
    changed = {"city": "Voss", "phone": "555"}
    assert written(Several) == {**item, "row": changed, "cell": changed}
    thing.shape = Box(kind="box", width=2)
    thing.save()
    assert written(Several)["shape"] == {"kind": "box", "width": 2, "height": 1, "colour": "red"}


class SchematicsPlace(SchematicsModel):  # type: ignore[misc] # it has no annotations
    city = st.StringType()


class SchematicsBox(SchematicsModel):  # type: ignore[misc] # it has no annotations
    width = st.IntType(required=True)


class Tagged(msgspec.Struct, tag="circle"):
    radius: int


class TaggedBox(msgspec.Struct, tag="box"):
    width: int


@attrs.define
class AttrsBox:
    width: int


class ManyInMarshmallow(DynaModel):
    class Table:
        name = "choices-in-marshmallow"
        hash_key = "id"

    class Schema:
        id = ma.String(required=True)
        title = ma.String()
        one = ma.Nested(OpenPlace(unknown=marshmallow.EXCLUDE))
        many = ma.Nested(OpenPlace, many=True)
        pair = ma.Tuple((ma.Integer(), ma.Nested(OpenPlace)))
        deep = ma.Dict(values=ma.List(ma.Nested(OpenPlace)))


class ChoicesInSchematics(DynaModel):
    class Table:
        name = "choices-in-schematics"
        hash_key = "id"

    class Schema:
        id = st.StringType(required=True)
        title = st.StringType()
        one = st.PolyModelType([SchematicsPlace, SchematicsBox])
        many = st.ListType(st.ModelType(SchematicsPlace))
        deep = st.DictType(st.ListType(st.ModelType(SchematicsPlace)))


class ChoicesInMsgspec(DynaModel):
    class Table:
        name = "choices-in-msgspec"
        hash_key = "id"

    class Schema(msgspec.Struct):
        id: str
        tagged: Tagged | TaggedBox
        row: Row
        cell: Cell
        pair: tuple[int, MsgspecPlace]
        many: list[MsgspecPlace]
        deep: dict[str, list[MsgspecPlace]]
        title: str | None = None


class ChoicesInAttrs(DynaModel):
    class Table:
        name = "choices-in-attrs"
        hash_key = "id"

    @attrs.define
    class Schema:
        id: str
        one: AttrsPlace | AttrsBox
        pair: tuple[int, AttrsPlace]
        many: list[AttrsPlace]
        deep: dict[str, list[AttrsPlace]]
        title: str | None = None


VALUES: dict[str, Any] = {
    "one": HOME,
    "many": [HOME, HOME],
    "pair": [1, HOME],
    "deep": {"a": [HOME]},
    "tagged": {"type": "circle", "radius": 1, "colour": "red"},
    "row": HOME,
    "cell": HOME,
}


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("model", [ManyInMarshmallow, ChoicesInSchematics, ChoicesInMsgspec, ChoicesInAttrs])
def test_nested_values_below_all_that_libraries_have(model: type[DynaModel], partial: bool, connected: Backend) -> None:
    item = {"id": "1", **{name: value for name, value in VALUES.items() if hasattr(model, name)}}
    found = stored_in(model, item)
    assert len(item) > 3
    found.title = "x"
    found.save(partial=partial)
    assert written(model) == {**item, "title": "x"}
    found.many = [*found.many[1:], found.many[0], found.many[0]]
    found.save(partial=partial)
    assert written(model)["many"][:2] == [HOME, HOME]


class Renamed(BaseModel):
    city: str

    @model_validator(mode="before")
    @classmethod
    def rename(cls, values: Any) -> Any:
        if isinstance(values, dict) and "town" in values:
            values = {**values, "city": values["town"]}
            del values["town"]
        return values


class WithRenamed(DynaModel):
    class Table:
        name = "renamed-nested"
        hash_key = "id"

    class Schema:
        id: str
        home: Renamed


def test_a_former_name_that_is_still_read_is_not_kept_beside_a_new_value(connected: Backend) -> None:
    person = stored_in(WithRenamed, {"id": "1", "home": {"town": "Oslo"}})
    person.home.city = "Voss"
    person.save()
    assert WithRenamed.get(id="1").home.city == "Voss"  # type: ignore[union-attr] # it is there


class OwnReader(DynaModel):
    class Table:
        name = "own-reader-of-nested"
        hash_key = "id"

    class Schema:
        id: str
        home: FrozenPlace | None = None
        row: Row = Field(default_factory=Row)

    @classmethod
    def new_from_raw(cls, raw: Any, partial: bool = False) -> Any:
        if "town" in raw.get("row", {}):
            raw["row"] = {"city": raw["row"]["town"]}
        return super().new_from_raw(raw, partial=partial)


def test_a_model_that_reads_former_names_itself(connected: Backend) -> None:
    person = stored_in(OwnReader, {"id": "1", "home": HOME})
    person.save()
    assert written(OwnReader) == {"id": "1", "home": HOME, "row": {}}
    person = stored_in(OwnReader, {"id": "1", "row": {"town": "Oslo"}})
    person.row["city"] = "Voss"
    person.save()
    assert OwnReader.get(id="1").row == {"city": "Voss"}  # type: ignore[union-attr] # it is there


class Typed(Model):
    class Table:
        name = "typed-nested"
        hash_key = "id"

    id: Mapped[str]
    home: Mapped[LaterPlace]
    homes: Mapped[list[LaterPlace]] = mapped(default_factory=list, attribute="H")


class LaterPlace(BaseModel):
    city: str = Field(alias="C")
    within: LaterPlace | None = None


def test_typed_models_with_types_of_later_that_contain_themselves(connected: Backend) -> None:
    home = {"C": "Oslo", "phone": "555", "within": {"C": "Norway", "flag": "red"}}
    typed = stored_in(Typed, {"id": "1", "home": home, "H": [home]})
    typed.home.within.city = "Norge"
    typed.save()
    within = {"C": "Norge", "flag": "red", "within": None}
    assert written(Typed) == {"id": "1", "home": {**home, "within": within}, "H": [_with_none(home)]}


def _with_none(home: dict[str, Any]) -> dict[str, Any]:
    """Return what is written of an element: a default that the item lacks is stored, as everywhere in a save."""
    return {**home, "within": {**home["within"], "within": None}}


class Zoo(SharedTable):
    name = "zoo-of-nested"
    hash_key = "pk"


class Animal(DynaModel):
    class Table(Zoo):
        kind = "animal"
        hash_key = Key("ANIMAL#{id}")

    class Schema:
        id = ma.String(required=True)
        home = ma.Nested(marshmallow.Schema.from_dict({"city": ma.String()}))


class Keeper(DynaModel):
    class Table:
        name = "keepers-of-nested"
        hash_key = "id"

    class Schema:
        id = st.StringType(required=True)
        animal_id = st.StringType()
        home = st.ModelType(type("KeeperPlace", (SchematicsModel,), {"city": st.StringType()}))

    animal = ManyToOne(Animal, query=lambda keeper: {"id": keeper.animal_id})


def test_related_instances_on_a_shared_table(connected: Backend) -> None:
    zoo = table_of(Animal)
    zoo.create_table(exist_ok=True)
    Animal(id="7", home={"city": "Oslo"}).save()
    stored: dict[str, Any] = {**(zoo.get(pk="ANIMAL#7") or {}), "home": HOME}
    zoo.put(stored)
    keeper = stored_in(Keeper, {"id": "1", "animal_id": "7", "home": HOME})
    keeper.home["city"] = "Voss"
    keeper.animal.home["city"] = "Bergen"
    keeper.save()
    assert written(Keeper) == {"id": "1", "animal_id": "7", "home": {**HOME, "city": "Voss"}}
    assert zoo.get(pk="ANIMAL#7") == {**stored, "home": {**HOME, "city": "Bergen"}}
    keeper.move(id="2")
    assert table_of(Keeper).get(id="2") == {"id": "2", "animal_id": "7", "home": {**HOME, "city": "Voss"}}

"""The definition of relationships: models by name, names of back references, and mistakes."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, ManyToOne, OneToMany, OneToOne
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidSchemaField, UnknownModel
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Keyed(DynaModel):
    """What the models here share: an ``id``, and the ``id`` of another."""

    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        of = fields.text()
        place = fields.text()


def to(thing: Any) -> dict[str, Any]:
    return {"id": thing.of}


def back(thing: Any) -> dict[str, Any]:
    return {"of": thing.id}


def define(name: str, **namespace: Any) -> type[DynaModel]:
    """A model of this *name*, always defined in the same place."""
    namespace |= {"__module__": __name__, "__qualname__": name}
    model: type[DynaModel] = types.new_class(name, (Keyed,), exec_body=lambda body: body.update(namespace))
    return model


def names(model: type[DynaModel]) -> set[str]:
    return {name for name in dir(model) if name in model._mapper.relationships}


def test_a_model_that_is_defined_later_in_the_same_place() -> None:
    class Box(Keyed):
        lid = OneToOne["Lid"]("Lid", query=to, back_query=back)
        maker = ManyToOne["Box"]("Box", query=to, back_query=back, back_reference="made")

    assert Box.maker.other is Box
    assert names(Box) == {"lid", "maker", "made", "mades"}

    class Lid(Keyed):
        pass

    assert Box.lid.other is Lid
    assert names(Lid) == {"box"}


def test_a_model_of_another_module_by_its_full_name() -> None:
    class Letter(Keyed):
        user: ManyToOne[Any] = ManyToOne("tests.core.model.forum.User", query=lambda letter: {"name": letter.of})

    from tests.core.model.forum import User

    assert Letter.user.other is User


def test_a_model_that_is_never_defined() -> None:
    class Box(Keyed):
        lids: OneToMany[Any] = OneToMany("Lit", query=back, back_query=to)
        lid: OneToOne[Any] = OneToOne("forum.Lit", query=to)

    message = r"The relationship Box\.lids refers to the model 'Lit', which is not defined\. .* module tests\.core\.model\.test_rel"
    with pytest.raises(UnknownModel, match=message):
        list(Box(id="1").lids)
    with pytest.raises(UnknownModel, match=r"Box\.lid refers to the model 'forum\.Lit', which is not defined"):
        assert Box(id="1", of="2").lid
    with pytest.raises(LookupError):
        Box(id="1").lid = Box(id="2")


def test_a_model_that_is_defined_anew_takes_the_place_of_the_former() -> None:
    box = define("Case", lid=OneToOne[Any]("CaseLid", query=to, back_query=back))
    first, second = define("CaseLid"), define("CaseLid")
    assert first is not second
    assert box._mapper.relationships["lid"].other is second
    assert names(second) == {"case"}
    define("Case", lid=OneToOne[Any]("CaseLid", query=to, back_query=back))
    assert second._mapper.relationships["case"].other is not box


def _couple_by_name() -> tuple[type[DynaModel], type[DynaModel]]:
    class Lock(Keyed):
        key = OneToOne["Key"]("Key", query=to, back_query=back)
        spare = ManyToOne["Lock"]("Lock", query=to, back_query=back, back_reference="spared")

    class Key(Keyed):
        pass

    return Lock, Key


def _couple_in_reverse_order() -> tuple[type[DynaModel], type[DynaModel]]:
    class Key(Keyed):
        pass

    class Lock(Keyed):
        key: OneToOne[Any] = OneToOne("Key", query=to, back_query=back)
        spare: ManyToOne[Any] = ManyToOne("Lock", query=to, back_query=back, back_reference="spared")

    return Lock, Key


@pytest.mark.parametrize("define_couple", [_couple_by_name, _couple_in_reverse_order])
def test_each_call_of_a_function_defines_models_of_its_own(
    define_couple: Callable[[], tuple[type[DynaModel], type[DynaModel]]],
) -> None:
    for lock, key in [define_couple() for _ in range(8)]:
        assert lock._mapper.relationships["key"].other is key
        assert key._mapper.relationships["lock"].other is lock
        assert key.lock is key._mapper.relationships["lock"]
        assert lock._mapper.relationships["spare"].other is lock
        assert lock._mapper.relationships["spared"].other is lock


def test_a_back_reference_is_that_of_the_latest_definition() -> None:
    former = [define("Frame", glass=OneToOne[Any]("Glass", query=to, back_query=back)) for _ in range(8)]
    glass = define("Glass")
    assert former[-1]._mapper.relationships["glass"].other is glass
    assert glass._mapper.relationships["frame"].other is former[-1]


def test_a_mixin_gives_each_model_a_relationship_of_its_own() -> None:
    class Owner(Keyed):
        pass

    class Owned:
        owner: ManyToOne[Any] = ManyToOne("Owner", query=to, back_query=back)

    class Car(Owned, Keyed):
        pass

    class Bicycle(Owned, Keyed):
        pass

    class Tandem(Bicycle):
        pass

    assert (str(Car.owner), str(Bicycle.owner), Tandem.owner) == ("Car.owner", "Bicycle.owner", Bicycle.owner)
    assert Car.owner.other is Bicycle.owner.other is Owner
    assert names(Owner) == {"cars", "bicycles"}
    assert Tandem(id="1", owner=Owner(id="2")).of == "2"


def test_a_relationship_takes_the_place_of_an_inherited_one(recorder: RecordingBackend) -> None:
    class Person(Keyed):
        pass

    class Company(Keyed):
        class Table:
            name = "companies"
            hash_key = "id"

    class Car(Keyed):
        owner: Any = ManyToOne(Person, query=to)

    class Van(Car):
        owner: Any = ManyToOne(Company, query=to, back_query=back)

    for model in (Keyed, Company):
        table_of(model).create_table()
    van = Van(id="1", owner=Company(id="2", place="Oslo"))
    van.save()
    [read] = Van.scan()
    assert read.owner.place == "Oslo"
    assert [found.owner.place for found in Van.scan().prefetch("owner")] == ["Oslo"]
    with pytest.raises(DynaModelException, match=r"^Car\.owner takes an instance of Person, not Company\.$"):
        Car(id="1", owner=Company(id="2"))


@pytest.mark.parametrize(
    ("model", "one", "many"),
    [
        ("Reply", "reply", ["replies", "replys"]),
        ("OrderItem", "order_item", ["order_items"]),
        ("Box", "box", ["boxes", "boxs"]),
        ("Day", "day", ["days"]),
        ("HTTPOrder", "http_order", ["http_orders", "h_t_t_p_orders"]),
    ],
)
def test_names_of_back_references(model: str, one: str, many: list[str]) -> None:
    class Other(Keyed):
        pass

    define(model, other=ManyToOne(Other, query=to, back_query=back))
    assert names(Other) == set(many)
    define(model, other=OneToMany(Other, query=to, back_query=back))
    assert one in names(Other)


def test_a_back_reference_is_named_or_left_out_at_will() -> None:
    class Other(Keyed):
        pass

    class Box(Keyed):
        one = OneToOne(Other, query=to, back_query=back, back_reference="crate")
        two = OneToOne(
            Other, query=to, back_query=back, back_reference=lambda relationship: f"{relationship.name}_way_back"
        )
        three = OneToOne(Other, query=to, back_query=back, back_reference=None)
        four = OneToOne(Other, query=to)

    assert names(Other) == {"crate", "two_way_back"}


def test_a_subclass_inherits_relationships_and_back_references() -> None:
    class Other(Keyed):
        pass

    class Child(Other):
        pass

    class Box(Keyed):
        other = ManyToOne(Other, query=to, back_query=back)

    class SmallBox(Box):
        pass

    assert set(Child._mapper.relationships) == {"boxes", "boxs"}
    assert set(SmallBox._mapper.relationships) == {"other"}
    assert SmallBox(id="1", other=Child(id="2")).of == "2"


@pytest.mark.parametrize("name", ["place", "save", "Table"])
def test_a_back_reference_that_would_hide_something_is_refused(name: str) -> None:
    class Other(Keyed):
        pass

    with pytest.raises(
        DynaModelException,
        match=rf"back reference '{name}' of the relationship Box\.other would hide an attribute of Other\. Give .* back_reference=",
    ):

        class Box(Keyed):
            other = OneToMany(Other, query=to, back_query=back, back_reference=name)


def test_two_back_references_of_one_name_are_refused() -> None:
    class Other(Keyed):
        pass

    with pytest.raises(DynaModelException, match=r"back reference 'boxes' of the relationship Box\.editor would hide"):

        class Box(Keyed):
            author = ManyToOne(Other, query=to, back_query=back)
            editor = ManyToOne(Other, query=to, back_query=back)


def test_an_index_that_is_not_there_is_refused() -> None:
    with pytest.raises(DynaModelException, match=r"Box\.other uses the index 'ByOf', which Keyed does not have"):
        define("Box", other=ManyToOne(Keyed, query=to, index="ByOf"))
    with pytest.raises(DynaModelException, match=r"Box\.other uses the index 'ByOf', which Box does not have"):
        define("Box", other=ManyToOne(Keyed, query=to, back_query=back, back_index="ByOf"))


@pytest.mark.parametrize("other", [str, Keyed.Table, OneToOne])
def test_the_other_must_be_a_model(other: Any) -> None:
    with pytest.raises(DynaModelException, match=r"Box\.other must refer to a model, or to the name of one"):
        define("Box", other=ManyToOne(other, query=to))


def test_a_query_that_names_a_field_that_is_not_there(recorder: RecordingBackend) -> None:
    class Box(Keyed):
        many = OneToMany(Keyed, query=lambda box: {"idd": box.id})
        one = ManyToOne(Keyed, query=lambda box: {"idd": box.of})
        no_key = OneToMany(Keyed, query=lambda box: {"place": box.id})
        no_dict = OneToMany(Keyed, query=lambda box: box.id)
        wrong_back = OneToOne(Keyed, query=to, back_query=lambda box: {"off": box.id}, back_reference=None)

    table_of(Keyed).create_table()
    box = Box(id="1", of="2")
    message = (
        r"^The query of the relationship Box\.{} does not fit Keyed: Keyed has no field 'idd'\. Did you mean 'id'\?"
    )
    with pytest.raises(InvalidSchemaField, match=message.format("many")):
        list(box.many)
    with pytest.raises(InvalidSchemaField, match=message.format("many")):
        len(box.many)
    with pytest.raises(InvalidSchemaField, match=message.format("one")):
        assert box.one
    with pytest.raises(InvalidSchemaField, match=message.format("one")):
        box.one = Keyed(id="2")
    with pytest.raises(
        InvalidKey, match=r"^The query of the relationship Box\.no_key does not fit Keyed: A query of 'things' needs"
    ):
        list(box.no_key)
    with pytest.raises(
        DynaModelException, match=r"The query of the relationship Box\.no_dict must return a dict of keywords, not str"
    ):
        assert box.no_dict
    with pytest.raises(InvalidSchemaField, match="Box has no field 'off'"):
        Box(id="1", wrong_back=Keyed(id="2"))
    assert recorder.sent == []


def test_a_field_of_the_name_of_a_relationship_is_refused() -> None:
    with pytest.raises(DynaModelException, match="The field 'of' of Box would hide an attribute of the class Box"):

        class Box(DynaModel):
            class Table:
                name = "boxes"
                hash_key = "id"

            class Schema:
                id = fields.text()
                of = fields.text()

            of = OneToMany(Keyed, query=to)


def test_a_back_query_may_have_conditions(recorder: RecordingBackend) -> None:
    class Shelf(Keyed):
        pass

    class Part(Keyed):
        shelf = ManyToOne(Shelf, query=to, back_query=lambda shelf: {"id": shelf.id, "place__begins_with": "x"})

    table_of(Keyed).create_table()
    Part.put({"id": "1", "of": "1", "place": "xy"})
    part = Part(shelf=Shelf(id="1"), place="y", of="1")
    assert (part.id, part.place) == ("1", "y")
    assert [found.place for found in Shelf(id="1").parts] == ["xy"]


# Functions that return the other model, which type checkers understand


def test_a_function_that_returns_a_model_which_is_defined_later() -> None:
    class Box(Keyed):
        lid = OneToOne(lambda: Lid, query=to, back_query=back)
        maker = ManyToOne(lambda: Keyed, query=to)

    assert Box.maker.other is Keyed
    assert repr(Box.lid).startswith("<OneToOne Box.lid: Lid")
    with pytest.raises(UnknownModel, match=r"Box\.lid refers to the model 'Lid', which is not defined"):
        assert Box.lid.other

    class Lid(Keyed):
        pass

    assert names(Lid) == {"box"}
    assert Box.lid.other is Lid


def test_a_function_that_needs_a_module_which_is_still_imported() -> None:
    module = types.SimpleNamespace(__name__=__name__)
    box = define("Crate", lid=OneToOne(lambda: module.CrateLid, query=to, back_query=back))
    lid = define("CrateLid")
    assert box._mapper.relationships["lid"].other is lid
    assert names(lid) == {"crate"}


def test_a_function_that_returns_a_model_which_is_defined_anew() -> None:
    first = define("Reloaded")
    box = define("Holder", lid=OneToOne(lambda: first, query=to, back_query=back))
    assert box._mapper.relationships["lid"].other is first
    second = define("Reloaded")
    assert box._mapper.relationships["lid"].other is second
    assert names(second) == {"holder"}


def test_a_function_that_finds_its_model_by_another_name_when_it_is_used() -> None:
    class Box(Keyed):
        lid = OneToOne(lambda: Alias, query=to)

    Alias = Keyed  # noqa: N806
    assert Box.lid.other is Keyed


def test_a_function_must_return_a_model() -> None:
    with pytest.raises(DynaModelException, match="must refer to a model, or to the name of one"):
        define("Box", lid=OneToOne(lambda: dict, query=to))

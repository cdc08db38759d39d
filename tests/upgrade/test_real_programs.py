"""Habits of programs that were written for 0.11, taken from public ones: what they do works, or is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude
from dynamorm.exceptions import (
    DynaModelException,
    InvalidKey,
    InvalidSchemaField,
    MissingTableAttribute,
    TableNotFound,
    UnknownAttribute,
    ValidationError,
)
from dynamorm.signals import pre_update
from tests.support.tables import table_of


@pytest.fixture(autouse=True)
def embedded() -> Iterator[None]:
    with dynamorm.using("sqlite:///:memory:"):
        yield


class People(DynaModel):
    class Table:
        name = "people"
        hash_key = "mail"

    class Schema:
        mail = fields.String(required=True)
        name = fields.String()


class OwnConstructor(People):
    """It never calls the constructor of its base."""

    _validated_data: ClassVar[dict[str, Any]] = {}

    def __init__(self, **values: Any) -> None:
        self.mail = values.get("mail")
        self.name = values.get("name")


class CallsFirst(People):
    """It calls the constructor without values, and sets them afterwards."""

    def __init__(self, **values: Any) -> None:
        super().__init__()
        self.mail = values.get("mail")
        self.name = values.get("name")
        self.greeting = f"Hello {self.name}"


class PassesOn(People):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Partial(People):
    def __init__(self, **values: Any) -> None:
        super().__init__(partial=True)
        self.mail = values.get("mail")
        self.name = values.get("name")


@pytest.mark.parametrize("model", [OwnConstructor, CallsFirst, PassesOn, Partial])
def test_a_constructor_of_the_program_s_own(model: Any) -> None:
    model.Table.create_table()
    verbs = {
        "save": lambda made: made.save(),
        "unique": lambda made: made.save(unique=True),
        "partial": lambda made: made.save(partial=True),
        "update": lambda made: made.update(name="Ann"),
        "batch": in_batch,
        "transaction": in_transaction,
    }
    for mail, verb in verbs.items():
        made = model(mail=mail, name="Ann")
        verb(made)
        assert made.to_dict() == {"mail": mail, "name": "Ann"}, mail
        made.update(name="Bob")
        assert model.Table.get(mail=mail) == {"mail": mail, "name": "Bob"}, mail
    found = [model.get(mail="save"), *model.query(mail="save"), *model.scan(mail="save")]
    found += [*model.get_batch([{"mail": "save"}])]
    assert [(each.mail, each.name) for each in found] == [("save", "Bob")] * 4
    found[0].name = "Cid"
    found[0].save(partial=True)
    found[0].save()
    assert model.Table.get(mail="save") == {"mail": "save", "name": "Cid"}
    raw = model.new_from_raw({"mail": "raw", "name": "Ann"})
    assert (raw.mail, raw.name) == ("raw", "Ann")
    found[0].delete()
    assert model.get(mail="save") is None


class LeavesOut(People):
    """It was written before the schema had a name."""

    def __init__(self, **values: Any) -> None:
        self.mail = values.get("mail")


class PassesSome(People):
    def __init__(self, **values: Any) -> None:
        super().__init__(mail=values.get("mail"))


class CallsPartial(People):
    def __init__(self, **values: Any) -> None:
        super().__init__(partial=True)


class CallsEmpty(People):
    def __init__(self, **values: Any) -> None:
        super().__init__()


class Positional(People):
    def __init__(self, mail: str, name: str = "") -> None:
        super().__init__(mail=mail, name=name)


def test_a_constructor_need_not_know_partial_instances() -> None:
    table_of(Positional).create_table()
    Positional("1", "Ann").save()
    read: list[Any] = [Positional.get(mail="1"), *Positional.scan()]
    assert [(each.mail, each.name) for each in read] == [("1", "Ann")] * 2


@pytest.mark.parametrize("model", [LeavesOut, PassesSome, CallsPartial, CallsEmpty])
def test_what_a_constructor_leaves_out_is_not_lost(model: Any) -> None:
    model.Table.create_table()
    model.Table.put({"mail": "1", "name": "Ann", "unknown": 5})
    read: list[Any] = [model.get(mail="1"), *model.scan(), *model.query(mail="1"), *model.get_batch([{"mail": "1"}])]
    assert [(each.mail, each.name) for each in read] == [("1", "Ann")] * 4
    for each in read:
        each.save(partial=True)
        each.save()
        assert model.Table.get(mail="1") == {"mail": "1", "name": "Ann", "unknown": 5}
    (part,) = model.scan().specific_attributes(["mail"])
    assert (part.mail, part.name) == ("1", None)


def in_batch(made: Any) -> None:
    with dynamorm.batch() as batch:
        batch.put(made)


def in_transaction(made: Any) -> None:
    with dynamorm.transaction() as transaction:
        transaction.put(made)


def test_a_metaclass_of_table_is_called_once() -> None:
    made = []

    class Named(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Named:
            made.append(attributes["__qualname__"])
            attributes["name"] = f"t_{name.lower()}"
            return super().__new__(mcs, name, bases, attributes)

    class Run(DynaModel):
        class Table(metaclass=Named):
            hash_key = "id"

        class Schema:
            id = fields.String()

    assert table_of(Run).name == "t_table"
    assert len(made) == 1


@pytest.mark.parametrize("base", [DynaModel, People])
def test_a_dict_of_the_program_s_own_is_refused(base: Any) -> None:
    def values(self: Any) -> dict[str, Any]:
        return {"name": self.name}

    inner = {name: getattr(People, name) for name in ("Table", "Schema")} if base is DynaModel else {}
    meta: Any = type(DynaModel)
    defines: list[Callable[[], Any]] = [
        lambda: meta("User", (base,), {"__module__": __name__, **inner, "__dict__": values}),
        lambda: meta(
            "User", (type("User", (), {"__dict__": property(values)}), base), {"__module__": __name__, **inner}
        ),
    ]
    for define in defines:
        with pytest.raises(
            DynaModelException, match=r"User defines __dict__.* would be lost.*'as_dict', or use to_dict\(\)"
        ):
            define()


def test_what_clients_send_is_not_stored_unless_the_schema_knows_it() -> None:
    table_of(People).create_table()
    for raw in ({"mail": "9", "is_admin": True}, {"mail": "9", "some_column": None}):
        with pytest.raises(ValidationError, match="Unknown field"):
            People.new_from_raw(raw)
    assert list(People.scan()) == []


def test_built_in_bases_of_exceptions() -> None:
    with pytest.raises(LookupError) as raised:
        People.get(mail="x")
    assert isinstance(raised.value, TableNotFound)
    with pytest.raises(ValueError, match="Validation failed") as refused:
        People(name="x")
    assert not isinstance(refused.value, TypeError)


def test_a_local_index_with_another_hash_key() -> None:
    for field, kind in {"name": MissingTableAttribute, "nothing": InvalidSchemaField}.items():
        with pytest.raises(kind, match=r"[tT]he index ByName of Book"):

            class Book(DynaModel):
                class Table:
                    name = "books"
                    hash_key = "isbn"

                class ByName(LocalIndex):
                    name = "by-name"
                    hash_key = field
                    range_key = "isbn"
                    projection = ProjectAll()

                class Schema:
                    isbn = fields.String()
                    name = fields.String()


def test_a_projection_of_an_attribute_that_the_schema_does_not_know() -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class ByName(GlobalIndex):
            name = "by-name"
            hash_key = "name"
            projection = ProjectInclude("publisher")

        class Schema:
            isbn = fields.String()
            name = fields.String()

    table_of(Book).create_table()
    table_of(Book).put({"isbn": "1", "name": "n", "publisher": "p", "pages": 3})
    (found,) = Book.ByName.query(name="n")
    found.name = "m"
    found.save(partial=True)
    assert table_of(Book).get(isbn="1") == {"isbn": "1", "name": "m", "publisher": "p", "pages": 3}


def test_a_dump_default_does_not_satisfy_required() -> None:
    class Account(DynaModel):
        class Table:
            name = "accounts"
            hash_key = "id"

        class Schema:
            id = fields.String(required=True)
            active = fields.Boolean(required=True, dump_default=True)

    with pytest.raises(ValidationError, match="active"):
        Account.put({"id": "1"})


def test_a_sort_key_is_refused() -> None:
    with pytest.raises(
        DynaModelException, match=r"The Table of Thing has no setting 'sort_key'. Did you mean 'range_key'"
    ):

        class Thing(DynaModel):
            class Table:
                name = "things"
                hash_key = "data"
                sort_key = "hora"

            class Schema:
                data = fields.String(required=True)
                hora = fields.String(required=True)

    class Other(DynaModel):
        class Table:
            name = "things"
            hash_key = "data"

        class Schema:
            data = fields.String(required=True)
            hora = fields.String(required=True)

    with pytest.raises(InvalidKey, match="'hora' is not part of the primary key"):
        Other.get(data="1", hora="2")


def test_a_field_that_is_not_set_is_none_whatever_the_default_of_getattr() -> None:
    person: Any = People(mail="1")
    assert getattr(person, "name", "default") is None
    table_of(People).create_table()
    assert not People.query(mail="1")


@pytest.mark.parametrize("name", ["error_messages", "context", "opts", "fields", "load", "dump", "validate_", "Meta_"])
def test_a_field_may_have_the_name_of_a_part_of_marshmallow_s_schema(name: str) -> None:
    schema = type("Schema", (), {"id": fields.String(required=True), name: fields.String(required=True)})
    table = type("Table", (), {"name": "things", "hash_key": "id"})
    meta: Any = type(DynaModel)
    thing = meta("Thing", (DynaModel,), {"__module__": __name__, "Table": table, "Schema": schema})
    child_schema = type("Schema", (thing.Schema,), {"more": fields.String()})
    child = meta("Child", (thing,), {"__module__": __name__, "Schema": child_schema})
    thing.Table.create_table()
    for model in (thing, child):
        model.put({"id": "1", name: "x"})
        assert getattr(model.get(id="1"), name) == "x"
        with pytest.raises(ValidationError, match=name):
            model.put({"id": "1"})


# Verbs that a program overrides


def test_new_from_raw_is_called_for_what_is_read() -> None:
    calls: list[tuple[str, bool]] = []

    class Person(People):
        @classmethod
        def new_from_raw(cls, raw: Any, partial: bool = False) -> Any:
            if raw is None:
                return None
            calls.append((raw["mail"], partial))
            values = dict(raw)
            values["name"] = values.pop("nick", None) or values.get("name")
            return super().new_from_raw(values, partial=partial)

    table_of(Person).create_table()
    table_of(Person).put({"mail": "1", "nick": "Ann", "unknown": 5})
    found: list[Any] = [
        Person.get(mail="1"),
        *Person.scan(),
        *Person.query(mail="1"),
        *Person.get_batch([{"mail": "1"}]),
        dynamorm.transact_get((Person, {"mail": "1"}))[0],
        *Person.scan().specific_attributes(["mail", "name"]),
    ]
    assert [each.name for each in found[:5]] == ["Ann"] * 5
    assert calls == [("1", False)] * 5 + [("1", True)]
    found[1].refresh()
    assert (found[1].name, calls[6:]) == ("Ann", [("1", False)])
    for each in found[:2]:
        each.save(partial=True)
        assert table_of(Person).get(mail="1") == {"mail": "1", "nick": "Ann", "unknown": 5, "name": "Ann"}
        table_of(Person).put({"mail": "1", "nick": "Ann", "unknown": 5})
    table_of(Person).delete_item(mail="1")
    with pytest.raises(dynamorm.exceptions.StaleItem):
        found[1].update(name="Bob")
    with pytest.raises(ValidationError, match="unknown"):
        Person.new_from_raw({"mail": "1", "unknown": 5})


def test_to_dict_says_what_save_stores() -> None:
    class Person(People):
        def to_dict(self, native: bool = False) -> dict[str, Any]:
            found = super().to_dict(native)
            found["initial"] = (self.name or "?")[0]
            return found

    class Hiding(People):
        def to_dict(self, native: bool = False) -> dict[str, Any]:
            return {"mail": self.mail}

    table_of(Person).create_table()
    for number, write in enumerate((lambda made: made.save(), in_batch, in_transaction)):
        write(Person(mail=str(number), name="Ann"))
        assert table_of(Person).get(mail=str(number)) == {"mail": str(number), "name": "Ann", "initial": "A"}

    class Empty(People):
        def to_dict(self, native: bool = False) -> Any:
            return None

    for write in (lambda made: made.save(), in_batch, in_transaction):
        with pytest.raises(DynaModelException, match=r"Empty overrides to_dict, .* but returns NoneType"):
            write(Empty(mail="1", name="Ann"))
    hiding = Hiding(mail="1", name="Ann")
    for write in (lambda made: made.save(), in_batch, in_transaction):
        with pytest.raises(
            DynaModelException, match=r"Hiding overrides to_dict, which says what save\(\) stores, .* name\."
        ):
            write(hiding)


@pytest.mark.parametrize("answer", [True, None, "ok"])
def test_validate_may_only_check(answer: Any) -> None:
    class Person(People):
        def validate(self) -> Any:
            if self.name == "nobody":
                raise LookupError(self.name)
            return answer

    table_of(Person).create_table()
    for number, write in enumerate((lambda made: made.save(), in_batch, in_transaction)):
        write(Person(mail=str(number), name="Ann"))
        assert table_of(Person).get(mail=str(number)) == {"mail": str(number), "name": "Ann"}
        with pytest.raises(LookupError):
            write(Person(mail="nobody", name="nobody"))
        unfinished: Any = Person()
        unfinished.name = "Ann"
        with pytest.raises(ValidationError, match="mail"):
            write(unfinished)


@pytest.mark.parametrize(("verb", "caller"), [("put", r"save\(\)"), ("update", r"save\(partial=True\)")])
def test_verb_that_save_called_and_does_not_call_any_more_warns(verb: str, caller: str) -> None:
    meta: Any = type(DynaModel)
    body = {"__module__": __name__, verb: getattr(DynaModel, verb)}
    with pytest.warns(UserWarning, match=rf"Person overrides {verb}, which {caller} .* called in 0.11.* Override save"):
        person = meta("Person", (People,), body)
    with pytest.warns(UserWarning, match=f"Person overrides {verb}"):
        meta("Person", (type("Mixin", (), body), People), {"__module__": __name__})
    meta("Child", (person,), {"__module__": __name__})
    meta("Person", (People,), body | {"save": DynaModel.save})


def test_update_item_that_nothing_would_call_is_refused() -> None:
    def update_item(cls: Any, /, conditions: Any = None, **changes: Any) -> Any:
        return super(cls, cls).update_item(conditions=conditions, **changes)

    meta: Any = type(DynaModel)
    body = {"__module__": __name__, "update_item": classmethod(update_item)}
    with pytest.raises(
        DynaModelException, match=r"Person overrides update_item, which update\(\) .* signal pre_update"
    ):
        meta("Person", (People,), body)
    with pytest.raises(DynaModelException, match="Person overrides update_item"):
        meta("Person", (type("Mixin", (), body), People), {"__module__": __name__})
    assert meta("Person", (People,), {**body, "update": lambda self, **changes: None, "save": DynaModel.save})

    class Person(People):
        pass

    def receive(sender: Any, updates: dict[str, Any], **_: Any) -> None:
        updates["name"] = "the receiver's"

    table_of(Person).create_table()
    with pre_update.connected_to(receive, sender=Person):
        Person(mail="1").update(name="Ann")
    assert table_of(Person).get(mail="1") == {"mail": "1", "name": "the receiver's"}


def test_attributes_of_0_11_that_are_gone() -> None:
    table: Any = People.Table
    with pytest.raises(UnknownAttribute, match=r"PeopleTable has no attribute 'get_resource'. 0.11 had it: .*connect"):
        table.get_resource(endpoint_url="http://localhost:8000")

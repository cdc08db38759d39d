"""Rules where they meet other features: fields that only keys hold, updates that create items, kinds, one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dynamorm
from dynamorm import (
    Count,
    DynaModel,
    GlobalIndex,
    Key,
    ManyToOne,
    ProjectAll,
    Q,
    SharedTable,
    Sum,
    Unique,
    using,
)
from dynamorm.exceptions import (
    DynaModelException,
    InvalidKey,
    InvalidUpdate,
    NotUnique,
    ReferenceMissing,
    StaleItem,
    TransactionConditionFailed,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Customer(DynaModel):
    class Table:
        name = "customers"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        orders = fields.integer()
        spent = fields.integer()


class Order(DynaModel):
    """A model of which the key alone has what its rules are about."""

    class Table:
        name = "orders"
        hash_key = Key("CUSTOMER#{customer_id}", only_key=["customer_id"])
        range_key = Key("ORDER#{number}", only_key=["number"])
        unique = (Unique("number"),)

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)
        status = fields.text()
        total = fields.integer()

    customer = ManyToOne(
        Customer,
        query=lambda order: {"id": order.customer_id},
        back_reference=None,
        counters=[Count("orders", where=Q(status="open")), Sum("spent", "total")],
    )


class Line(DynaModel):
    """A model whose plain primary key has what its rules are about."""

    class Table:
        name = "lines"
        hash_key = "customer_id"
        range_key = "number"
        unique = (Unique("number"),)

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)
        note = fields.text()

    customer = ManyToOne(
        Customer,
        query=lambda line: {"id": line.customer_id},
        back_reference=None,
        required=True,
        counters=[Count("orders")],
    )


class Versioned(DynaModel):
    class Table(Line.Table):
        name = "versioned"
        version = "revision"

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)
        note = fields.text()
        revision = fields.integer()


class Guards(DynaModel):
    class Table:
        name = "guards"
        hash_key = "value"

    class Schema:
        value = fields.text(required=True)


class Reader(DynaModel):
    class Table:
        name = "readers"
        hash_key = "id"
        unique = (Unique("email"),)
        guards = Guards

    class Schema:
        id = fields.text(required=True)
        email = fields.text()


class Writer(DynaModel):
    class Table(Reader.Table):
        name = "writers"

    class Schema:
        id = fields.text(required=True)
        email = fields.text()


class Animal(DynaModel):
    class Table:
        name = "animals"
        hash_key = "id"
        kind: str | tuple[str, ...] = "animal"
        unique = [Unique("chip")]  # noqa: RUF012 - a setting

    class Schema:
        id = fields.text(required=True)
        chip = fields.text()
        tag = fields.text()


class Cat(Animal):
    class Table(Animal.Table):
        kind = "cat"
        unique = [Unique("chip"), Unique("tag")]  # noqa: RUF012 - a setting


class Dog(Animal):
    class Table(Animal.Table):
        kind = "dog"
        unique = [*Animal.Table.unique, Unique("tag")]  # noqa: RUF012 - a setting


MODELS = (Customer, Order, Line, Versioned, Guards, Reader, Writer, Animal)


@pytest.fixture(autouse=True)
def tables(backend: Backend) -> Iterator[None]:
    with using(backend):
        for model in MODELS:
            table_of(model).create_table()
        for key in ("c", "d"):
            Customer(id=key).save()
        yield
        for model in MODELS:
            table_of(model).delete()


def counts(key: str = "c") -> tuple[int, int]:
    customer = Customer.get(id=key, consistent=True)
    assert customer is not None
    return customer.orders or 0, customer.spent or 0


def order(**values: Any) -> Order:
    made = Order(**{"customer_id": "c", "number": "1", "status": "open", "total": 5, **values})
    made.save()
    return made


def test_values_that_only_the_key_holds_are_unique() -> None:
    order()
    with pytest.raises(NotUnique):
        order(customer_id="d")
    found = Order.by_unique(number="1")
    assert found is not None
    assert (found.customer_id, found.number) == ("c", "1")
    found.delete()
    assert Order.by_unique(number="1") is None
    order(customer_id="d")


def test_instances_whose_reference_only_the_key_holds_are_counted() -> None:
    order()
    assert counts() == (1, 5)
    found = Order.get(customer_id="c", number="1", consistent=True)
    assert found is not None
    found.update(total=7)
    assert counts() == (1, 7)
    found.status = "paid"
    found.save()
    assert counts() == (0, 7)
    found.move(customer_id="d")
    assert (counts(), counts("d")) == ((0, 0), (0, 7))
    with dynamorm.transaction() as tx:
        tx.delete(found)
    assert counts("d") == (0, 0)


@pytest.mark.one_schema_library
def test_rules_of_a_field_that_only_an_index_holds_are_refused() -> None:
    class ByEmail(GlobalIndex):
        name = "by-email"
        hash_key = Key("EMAIL#{email}", attribute="gpk", only_key=["email"])
        range_key = "id"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        email = fields.text()
        points = fields.integer()

    class Table:
        name = "accounts"
        hash_key = "id"

    def model(**inner: Any) -> Any:
        return type("Account", (DynaModel,), {"Schema": Schema, "ByEmail": ByEmail, "Table": Table, **inner})

    with pytest.raises(InvalidKey, match="'email' of Account is stored only in the key of an index"):
        model(Table=type("Table", (), {"name": "accounts", "hash_key": "id", "unique": [Unique("email")]}))
    counters = [Count("orders", where=Q(email__exists=True))]
    with pytest.raises(InvalidKey, match="'email' of Account is stored only in the key of an index"):
        model(customer=ManyToOne(Customer, query=lambda x: {"id": x.id}, back_reference=None, counters=counters))
    reference = ManyToOne(Customer, query=lambda x: {"id": x.email}, back_reference=None, required=True)
    account = model(customer=reference)(id="1", email="c")
    with pytest.raises(InvalidKey, match="'email' of Account is stored only in the key of an index"):
        account.save()


WRITES: dict[str, Callable[[Any], object]] = {
    "update_item": lambda model: model.update_item(customer_id="d", number="1", note="x"),
    "update": lambda model: model(customer_id="d", number="1").update(note="x"),
    "partial save": lambda model: model(customer_id="d", number="1", note="x").save(partial=True),
    "delete_item": lambda model: model.delete_item(customer_id="d", number="1"),
}


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("model", [Line, Versioned])
def test_update_does_not_create_an_item_whose_key_is_about_rules(model: Any, verb: str) -> None:
    model(customer_id="c", number="1").save()
    with pytest.raises(StaleItem):
        WRITES[verb](model)
    assert model.get(customer_id="d", number="1") is None
    model.update_item(customer_id="c", number="1", note="x")
    assert model.get(customer_id="c", number="1").note == "x"
    assert counts("d") == (0, 0)


def test_whole_item_may_be_new_though_its_key_is_about_a_reference() -> None:
    class Visit(DynaModel):
        class Table:
            name = "lines"
            hash_key = "customer_id"
            range_key = "number"

        class Schema:
            customer_id = fields.text(required=True)
            number = fields.text(required=True)

        customer = ManyToOne(
            Customer, query=lambda visit: {"id": visit.customer_id}, back_reference=None, required=True
        )

    Visit.put({"customer_id": "c", "number": "1"})
    assert Visit.get(customer_id="c", number="1") is not None
    with pytest.raises(ReferenceMissing):
        Visit.put({"customer_id": "nobody", "number": "1"})


@pytest.mark.one_schema_library
def test_update_that_would_create_an_item_names_the_way() -> None:
    with pytest.raises(StaleItem, match=r"no item with this primary key in 'lines', .* save a new instance as a whole"):
        Line.update_item(customer_id="c", number="1", note="x")


@pytest.mark.one_schema_library
def test_table_of_guards_holds_those_of_several_tables_apart() -> None:
    Reader(id="1", email="ann@example.com").save()
    writer = Writer(id="1", email="ann@example.com")
    writer.save()
    writer.delete()
    with pytest.raises(NotUnique):
        Reader(id="2", email="ann@example.com").save()


@pytest.mark.one_schema_library
@pytest.mark.parametrize("model", [Cat, Dog])
def test_rule_that_is_declared_again_is_the_one_of_the_parent(model: Any) -> None:
    Animal(id="1", chip="x").save()
    with pytest.raises(NotUnique):
        model(id="2", chip="x", tag="t").save()
    model(id="2", chip="y", tag="t").save()
    other = Dog if model is Cat else Cat
    other(id="3", tag="t").save()
    assert Animal.by_unique(chip="y") == Animal.get(id="2")


@pytest.mark.one_schema_library
def test_new_name_in_front_of_a_kind_keeps_the_guards() -> None:
    Animal(id="1", chip="x").save()

    class Renamed(DynaModel):
        class Table(Animal.Table):
            kind = ("creature", "animal")

        class Schema:
            id = fields.text(required=True)
            chip = fields.text()

    with pytest.raises(NotUnique):
        Renamed(id="2", chip="x").save()
    found = Renamed.by_unique(chip="x")
    assert found is not None
    found.delete()
    Renamed(id="2", chip="x").save()


@pytest.mark.one_schema_library
def test_known_values_may_be_missing_in_a_field_that_has_a_default() -> None:
    class Account(DynaModel):
        class Table:
            name = "customers"
            hash_key = "id"
            unique = (Unique("level"),)

        class Schema:
            id = fields.text(required=True)
            level = fields.text(default=lambda: "low")

    Account.update_item(id="c", level="high", known={"level": None})
    assert Account.by_unique(level="high") == Account.get(id="c")


@pytest.mark.one_schema_library
def test_known_values_serve_rules_and_keys_together() -> None:
    class Venue(DynaModel):
        class Table:
            name = "venues"
            hash_key = Key("VENUE#{id}")
            unique = (Unique("name"),)

        class ByPlace(GlobalIndex):
            name = "by-place"
            hash_key = Key("{address.city}", attribute="gsi1pk")
            range_key = Key("{address.street}", attribute="gsi1sk")
            projection = ProjectAll()

        class Schema:
            id = fields.text(required=True)
            name = fields.text()
            address = fields.nested({"city": fields.text(), "street": fields.text()})

    table_of(Venue).create_table()
    Venue(id="1", name="A", address={"city": "Oslo", "street": "Gata"}).save()
    change: dict[str, Any] = {"id": "1", "name": "B", "address__city": "Rome"}
    for wrong in ({"name": "A", "address.street": "Vei"}, {"name": "C", "address.street": "Gata"}):
        with pytest.raises(StaleItem):
            Venue.update_item(**change, known=wrong)
    Venue.update_item(**change, known={"name": "A", "address.street": "Gata"})
    assert [each.id for each in Venue.ByPlace.query(address__city="Rome", address__street="Gata")] == ["1"]
    assert Venue.by_unique(name="A") is None
    for verb in (Venue.update_item, Venue.delete_item):
        with pytest.raises(InvalidUpdate, match="known of Venue takes a dict"):
            verb(id="1", known=["name"])


def parent(index: type | None = None, **inner: Any) -> Any:
    class Table:
        name = "teams"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        members = fields.integer()
        customer_id = fields.text()

    names = {"Table": Table, "Schema": Schema, **({} if index is None else {"ByMembers": index}), **inner}
    return type("Team", (DynaModel,), names)


def child(team: Any) -> Any:
    class Table:
        name = "members"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        team_id = fields.text()

    reference = ManyToOne(team, query=lambda x: {"id": x.team_id}, back_reference=None, counters=[Count("members")])
    return type("Member", (DynaModel,), {"Table": Table, "Schema": Schema, "team": reference})


class ByMembers(GlobalIndex):
    name = "by-members"
    hash_key = Key("TEAMS", attribute="gpk")
    range_key = Key("{members:06d}", attribute="gsk")
    projection = ProjectAll()


class Crowded(GlobalIndex):
    name = "crowded"
    hash_key = Key("TEAMS", attribute="gpk")
    range_key = Key("{id}", attribute="gsk")
    projection = ProjectAll()
    only_if = Q(members__gt=10)


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("team", "what"),
    [
        (lambda: parent(ByMembers), "the key of the index ByMembers of Team"),
        (lambda: parent(Crowded), "the key of the index Crowded of Team"),
        (
            lambda: parent(
                customer=ManyToOne(
                    Customer,
                    query=lambda x: {"id": x.customer_id},
                    back_reference=None,
                    counters=[Sum("spent", "members")],
                )
            ),
            r"a counter of Team\.customer",
        ),
    ],
)
def test_nothing_else_depends_on_a_counter(team: Callable[[], Any], what: str) -> None:
    """It would not be changed with it: the writes that count know nothing else of the item."""
    with pytest.raises(DynaModelException, match=f"'members' of Team is a counter of Member.team, .* and {what}"):
        child(team())


def test_required_reference_to_none_is_not_called_missing() -> None:
    class Note(DynaModel):
        class Table:
            name = "notes"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            customer_id = fields.text()

        customer = ManyToOne(Customer, query=lambda note: {"id": note.customer_id}, back_reference=None, required=True)

    with pytest.raises(ReferenceMissing, match=r"Note.customer requires a Customer, and this instance refers to none"):
        Note(id="1").save()


@pytest.mark.one_schema_library
def test_reason_is_that_of_the_action_that_the_program_gave() -> None:
    with pytest.raises(TransactionConditionFailed) as cancelled, dynamorm.transaction() as tx:
        tx.check(Customer, id="c", conditions={"spent": 1000})
        tx.put(Order(customer_id="c", number="1", status="open", total=1))
    assert [(each.action, each.code) for each in cancelled.value.reasons] == [
        ("ConditionCheck", "ConditionalCheckFailed"),
        ("PutItem", "None"),
    ]


@pytest.mark.one_schema_library
def test_rules_of_models_without_kinds_have_keys_of_their_own() -> None:
    class Shop(SharedTable):
        name = "kindless-shop"
        hash_key = "pk"
        kind = None

    class Buyer(DynaModel):
        class Table(Shop):
            hash_key = Key("BUYER#{id}")
            unique = (Unique("email"),)

        class Schema:
            id = fields.text(required=True)
            email = fields.text()

    with pytest.raises(DynaModelException, match=r"Unique\('email'\) of Supplier and a rule of Buyer would hold their"):

        class Supplier(DynaModel):
            class Table(Shop):
                hash_key = Key("SUPPLIER#{id}")
                unique = (Unique("email"),)

            class Schema:
                id = fields.text(required=True)
                email = fields.text()

    class Seller(DynaModel):
        class Table(Shop):
            hash_key = Key("SELLER#{id}")
            unique = (Unique("email", name="seller-email"),)

        class Schema:
            id = fields.text(required=True)
            email = fields.text()

    Shop.create_table()
    Buyer(id="1", email="a").save()
    Seller(id="1", email="a").save()
    with pytest.raises(NotUnique):
        Seller(id="2", email="a").save()

"""Shared tables: several models on one table, each with the kind and the keys of its own items."""

from __future__ import annotations

import asyncio
import types
from typing import Any

import pytest

import dynamorm
from dynamorm import (
    DynaModel,
    GlobalIndex,
    Key,
    LocalIndex,
    ProjectAll,
    ProjectInclude,
    ProjectKeys,
    Q,
    SharedTable,
)
from dynamorm.data import CreateTable
from dynamorm.exceptions import (
    DynaModelException,
    InvalidKey,
    MissingTableAttribute,
    TableAlreadyExists,
    UnknownAttribute,
    WrongKind,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"
    stream = "NEW_IMAGE"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class Schema:
        customer_id = fields.text(required=True)
        email = fields.text()


class Order(DynaModel):
    class Table(Shop):
        kind = ("order", "purchase")
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{order_id}")
        only_if = Q(status__ne="archived")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)
        status = fields.text()
        total = fields.integer()


def model_of(shared: type, called: str = "Ticket", /, *, schema: type | None = None, **inner: Any) -> Any:
    """Return a model on a *shared* table, with these settings and inner classes."""
    given = {setting: inner.pop(setting) for setting in list(inner) if not isinstance(inner[setting], type)}
    settings = {
        "kind": called.lower(),
        "hash_key": Key(f"{called.upper()}#{{id}}"),
        "range_key": Key(called.upper()),
        **given,
    }
    kept = {setting: value for setting, value in settings.items() if value is not ...}
    table = types.new_class("Table", (shared,), exec_body=lambda namespace: namespace.update(kept))

    class Schema:
        id = fields.text(required=True)
        subject = fields.text()

    body = {"__qualname__": called, "Table": table, "Schema": schema or Schema, **inner}
    return types.new_class(called, (DynaModel,), exec_body=lambda namespace: namespace.update(body))


def shared_table(called: str = "Desk", /, **settings: Any) -> Any:
    """Return a shared table with these settings."""
    given = {"name": "desk", "hash_key": "pk", "range_key": "sk", **settings}
    return types.new_class(called, (SharedTable,), exec_body=lambda namespace: namespace.update(given))


def index(kind: type = GlobalIndex, **settings: Any) -> type:
    given = {"name": "gsi1", "hash_key": "gsi1pk", "range_key": "gsi1sk", "projection": ProjectAll(), **settings}
    return type("Gsi1", (kind,), given)


@pytest.fixture
def shop(connected: Backend) -> None:
    Shop.create_table()


def test_items_of_each_model_have_their_keys_and_kind(shop: None) -> None:
    Customer(customer_id="1", email="a").save()
    Order(customer_id="1", order_id="7", status="open", total=3).save()
    Order.put({"customer_id": "1", "order_id": "8", "status": "archived"})
    raw = table_of(Order)
    assert raw.get(pk="CUSTOMER#1", sk="PROFILE") == {
        "pk": "CUSTOMER#1",
        "sk": "PROFILE",
        "kind": "customer",
        "customer_id": "1",
        "email": "a",
    }
    assert raw.get(pk="CUSTOMER#1", sk="ORDER#7") == {
        "pk": "CUSTOMER#1",
        "sk": "ORDER#7",
        "gsi1pk": "STATUS#open",
        "gsi1sk": "7",
        "kind": "order",
        "customer_id": "1",
        "order_id": "7",
        "status": "open",
        "total": 3,
    }
    archived = raw.get(pk="CUSTOMER#1", sk="ORDER#8")
    assert archived is not None
    assert "gsi1pk" not in archived
    order = Order.get(customer_id="1", order_id="7")
    assert order is not None
    assert order.to_dict() == {"customer_id": "1", "order_id": "7", "status": "open", "total": 3}


def test_reads_of_a_model_give_its_own_items_alone(shop: None) -> None:
    Customer(customer_id="1").save()
    for number in ("7", "8"):
        Order(customer_id="1", order_id=number, status="open").save()
    table_of(Order).put({"pk": "CUSTOMER#1", "sk": "ORDER#9", "kind": "purchase", "customer_id": "1", "order_id": "9"})
    table_of(Order).put({"pk": "CUSTOMER#1", "sk": "REFUND#1", "kind": "refund"})
    assert [each.order_id for each in Order.query(customer_id="1")] == ["7", "8", "9"]
    assert [type(each) for each in Customer.query(customer_id="1")] == [Customer]
    assert sorted(each.order_id for each in Order.scan()) == ["7", "8", "9"]
    assert [type(each) for each in Customer.scan()] == [Customer]
    assert (Order.query(customer_id="1").count(), Order.scan().count(), Customer.scan().count()) == (3, 3, 1)
    assert [each.order_id for each in Order.ByStatus.query(status="open").reverse()] == ["8", "7"]


def test_query_of_a_model_whose_keys_are_its_own_has_no_filter_and_a_scan_has_one(shop: None) -> None:
    for query in (Order.query(customer_id="1"), Customer.query(customer_id="1"), Order.ByStatus.query(status="open")):
        request = query.explain().request
        assert request is not None
        assert "FilterExpression" not in request
    scan = Order.scan().explain().request
    assert scan is not None
    assert "FilterExpression" in scan


def test_table_is_described_by_its_class_and_not_by_its_models(connected: Backend) -> None:
    assert not Shop.exists
    for create in (Shop.create_table, table_of(Order).create_table):
        created = dynamorm.explain(create).operations[0].operation
        assert isinstance(created, CreateTable)
        assert [each.name for each in created.spec.indexes] == ["gsi1"]
        assert created.spec.stream == "NEW_IMAGE"
    table_of(Order).create_table()
    assert Shop.exists
    with pytest.raises(TableAlreadyExists):
        Shop.create_table()
    dynamorm.create_all([Shop, Order, Customer])
    assert list(Shop.plan()) == list(table_of(Customer).plan()) == []
    assert Shop.update_table() == table_of(Order).update_table() == 0
    assert dynamorm.explain(Shop.delete).operations[0].table == "table 'shop'"
    assert Shop.delete()
    assert not Shop.exists


@pytest.mark.one_schema_library
def test_table_has_the_tags_of_its_class(sqlite_memory: Backend) -> None:
    class Tagged(SharedTable):
        name = "tagged"
        hash_key = "pk"
        tags = {"team": "shop"}  # noqa: RUF012 - a setting

    with dynamorm.using(sqlite_memory):
        (created,) = dynamorm.explain(Tagged.create_table).operations
        assert isinstance(created.operation, CreateTable)
        assert created.operation.tags == {"team": "shop"}
        Tagged.create_table()
        assert list(Tagged.plan()) == []


def test_verbs_of_the_table_are_awaited(connected: Backend) -> None:
    async def use() -> None:
        await dynamorm.acreate_all([Shop])
        assert await Shop.aexists()
        assert not list(await Shop.aplan())
        assert await Shop.aupdate_table() == 0
        await Shop.adelete()
        await Shop.acreate_table()

    asyncio.run(use())


def test_shared_table_knows_its_models() -> None:
    assert Shop.models == (Customer, Order)
    assert repr(Shop) == "<Shared table 'shop': Shop>"
    assert repr(Shop.Gsi1) == "<Gsi1, the index 'gsi1' of Shop>"
    assert "the index 'gsi1' of Order" in repr(Order.ByStatus)


def test_derived_shared_table_has_models_and_indexes_of_its_own(connected: Backend) -> None:
    desk = shared_table(Gsi1=index())
    other: Any = types.new_class("Other", (desk,), exec_body=lambda namespace: namespace.update(name="other"))
    uses = types.new_class(
        "BySubject", (other.Gsi1,), exec_body=lambda body: body.update(hash_key=Key("{subject}"), range_key=Key("{id}"))
    )
    ticket = model_of(other, BySubject=uses)
    assert (desk.models, other.models) == ((), (ticket,))
    other.create_table()
    ticket(id="1", subject="a").save()
    assert [each.id for each in ticket.BySubject.query(subject="a")] == ["1"]
    assert not desk.exists


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"hash_key": None}, MissingTableAttribute, "Desk needs a 'hash_key'"),
        ({"hash_key": Key("A#{id}")}, InvalidKey, "The hash_key of Desk is a Key, but a shared table names attributes"),
        ({"range_key": Key("A#{id}")}, InvalidKey, "The range_key of Desk is a Key"),
        ({"Gsi1": index(hash_key=Key("A"))}, InvalidKey, "The hash_key of the index Gsi1 of Desk is a Key"),
        ({"kind": 3}, DynaModelException, "The kind of Desk is the name of the attribute that tells its models apart"),
        ({"kind": "sk"}, DynaModelException, "The kind of Desk is 'sk', which is a key of the table or of an index"),
        ({"kind_of": 3}, DynaModelException, "The kind_of of Desk is a function"),
        ({"key_types": {"sx": int}}, DynaModelException, "The key_types of Desk name 'sx', which is no key"),
        ({"key_types": {"sk": float}}, DynaModelException, "give 'sk' a type that a key can't have"),
        ({"key_types": "int"}, DynaModelException, "The key_types of Desk are a dict of types"),
        ({"sort_key": "sk"}, DynaModelException, "Desk has no setting 'sort_key'. Did you mean 'range_key'?"),
        ({"escape": "yes"}, DynaModelException, "The escape of Desk must be True or False"),
        ({"stream": "ALL"}, DynaModelException, "The stream 'ALL' of"),
        ({"Gsi1": index(), "Gsi2": index()}, DynaModelException, "Two indexes of Desk have the name 'gsi1'"),
        ({"Lsi": index(LocalIndex)}, MissingTableAttribute, "is local, so it needs the table's hash key 'pk'"),
        ({"version": "v"}, DynaModelException, "'version' in Desk belongs in the Table of a model"),
    ],
)
def test_wrong_settings_of_a_shared_table(settings: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        shared_table(**settings)


@pytest.mark.one_schema_library
def test_base_without_a_name_is_no_table_yet() -> None:
    base = shared_table(name=None)
    with pytest.raises(DynaModelException, match="Desk is no table by itself: it has no name"):
        base.create_table()
    other = types.new_class("Other", (base,), exec_body=lambda namespace: namespace.update(name="other"))
    assert model_of(other).Table.name == "other"


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"kind": ...}, DynaModelException, "The Table of Ticket needs a kind, such as kind = 'ticket'"),
        ({"hash_key": ...}, InvalidKey, "The Table of Ticket has no hash_key. Write a template"),
        ({"range_key": ...}, InvalidKey, "The Table of Ticket has no range_key"),
        (
            {"hash_key": "id"},
            InvalidKey,
            "The hash_key of the Table of Ticket names a field 'id', where a model of Desk",
        ),
        ({"range_key": "sk"}, InvalidKey, "The range_key of the Table of Ticket names the attribute 'sk', where"),
        ({"hash_key": 3}, InvalidKey, "The hash_key of the Table of Ticket must be a Key"),
        ({"hash_key": Key("A#{id}", attribute="x")}, InvalidKey, "names the attribute 'x', but that is for Desk"),
        (
            {"read": 3},
            DynaModelException,
            "'read' in the Table of Ticket is a setting of the whole table. Set it in Desk",
        ),
        ({"name": "x"}, DynaModelException, "'name' in the Table of Ticket is a setting of the whole table"),
        ({"ttl": "subject"}, DynaModelException, "The Table of Ticket has a ttl, but Desk has none"),
        ({"kind_attribute": "x"}, DynaModelException, "'kind_attribute' in the Table of Ticket is the 'kind' of Desk"),
        ({"versoin": "x"}, DynaModelException, "The Table of Ticket has no setting 'versoin'. Did you mean 'version'?"),
        ({"overlaps": 3}, DynaModelException, "The overlaps of the Table of Ticket are a list of names"),
    ],
)
def test_wrong_settings_of_a_model(settings: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        model_of(shared_table(), **settings)


@pytest.mark.one_schema_library
def test_model_of_the_base_itself_is_refused() -> None:
    with pytest.raises(DynaModelException, match="inherits from SharedTable itself, which has no name"):
        model_of(SharedTable)


@pytest.mark.one_schema_library
def test_model_adds_no_index_and_changes_none() -> None:
    desk = shared_table(Gsi1=index())
    with pytest.raises(DynaModelException, match="The index Gsi1 of Ticket is not one of Desk: indexes belong to the"):
        model_of(desk, Gsi1=index())
    for changed in ({"projection": ProjectKeys()}, {"name": "other"}, {"read": 3}):
        given = {"hash_key": Key("A#{id}"), "range_key": Key("{id}"), **changed}
        use = type("Use", (desk.Gsi1,), given)
        with pytest.raises(DynaModelException, match=r"of the index Use of Ticket is that of Desk\.Gsi1"):
            model_of(desk, Use=use)
    use = types.new_class("Use", (desk.Gsi1,), exec_body=lambda body: body.update(hash_key=Key("A#{id}")))
    with pytest.raises(InvalidKey, match="The index Use of Ticket has no range_key"):
        model_of(desk, Use=use)


@pytest.mark.one_schema_library
def test_settings_of_a_shared_table_are_fixed() -> None:
    with pytest.raises(DynaModelException, match="The name of Shop is fixed when the class is defined"):
        Shop.name = "other"


@pytest.mark.one_schema_library
@pytest.mark.parametrize("verb", ["query", "scan", "get_batch", "transact_get", "load", "models"])
def test_verbs_of_the_shared_table_are_not_those_of_a_model_s_table(verb: str) -> None:
    with pytest.raises(UnknownAttribute, match=rf"The Table of Order has no '{verb}', which is a verb of the shared"):
        getattr(table_of(Order), verb)


def test_two_models_with_one_kind_are_refused() -> None:
    desk = shared_table()
    model_of(desk)
    with pytest.raises(
        DynaModelException, match=r"Other has the kind 'ticket', which is that of .*Ticket in Desk already"
    ):
        model_of(desk, "Other", kind="ticket")


def test_two_models_that_can_claim_one_item_are_refused() -> None:
    desk = shared_table()
    model_of(desk, hash_key=Key("T#{id}"), range_key=Key("{subject}"))
    with pytest.raises(
        DynaModelException, match=r"Ticket and Note can have the same keys in Desk: 'T#\{id\}' and '\{subject\}', and"
    ):
        model_of(desk, "Note", hash_key=Key("T#{id}"), range_key=Key("NOTE"))
    assert [each.__name__ for each in desk.models] == ["Ticket"]
    model_of(desk, "Memo", hash_key=Key("T#{id}"), range_key=Key("MEMO#{id}"))


def test_overlap_that_is_meant_is_read_with_a_filter(connected: Backend) -> None:
    desk = shared_table()
    ticket = model_of(desk, hash_key=Key("T#{id}"), range_key=Key("{subject}"))
    note = model_of(desk, "Note", hash_key=Key("T#{id}"), range_key=Key("NOTE"), overlaps=["Ticket"])
    desk.create_table()
    ticket(id="1", subject="A").save()
    note(id="1").save()
    assert [each.subject for each in ticket.query(id="1")] == ["A"]
    assert [type(each) for each in note.query(id="1")] == [note]
    with pytest.raises(WrongKind, match="is of the kind of Note"):
        ticket.get(id="1", subject="NOTE")


def test_keys_that_begin_alike_are_read_with_a_filter(connected: Backend) -> None:
    desk = shared_table()
    ticket = model_of(desk, hash_key=Key("T#{id}"), range_key=Key("T#{subject}"))
    note = model_of(desk, "Note", hash_key=Key("T#{id}"), range_key=Key("T#{subject}#NOTE"))
    desk.create_table()
    ticket(id="1", subject="A").save()
    note(id="1", subject="A").save()
    assert [type(each) for each in ticket.query(id="1")] == [ticket]
    assert [type(each) for each in note.query(id="1")] == [note]
    explained = ticket.query(id="1").explain()
    assert any("other models" in str(warning) for warning in explained.warnings)
    assert not any("other models" in str(warning) for warning in ticket.query(id="1", subject="A").explain().warnings)


def test_index_in_which_two_models_can_have_one_key_holds_the_kind() -> None:
    desk = shared_table(Gsi1=index(projection=ProjectKeys()))

    def use() -> type:
        return types.new_class(
            "Use", (desk.Gsi1,), exec_body=lambda body: body.update(hash_key=Key("{subject}"), range_key=Key("{id}"))
        )

    ticket = model_of(desk, Use=use())
    with pytest.raises(
        DynaModelException, match=r"Ticket and Note can have the same keys in the index gsi1 of Desk, and the index Use"
    ):
        model_of(desk, "Note", Use=use())
    assert desk.models == (ticket,)


def test_index_that_holds_only_keys_tells_models_by_them(connected: Backend) -> None:
    desk = shared_table(Gsi1=index(projection=ProjectKeys()))

    def use(text: str) -> type:
        return types.new_class(
            "Use", (desk.Gsi1,), exec_body=lambda body: body.update(hash_key=Key(text), range_key=Key("{id}"))
        )

    ticket = model_of(desk, Use=use("T#{subject}"))
    note = model_of(desk, "Note", Use=use("N#{subject}"))
    desk.create_table()
    ticket(id="1", subject="a").save()
    note(id="2", subject="a").save()
    assert [(type(each), each.id, each.subject) for each in ticket.Use.query(subject="a")] == [(ticket, "1", "a")]
    assert [type(each) for each in note.Use.scan()] == [note]
    assert note.Use.scan().count() == 1


def test_keys_alone_tell_models_apart(connected: Backend) -> None:
    desk = shared_table(kind=None)
    ticket, note = model_of(desk, kind=...), model_of(desk, "Note", kind=...)
    desk.create_table()
    ticket(id="1").save()
    note(id="1").save()
    ticket.update_item(id="2", subject="a")
    assert table_of(ticket).get(pk="TICKET#1", sk="TICKET") == {"pk": "TICKET#1", "sk": "TICKET", "id": "1"}
    assert [type(each) for each in note.scan()] == [note]
    assert sorted(each.id for each in ticket.scan()) == ["1", "2"]
    assert (ticket.scan().count(), note.scan().count()) == (2, 1)
    assert type(ticket.get(id="1")) is ticket
    with pytest.raises(DynaModelException, match="can have the same keys in Desk"):
        model_of(desk, "Other", kind=..., hash_key=Key("NOTE#{id}"), range_key=Key("NOTE"), overlaps=["Note"])


def test_item_without_a_kind_is_of_the_model_whose_templates_give_its_key(connected: Backend) -> None:
    desk = shared_table()
    ticket, note = model_of(desk), model_of(desk, "Note")
    desk.create_table()
    table_of(note).put({"pk": "NOTE#1", "sk": "NOTE", "id": "1"})
    assert type(note.get(id="1")) is note
    assert [type(each) for each in note.scan()] == [note]
    assert list(ticket.scan()) == []
    assert (note.scan().count(), ticket.scan().count(), desk.scan(ticket).count()) == (1, 0, 0)
    assert (desk.scan(note).count(), desk.scan(ticket, note).count(), desk.scan().count()) == (1, 1, 1)
    note.update_item(id="1", subject="a")
    stored = table_of(note).get(pk="NOTE#1", sk="NOTE")
    assert stored is not None
    assert stored["kind"] == "note"


def test_program_says_which_kind_an_item_of_a_shared_table_has(connected: Backend) -> None:
    desk = shared_table(kind_of=staticmethod(lambda item: item.get("type")))
    ticket, note = model_of(desk), model_of(desk, "Note")
    desk.create_table()
    table_of(note).put({"pk": "NOTE#1", "sk": "NOTE", "id": "1", "type": "note"})
    assert type(note.get(id="1")) is note
    assert (note.scan().count(), ticket.scan().count(), len(list(ticket.scan()))) == (1, 0, 0)


def test_key_that_is_a_number(connected: Backend) -> None:
    desk = shared_table(key_types={"sk": int})

    class Schema:
        id = fields.text(required=True)
        number = fields.integer(required=True)

    ticket = model_of(desk, schema=Schema, range_key=Key("{number}"))
    desk.create_table()
    for number in (2, 10):
        ticket(id="1", number=number).save()
    assert [each.number for each in ticket.query(id="1", number__gte=2)] == [2, 10]
    assert table_of(ticket).get(pk="TICKET#1", sk=10) is not None


def test_index_of_attributes_is_used_with_the_fields_that_are_stored_as_them(connected: Backend) -> None:
    desk = shared_table(Gsi1=index(hash_key=["subject", "id"], range_key=None))
    use = type("Use", (desk.Gsi1,), {})
    ticket = model_of(desk, Use=use)
    desk.create_table()
    ticket(id="1", subject="a").save()
    assert [each.id for each in ticket.Use.query(subject="a", id="1")] == ["1"]


def test_local_index_has_the_hash_key_of_the_model(connected: Backend) -> None:
    desk = shared_table(Lsi=index(LocalIndex, name="lsi", hash_key="pk", range_key="lsisk"))
    use = types.new_class("Use", (desk.Lsi,), exec_body=lambda body: body.update(range_key=Key("S#{subject}")))
    ticket = model_of(desk, Use=use)
    desk.create_table()
    ticket(id="1", subject="a").save()
    assert [each.id for each in ticket.Use.query(id="1", subject="a")] == ["1"]
    wrong = {"hash_key": Key("X#{id}"), "range_key": Key("S#{subject}")}
    other = types.new_class("Use", (desk.Lsi,), exec_body=lambda body: body.update(wrong))
    with pytest.raises(InvalidKey, match="is local, so it has the hash key of the table"):
        model_of(desk, "Note", Use=other)


def test_time_to_live_is_the_table_s_attribute(connected: Backend) -> None:
    desk = shared_table(ttl="expires", hide_expired=True)

    class Schema:
        id = fields.text(required=True)
        subject = fields.text()
        until = fields.integer(attribute="expires")

    ticket, note = model_of(desk, schema=Schema), model_of(desk, "Note")
    desk.create_table()
    ticket(id="1", until=1).save()
    ticket(id="2").save()
    note(id="1").save()
    assert [each.id for each in ticket.scan()] == ["2"]
    assert [each.id for each in ticket.scan().unexpired(False)] in (["1", "2"], ["2", "1"])
    assert [each.id for each in note.scan()] == ["1"]
    assert ticket.get(id="1") is None
    with pytest.raises(
        DynaModelException, match="is the field 'subject', which is not stored as 'expires', the ttl of"
    ):
        model_of(desk, "Memo", ttl="subject")


def test_index_that_includes_the_kind(connected: Backend) -> None:
    desk = shared_table(Gsi1=index(projection=ProjectInclude("kind")))

    def use() -> type:
        return types.new_class(
            "Use", (desk.Gsi1,), exec_body=lambda body: body.update(hash_key=Key("{subject}"), range_key=Key("{id}"))
        )

    ticket, note = model_of(desk, Use=use()), model_of(desk, "Note", Use=use())
    desk.create_table()
    ticket(id="1", subject="a").save()
    note(id="2", subject="a").save()
    assert [(type(each), each.id) for each in ticket.Use.query(subject="a")] == [(ticket, "1")]
    assert note.Use.query(subject="a").count() == 1

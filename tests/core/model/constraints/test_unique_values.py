"""Values that no two items share: what each write sends, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Unique, using
from dynamorm.data import DeleteItem, Operation, PutItem, TransactWrite, UpdateItem
from dynamorm.exceptions import (
    DynaModelException,
    HashKeyExists,
    InvalidKey,
    InvalidUpdate,
    NotUnique,
    StaleItem,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.event_loops import awaited
from tests.support.tables import table_of


class Customer(DynaModel):
    class Table:
        name = "customers"
        hash_key = "id"
        unique = (Unique("email", by=str.casefold), Unique("tenant", "number"))

    class Schema:
        id = fields.text(required=True)
        email = fields.text(attribute="mail")
        tenant = fields.text()
        number = fields.integer()
        name = fields.text()
        visits = fields.integer()
        tags = fields.list_of(fields.text())


@pytest.fixture(autouse=True)
def sent(backend: Backend) -> Iterator[list[Operation[Any]]]:
    recording = RecordingBackend(backend)
    with using(recording):
        table_of(Customer).create_table()
        yield recording.sent
        table_of(Customer).delete()


def stored(**values: Any) -> Customer:
    customer = Customer(**{"id": "1", "email": "ann@example.com", **values})
    customer.save()
    return customer


def read(key: str = "1") -> Customer:
    found = Customer.get(id=key, consistent=True)
    assert found is not None
    return found


def shapes(sent: list[Operation[Any]]) -> list[Any]:
    """Return the kinds of the operations that were sent; those of a transaction as a list of the kinds of its actions."""
    found: list[Any] = []
    for each in sent:
        inner = [type(action) for action in each.actions] if isinstance(each, TransactWrite) else type(each)
        found.append(inner)
    sent.clear()
    return found


def guards() -> list[str]:
    """Return the keys of all guards of the table, in order."""
    found = []
    for key in ("UNIQUE#mail#ann@example.com", "UNIQUE#mail#bob@example.com", "UNIQUE#tenant+number#t#7"):
        guard = table_of(Customer).get(id=key, consistent=True)
        if guard is not None:
            assert guard["owner"] == {"id": "1"}
            found.append(key.rpartition("#")[2])
    return found


# What each write sends


def test_new_item_is_put_with_its_guards_in_one_request(sent: list[Operation[Any]]) -> None:
    stored(tenant="t", number=7)
    assert shapes(sent) == [[PutItem, PutItem, PutItem]]
    assert guards() == ["ann@example.com", "7"]


def test_item_without_a_value_is_put_alone_unless_there_is_one(sent: list[Operation[Any]]) -> None:
    stored(email=None, tenant="t")
    assert shapes(sent) == [PutItem]
    assert guards() == []
    with pytest.raises(HashKeyExists):
        stored(email=None)


def test_put_unique_create_and_get_or_create_put_guards(sent: list[Operation[Any]]) -> None:
    Customer.put_unique({"id": "1", "email": "ann@example.com"})
    assert shapes(sent) == [[PutItem, PutItem]]
    with pytest.raises(HashKeyExists):
        Customer.create(id="1", email="bob@example.com")
    sent.clear()
    assert not Customer.get_or_create(id="1", defaults={"email": "x"})[1]
    with pytest.raises(NotUnique):
        Customer.get_or_create(id="2", defaults={"email": "ann@example.com"})
    assert guards() == ["ann@example.com"]


def test_update_that_does_not_concern_the_value_is_a_plain_update(sent: list[Operation[Any]]) -> None:
    customer = stored()
    sent.clear()
    customer.update(name="Ann", visits__add=1)
    customer.name = "Anna"
    customer.save(partial=True)
    Customer.update_item(id="1", name="Annie")
    assert shapes(sent) == [UpdateItem] * 3


def test_update_with_the_same_value_is_a_plain_update_with_a_condition(sent: list[Operation[Any]]) -> None:
    customer, other = stored(), read()
    sent.clear()
    customer.update(email="ann@example.com", name="Ann")
    customer.save()
    assert shapes(sent) == [UpdateItem, PutItem]
    customer.update(email="bob@example.com")
    with pytest.raises(StaleItem, match="'email' differs"):
        other.update(email="ann@example.com")
    with pytest.raises(StaleItem, match="'email' differs"):
        other.save()
    assert guards() == ["bob@example.com"]


def test_another_value_moves_the_guard_in_one_request(sent: list[Operation[Any]]) -> None:
    customer = stored()
    sent.clear()
    customer.update(email="bob@example.com", visits__add=1)
    # What DynamoDB has computed is read.
    assert [type(each).__name__ for each in sent] == ["TransactWrite", "GetItem"]
    assert shapes(sent)[0] == [UpdateItem, DeleteItem, PutItem]
    assert (customer.email, customer.visits) == ("bob@example.com", 1)
    customer.email = "ann@example.com"
    customer.save(partial=True)
    assert shapes(sent) == [[UpdateItem, DeleteItem, PutItem]]
    customer.email = "bob@example.com"
    customer.save()
    assert shapes(sent) == [[PutItem, DeleteItem, PutItem]]
    assert guards() == ["bob@example.com"]
    assert read().to_dict() == customer.to_dict()


def test_from_none_to_a_value_and_back_needs_one_guard(sent: list[Operation[Any]]) -> None:
    customer = stored(email=None)
    sent.clear()
    customer.update(email="ann@example.com")
    assert shapes(sent) == [[UpdateItem, PutItem]]
    customer.update(email=None)
    assert shapes(sent) == [[UpdateItem, DeleteItem]]
    customer.update(email=None)
    assert shapes(sent) == [UpdateItem]
    assert guards() == []


def test_values_with_one_guard_need_only_the_update(sent: list[Operation[Any]]) -> None:
    customer = stored()
    sent.clear()
    customer.update(email="Ann@Example.com")
    assert shapes(sent) == [UpdateItem]
    assert guards() == ["ann@example.com"]
    with pytest.raises(NotUnique):
        Customer(id="2", email="ANN@example.com").save()


def test_delete_deletes_the_guards(sent: list[Operation[Any]]) -> None:
    customer = stored(tenant="t", number=7)
    sent.clear()
    customer.delete()
    assert shapes(sent) == [[DeleteItem, DeleteItem, DeleteItem]]
    assert guards() == []
    customer.save()
    customer.update(email=None, tenant=None)
    sent.clear()
    customer.delete()
    assert shapes(sent) == [DeleteItem]
    assert Customer.get(id="1") is None


def test_delete_of_an_item_whose_value_has_changed_is_stale() -> None:
    customer, other = stored(), read()
    customer.update(email="bob@example.com")
    with pytest.raises(StaleItem, match="'email' differs"):
        other.delete()
    customer.delete()
    with pytest.raises(StaleItem, match="is gone"):
        other.delete()
    assert guards() == []


def test_deleted_instance_may_be_deleted_again(sent: list[Operation[Any]]) -> None:
    customer = stored(tenant="t", number=7)
    customer.delete()
    sent.clear()
    customer.delete()
    with dynamorm.transaction() as tx:
        tx.delete(customer)
    awaited(customer.adelete())
    assert shapes(sent) == [DeleteItem, [DeleteItem], DeleteItem]
    stored(email="bob@example.com")
    with pytest.raises(StaleItem, match=r"has deleted its item.*has created one"):
        customer.delete()
    with pytest.raises(StaleItem, match=r"has deleted its item.*has created one"):
        awaited(customer.adelete())
    assert guards() == ["bob@example.com"]


def test_several_fields_are_unique_together(sent: list[Operation[Any]]) -> None:
    stored(tenant="t", number=7)
    Customer(id="2", tenant="t", number=8).save()
    third = Customer(id="3", tenant="u", number=7)
    third.save()
    with pytest.raises(NotUnique) as caught:
        third.update(tenant="t")
    assert caught.value.fields == ("tenant", "number")
    assert caught.value.owner == {"id": "1"}
    assert str(caught.value) == (
        "'tenant' and 'number' of Customer are, together, unique, and another item has this value. "
        "This write changed nothing."
    )
    sent.clear()
    read("1").update(number=None)
    assert shapes(sent)[1:] == [[UpdateItem, DeleteItem]]
    third.update(tenant="t")
    assert read("3").tenant == "t"


# Taken


def test_value_of_another_item_is_refused_and_the_owner_is_told(sent: list[Operation[Any]]) -> None:
    stored()
    sent.clear()
    other = Customer(id="2", email="ann@example.com")
    with pytest.raises(NotUnique) as caught:
        other.save()
    assert shapes(sent) == [[PutItem, PutItem]]
    assert (caught.value.fields, caught.value.owner) == (("email",), {"id": "1"})
    assert str(caught.value) == (
        "'email' of Customer is unique, and another item has this value. This write changed nothing."
    )
    other.email = "bob@example.com"
    other.save()
    sent.clear()
    with pytest.raises(NotUnique):
        other.update(email="ann@example.com")
    assert len(sent) == 1
    assert Customer.get(id="2").to_dict() == {"id": "2", "mail": "bob@example.com"}  # type: ignore[union-attr]


def test_existing_key_is_told_before_a_taken_value() -> None:
    stored()
    with pytest.raises(HashKeyExists):
        stored()


def test_two_writers_race_for_one_value() -> None:
    first, second = Customer(id="1", email=None), Customer(id="2", email=None)
    first.save()
    second.save()
    first.update(email="ann@example.com")
    with pytest.raises(NotUnique):
        second.update(email="ann@example.com")
    assert guards() == ["ann@example.com"]


def test_of_many_threads_that_want_one_value_one_gets_it() -> None:
    def saves(key: str) -> bool:
        try:
            Customer(id=key, email="ann@example.com").save()
        except NotUnique:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        # Each thread uses the backend of this block.
        futures = [pool.submit(copy_context().run, saves, str(number)) for number in range(12)]
        won = [number for number, future in enumerate(futures) if future.result()]
    assert len(won) == 1
    found = Customer.by_unique(email="ann@example.com")
    assert found is not None
    assert found.id == str(won[0])
    assert Customer.scan().count() == 1


# Values that are not known


@pytest.mark.parametrize(
    "write",
    [
        lambda: Customer.put({"id": "1"}),
        lambda: Customer.update_item(id="1", email="bob@example.com"),
        lambda: Customer.update_item(id="1", email=None),
        lambda: Customer.delete_item(id="1"),
        lambda: Customer(id="1", partial=True).delete(),
        lambda: Customer(id="1").update(email="bob@example.com"),
        lambda: Customer(id="1", email="bob@example.com").save(partial=True),
    ],
)
def test_write_that_does_not_know_the_value_is_refused(write: Any, sent: list[Operation[Any]]) -> None:
    stored()
    sent.clear()
    with pytest.raises(InvalidUpdate, match=r"Unique\('email'\) of Customer needs the present value of 'email'"):
        write()
    assert sent == []


def test_part_of_an_item_is_enough_if_the_value_is_in_it(sent: list[Operation[Any]]) -> None:
    stored(name="Ann")
    (without,) = Customer.scan().specific_attributes(["id", "name"])
    without.update(name="Anna")
    with pytest.raises(InvalidUpdate, match="present value of 'email'"):
        without.update(email="bob@example.com")
    part = Customer.get(id="1", attrs="id, email")
    assert part is not None
    part.update(email="bob@example.com")
    assert guards() == ["bob@example.com"]


def test_known_values_are_taken_for_the_present_ones(sent: list[Operation[Any]]) -> None:
    stored()
    sent.clear()
    Customer.update_item(id="1", email="bob@example.com", known={"email": "ann@example.com"})
    assert shapes(sent) == [[UpdateItem, DeleteItem, PutItem]]
    assert guards() == ["bob@example.com"]
    with pytest.raises(StaleItem, match="'email' differs"):
        Customer.update_item(id="1", email=None, known={"email": "ann@example.com"})
    unknown = {"email": "bob@example.com", "tenant": None}
    with pytest.raises(InvalidUpdate, match="present value of 'number'"):
        Customer.delete_item(id="1", known=unknown)
    Customer.delete_item(id="1", known={**unknown, "number": None})
    assert guards() == []
    with pytest.raises(StaleItem):
        Customer.delete_item("1", known={**unknown, "number": None})


@pytest.mark.parametrize("change", ["email__if_not_exists", "number__plus"])
def test_value_that_dynamodb_computes_is_refused(change: str) -> None:
    customer = stored(tenant="t", number=7)
    value: object = "x" if change.startswith("email") else 1
    with pytest.raises(InvalidUpdate, match=r"needs the new value of '(email|number)', which DynamoDB would compute"):
        customer.update(**{change: value})  # type: ignore[arg-type]


def test_old_values_are_not_returned_by_a_transaction() -> None:
    customer = stored()
    with pytest.raises(DynaModelException, match=r"because of Unique\('email'\), and a transaction returns no old"):
        customer.delete(return_old=True)
    assert Customer.put(Customer(id="2", email="bob@example.com"), return_old=True) is None
    customer.update(name="Ann", email="x", return_all=True)
    assert (customer.name, customer.email) == ("Ann", "x")


def test_batches_are_refused() -> None:
    message = r"Customer has Unique\('email'\), and a batch can't keep to it"
    with pytest.raises(DynaModelException, match=message):
        Customer.put_batch({"id": "1"})
    with pytest.raises(DynaModelException, match=message):
        Customer.delete_batch("1")
    with pytest.raises(DynaModelException, match=message), dynamorm.batch() as batch:
        batch.put(Customer(id="1"))
    with pytest.raises(DynaModelException, match=message), dynamorm.batch() as batch:
        batch.delete(Customer, "1")


# Look-ups and reads


def test_by_unique_reads_the_guard_and_the_item(sent: list[Operation[Any]]) -> None:
    stored(tenant="t", number=7)
    sent.clear()
    found = Customer.by_unique(email="ANN@example.com")
    assert found is not None
    assert found.id == "1"
    assert [type(each).__name__ for each in sent] == ["GetItem", "GetItem"]
    assert Customer.by_unique(email="bob@example.com") is None
    assert Customer.by_unique(number=7, tenant="t") is not None
    again = awaited(Customer.aby_unique(email="ann@example.com"))
    assert again is not None
    assert dynamorm.verbs.by_unique(Customer, email="x") is None


@pytest.mark.one_schema_library
def test_by_unique_takes_the_fields_of_one_rule() -> None:
    message = r"takes all fields of one rule: by_unique\(email=…\) or by_unique\(tenant=…, number=…\)"
    with pytest.raises(InvalidKey, match=message):
        Customer.by_unique(tenant="t")
    with pytest.raises(InvalidKey, match="given None as 'email'"):
        Customer.by_unique(email=None)


@pytest.mark.one_schema_library
def test_get_by_a_unique_field_leads_to_by_unique() -> None:
    with pytest.raises(InvalidKey, match=r"'email' is not part of .* use Customer\.by_unique\(email=…\)\.$"):
        Customer.get(email="ann@example.com")
    with pytest.raises(InvalidKey, match=r"use Customer\.by_unique\(tenant=…, number=…\)\.$"):
        Customer.get(number=7)
    with pytest.raises(InvalidKey, match=r"To find items by other fields, use query with an index, or scan\.$"):
        Customer.get(name="Ann")


def test_by_unique_does_not_believe_a_guard_whose_item_has_another_value() -> None:
    stored()
    table_of(Customer).put({"id": "1", "mail": "bob@example.com"})
    assert Customer.by_unique(email="ann@example.com") is None


def test_reads_leave_out_guards() -> None:
    stored(tenant="t", number=7)
    assert [each.id for each in Customer.scan()] == ["1"]
    assert [each.id for each in Customer.scan(name__not_exists=True).parallel(3)] == ["1"]
    assert Customer.scan().count() == 1
    guard = "UNIQUE#mail#ann@example.com"
    assert Customer.get(id=guard) is None
    assert not Customer.exists(guard)
    assert [each.id for each in Customer.get_batch(["1", guard])] == ["1"]
    with pytest.raises(InvalidKey, match="begins with 'UNIQUE#', as those of the guards"):
        Customer(id=guard).save()


# In transactions


def test_action_of_a_transaction_tells_why_it_failed() -> None:
    stored()
    with pytest.raises(dynamorm.exceptions.TransactionConditionFailed) as caught, dynamorm.transaction() as tx:
        tx.put(Customer(id="2", email="bob@example.com"))
        tx.put(Customer(id="3", email="ann@example.com"))
    fine, failed = caught.value.reasons
    assert (fine.code, fine.constraint) == ("None", None)
    assert (failed.code, failed.constraint) == ("ConditionalCheckFailed", "Unique('email')")
    assert (failed.action, failed.key, failed.model, failed.item) == ("PutItem", {"id": "3"}, "Customer", None)
    assert isinstance(failed.error, NotUnique)
    assert failed.error.owner == {"id": "1"}
    assert "action 2, PutItem of Customer: 'email' of Customer is unique" in str(caught.value)
    assert guards() == ["ann@example.com"]


def test_transaction_moves_values_between_items() -> None:
    first = stored()
    second = Customer(id="2", email="bob@example.com")
    second.save()
    with dynamorm.transaction() as tx:
        tx.update(first, email="bob@example.com")
        tx.update(second, email="ann@example.com")
    owner = Customer.by_unique(email="bob@example.com")
    assert owner is not None
    assert owner.id == "1"
    assert (first.email, second.email) == ("bob@example.com", "ann@example.com")
    with dynamorm.transaction() as tx:
        tx.delete(first)
        tx.put(Customer(id="3", email="bob@example.com"))
    owner = Customer.by_unique(email="bob@example.com")
    assert owner is not None
    assert owner.id == "3"


def test_two_new_items_with_one_value_are_refused_before_anything_is_sent(sent: list[Operation[Any]]) -> None:
    message = "actions 1 and 2 of a transaction contradict one another"
    with pytest.raises(InvalidUpdate, match=message), dynamorm.transaction() as tx:
        tx.put(Customer(id="1", email="ann@example.com"))
        tx.put(Customer(id="2", email="ann@example.com"))
    assert sent == []


def test_verbs_of_the_model_take_known_values_in_a_transaction() -> None:
    stored()
    with dynamorm.transaction() as tx:
        tx.update(Customer, id="1", email="bob@example.com", known={"email": "ann@example.com"})
    assert guards() == ["bob@example.com"]
    with dynamorm.transaction() as tx:
        tx.delete(Customer, "1", known={"email": "bob@example.com", "tenant": None, "number": None})
    assert guards() == []
    with pytest.raises(InvalidUpdate, match="present value of 'email'"), dynamorm.transaction() as tx:
        tx.delete(Customer, "1")


def test_move_takes_the_guards_along(sent: list[Operation[Any]]) -> None:
    customer = stored(tenant="t", number=7)
    sent.clear()
    customer.move(id="2")
    assert shapes(sent)[1] == [PutItem, DeleteItem, PutItem, PutItem]
    owner = Customer.by_unique(email="ann@example.com")
    assert owner is not None
    assert owner.id == "2"
    owner.delete()
    assert guards() == []


def test_awaited_verbs_send_the_same(sent: list[Operation[Any]]) -> None:
    async def writes() -> None:
        customer = Customer(id="1", email="ann@example.com")
        await customer.asave()
        await customer.aupdate(email="bob@example.com")
        await customer.adelete()

    awaited(writes())
    assert shapes(sent) == [[PutItem, PutItem], [UpdateItem, DeleteItem, PutItem], [DeleteItem, DeleteItem]]

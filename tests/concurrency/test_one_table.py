"""Three models on one table, changed in any order, while answers get lost.

After each step the stored items are compared with a plain dictionary: the keys of each item are those of its fields,
each unique value has one guard, counters are what is counted, and collections return each item once, as its own class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import dynamorm
from dynamorm import PROTECT, Count, DynaModel, GlobalIndex, Key, ManyToOne, ProjectAll, Q, SharedTable, Sum, Unique
from dynamorm.data import DeleteItem, Operation, Scan
from dynamorm.exceptions import ConditionFailed, DynamoException
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.counts import COUNTS
from tests.support.state_machines import run_programs

Result = TypeVar("Result")
#: The name of a model, and the values of an item's key.
ItemKey: TypeAlias = tuple[str, tuple[Any, ...]]
Values: TypeAlias = dict[str, Any]


class Shop(SharedTable):
    name = "one-table"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("PROFILE")
        unique = [Unique("email")]  # noqa: RUF012 - a setting

    class Schema:
        customer: str
        email: str | None = None
        city: str | None = None
        orders: int | None = None
        live_orders: int | None = None
        spent: int | None = None


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("ORDER#{day:02d}#{number:02d}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{day:02d}#{number:02d}#{customer}")
        only_if = Q(status__ne="archived")

    class Schema:
        customer: str
        day: int
        number: int
        status: str | None = None
        total: int = 0

    owner = ManyToOne(
        Customer,
        query=lambda order: {"customer": order.customer},
        required=True,
        on_delete=PROTECT,
        counters=[
            Count("orders"),
            Count("live_orders", where=Q(status__ne="archived")),
            Sum("spent", "total"),
        ],
    )


class Ticket(DynaModel):
    class Table(Shop):
        kind = "ticket"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("TICKET#{number:02d}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("T#{number:02d}#{customer}")

    class Schema:
        customer: str
        number: int
        status: str | None = None


MODELS: dict[str, Any] = {"Customer": Customer, "Order": Order, "Ticket": Ticket}
KEYS = {"Customer": ("customer",), "Order": ("customer", "day", "number"), "Ticket": ("customer", "number")}
CUSTOMERS = st.sampled_from("12")
EMAILS = st.none() | st.sampled_from(("a@example.com", "b@example.com"))
NUMBERS = st.integers(1, 2)
DAYS = st.integers(1, 3)
STATUSES = st.none() | st.sampled_from(("open", "paid", "archived"))
TOTALS = st.integers(0, 3)
WAYS = st.sampled_from(("save", "save in part", "update", "transaction", "update_item"))


class LosingBackend(RecordingBackend):
    """Loses the responses to the next *losses* writes, and sends each of these again, as a client does."""

    losses = 0
    #: The name of the last operation whose response was lost.
    lost = ""

    def execute(self, operation: Operation[Result]) -> Result:
        self.sent.clear()
        name = type(operation).__name__
        is_write = name in {"PutItem", "UpdateItem", "DeleteItem", "TransactWrite", "BatchWrite"}
        if not (self.losses and is_write):
            return super().execute(operation)
        self.losses -= 1
        self.lost = name
        COUNTS["lost responses"] += 1
        super().execute(operation)
        try:
            return super().execute(operation)
        except DynamoException as error:
            error.retries, error.unconfirmed_attempts = 1, 1
            raise


class ThreeModels(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        #: The values of each item besides its key and what is counted, by the name of its model and its key.
        self.stored: dict[ItemKey, Values] = {}
        for item in raw_items():
            CURRENT.execute(_deletion(item))

    # Customers, whose e-mail addresses are unique.

    @rule(customer=CUSTOMERS, email=EMAILS, lost=st.booleans())
    def add_customer(self, customer: str, email: str | None, lost: bool) -> None:
        key = ("Customer", (customer,))
        fails = key in self.stored or self._is_taken(email, key)
        instance = Customer(customer=customer, email=email)
        self._write(instance.save, {key: {"email": email, "city": None}}, fails=fails, lost=lost)

    @rule(customer=CUSTOMERS, email=EMAILS, city=EMAILS, way=WAYS, lost=st.booleans())
    def change_customer(self, customer: str, email: str | None, city: str | None, way: str, lost: bool) -> None:
        key = ("Customer", (customer,))
        if key not in self.stored:
            return
        changes = {"email": email, "city": city}
        write = self._change(key, changes, way, known={"email": self.stored[key]["email"]})
        self._write(write, {key: changes}, fails=self._is_taken(email, key), lost=lost)

    @rule(customer=CUSTOMERS, way=st.sampled_from(("delete", "transaction")), lost=st.booleans())
    def delete_customer(self, customer: str, way: str, lost: bool) -> None:
        key = ("Customer", (customer,))
        if key in self.stored:
            self._write(self._delete(key, way), {key: None}, fails=bool(self._orders_of(customer)), lost=lost)

    @rule(customer=CUSTOMERS, other=CUSTOMERS, way=st.sampled_from(("move", "transaction")), lost=st.booleans())
    def move_customer(self, customer: str, other: str, way: str, lost: bool) -> None:
        key: ItemKey = ("Customer", (customer,))
        if key not in self.stored or other == customer:
            return
        moved: ItemKey = ("Customer", (other,))
        fails = moved in self.stored or bool(self._orders_of(customer))
        changes = {key: None, moved: self.stored[key]}
        self._write(self._move(key, way, customer=other), changes, fails=fails, lost=lost)

    # Orders, which count in their customer.

    @rule(customer=CUSTOMERS, day=DAYS, number=NUMBERS, status=STATUSES, total=TOTALS, lost=st.booleans())
    def add_order(self, customer: str, day: int, number: int, status: str | None, total: int, lost: bool) -> None:
        key = ("Order", (customer, day, number))
        order = Order(customer=customer, day=day, number=number, status=status, total=total)
        fails = key in self.stored or ("Customer", (customer,)) not in self.stored
        self._write(order.save, {key: {"status": status, "total": total}}, fails=fails, lost=lost)

    @rule(customer=CUSTOMERS, day=DAYS, statuses=st.tuples(STATUSES, STATUSES), lost=st.booleans())
    def add_two_orders(self, customer: str, day: int, statuses: tuple[str | None, str | None], lost: bool) -> None:
        keys: list[ItemKey] = [("Order", (customer, day, number)) for number in (1, 2)]
        changes: dict[ItemKey, Values] = {
            key: {"status": status, "total": 1} for key, status in zip(keys, statuses, strict=True)
        }

        def write() -> None:
            with dynamorm.transaction() as tx:
                for (_, (_, _, number)), values in changes.items():
                    tx.save(Order(customer=customer, day=day, number=number, **values))

        fails = any(key in self.stored for key in keys) or ("Customer", (customer,)) not in self.stored
        self._write(write, dict(changes), fails=fails, lost=lost)

    @rule(data=st.data(), status=STATUSES, total=TOTALS, way=WAYS, lost=st.booleans())
    def change_order(self, data: st.DataObject, status: str | None, total: int, way: str, lost: bool) -> None:
        if key := self._any("Order", data):
            changes = {"status": status, "total": total}
            self._write(self._change(key, changes, way, known=dict(self.stored[key])), {key: changes}, lost=lost)

    @rule(
        data=st.data(),
        customer=CUSTOMERS,
        day=DAYS,
        way=st.sampled_from(("move", "transaction")),
        lost=st.booleans(),
    )
    def move_order(self, data: st.DataObject, customer: str, day: int, way: str, lost: bool) -> None:
        """Give an order another day, or another customer, who has to be there, and counts it from then on."""
        key = self._any("Order", data)
        target: ItemKey = ("Order", (customer, day, key[1][2])) if key else ("Order", ())
        if key is None or key == target:
            return
        fails = target in self.stored or ("Customer", (customer,)) not in self.stored
        changes = {key: None, target: self.stored[key]}
        self._write(self._move(key, way, customer=customer, day=day), changes, fails=fails, lost=lost)

    @rule(data=st.data(), way=st.sampled_from(("delete", "transaction")), lost=st.booleans())
    def delete_order(self, data: st.DataObject, way: str, lost: bool) -> None:
        if key := self._any("Order", data):
            self._write(self._delete(key, way), {key: None}, lost=lost)

    # Tickets, which have no constraints, so that batches take them.

    @rule(
        customer=CUSTOMERS,
        number=NUMBERS,
        status=STATUSES,
        way=st.sampled_from(("put", "save", "batch")),
        lost=st.booleans(),
    )
    def put_ticket(self, customer: str, number: int, status: str | None, way: str, lost: bool) -> None:
        values: Values = {"customer": customer, "number": number, "status": status}

        def write() -> None:
            if way == "put":
                Ticket.put(values)
            elif way == "save":
                Ticket(**values).save()
            else:
                with dynamorm.batch() as batch:
                    batch.put(Ticket(**values))

        self._write(write, {("Ticket", (customer, number)): {"status": status}}, lost=lost)

    @rule(data=st.data(), status=STATUSES, way=WAYS, lost=st.booleans())
    def change_ticket(self, data: st.DataObject, status: str | None, way: str, lost: bool) -> None:
        if key := self._any("Ticket", data):
            self._write(self._change(key, {"status": status}, way), {key: {"status": status}}, lost=lost)

    @rule(data=st.data(), way=st.sampled_from(("delete", "transaction", "batch")), lost=st.booleans())
    def delete_ticket(self, data: st.DataObject, way: str, lost: bool) -> None:
        if key := self._any("Ticket", data):
            self._write(self._delete(key, way), {key: None}, lost=lost)

    @rule(data=st.data(), customer=CUSTOMERS, number=NUMBERS, way=st.sampled_from(("move", "transaction")))
    def move_ticket(self, data: st.DataObject, customer: str, number: int, way: str) -> None:
        key = self._any("Ticket", data)
        target: ItemKey = ("Ticket", (customer, number))
        if key is None or key == target:
            return
        changes = {key: None, target: self.stored[key]}
        self._write(self._move(key, way, customer=customer, number=number), changes, fails=target in self.stored)

    @rule(customer=CUSTOMERS, status=STATUSES, city=EMAILS, lost=st.booleans())
    def change_all_at_once(self, customer: str, status: str | None, city: str | None, lost: bool) -> None:
        """Change a customer, and an order and a ticket of that customer, in one transaction."""
        keys = [key for key in self.stored if key[1][0] == customer and key[0] != "Customer"]
        if not keys or ("Customer", (customer,)) not in self.stored:
            return
        changes: dict[ItemKey, Values] = {key: {**self.stored[key], "status": status} for key in keys}
        owner: ItemKey = ("Customer", (customer,))

        def write() -> None:
            with dynamorm.transaction() as tx:
                for key in changes:
                    instance = self._read(key)
                    instance.status = status
                    tx.save(instance, partial=True)
                instance = self._read(owner)
                instance.city = city
                tx.save(instance, partial=True)

        self._write(write, {**changes, owner: {**self.stored[owner], "city": city}}, lost=lost)

    # Writes of instances that were read before another writer came between.

    @rule(customer=CUSTOMERS, city=EMAILS, day=DAYS, way=st.sampled_from(("save", "save in part")))
    def save_stale_customer(self, customer: str, city: str | None, day: int, way: str) -> None:
        key: ItemKey = ("Customer", (customer,))
        order: ItemKey = ("Order", (customer, day, 1))
        if key not in self.stored:
            return
        write = self._change(key, {"city": city}, way)
        if order in self.stored:
            self._write(self._delete(order, "delete"), {order: None})
        else:
            added = Order(customer=customer, day=day, number=1)
            self._write(added.save, {order: {"status": None, "total": 0}})
        self._write_unless_stale(write, {key: {**self.stored[key], "city": city}})

    @rule(data=st.data(), statuses=st.tuples(STATUSES, STATUSES), total=TOTALS, way=WAYS)
    def change_stale_order(
        self, data: st.DataObject, statuses: tuple[str | None, str | None], total: int, way: str
    ) -> None:
        key = self._any("Order", data)
        if key is None or way == "update_item":
            return
        before, (status, others) = self.stored[key], statuses
        write = self._change(key, {"status": status, "total": total}, way)
        others_write = self._change(key, {"status": others}, "update")
        self._write(others_write, {key: {**before, "status": others}})
        changes = {"status": status, "total": total}
        if way == "save in part" or way == "transaction":
            changes = {name: value for name, value in changes.items() if before[name] != value}
        self._write_unless_stale(write, {key: {**self.stored[key], **changes}})

    # What must hold

    @invariant()
    def the_table_is_right(self) -> None:
        found = raw_items()
        self._each_item_has_the_keys_of_its_fields(found)
        self._each_unique_value_has_one_guard(found)
        self._counters_are_what_is_counted()
        self._collections_return_each_item_once_as_its_own_class()

    def teardown(self) -> None:
        """Let the library's own upkeep look for what is wrong."""
        assert list(Shop.check(counters=True)) == []
        assert (done := Shop.reindex()).changed == done.moved == done.skipped == 0

    def _each_item_has_the_keys_of_its_fields(self, items: list[dict[str, Any]]) -> None:
        found = {(item["pk"], item["sk"]): item for item in items if item.get("kind") in _KINDS}
        expected = {}
        for (model, key), values in self.stored.items():
            item = _expected_item(model, {**dict(zip(KEYS[model], key, strict=True)), **values})
            expected[item["pk"], item["sk"]] = item
        counted = {"orders", "live_orders", "spent"}
        assert {
            key: {name: value for name, value in item.items() if name not in counted} for key, item in found.items()
        } == expected

    def _each_unique_value_has_one_guard(self, items: list[dict[str, Any]]) -> None:
        guards = [item for item in items if item.get("kind") not in _KINDS]
        owners = sorted(item["owner"]["pk"] for item in guards)
        expected = [f"CUSTOMER#{key[0]}" for (model, key), values in self.stored.items() if values.get("email")]
        assert owners == sorted(expected)
        for (model, key), values in self.stored.items():
            if model == "Customer" and values["email"] is not None:
                found = Customer.by_unique(email=values["email"])
                assert found is not None
                assert found.customer == key[0]

    def _counters_are_what_is_counted(self) -> None:
        for customer in Customer.scan():
            orders = [values for (_, _), values in self._orders_of(customer.customer).items()]
            assert (customer.orders or 0, customer.live_orders or 0, customer.spent or 0) == (
                len(orders),
                sum(order["status"] != "archived" for order in orders),
                sum(order["total"] for order in orders),
            )

    def _collections_return_each_item_once_as_its_own_class(self) -> None:
        assert sorted(map(_key_of, Shop.scan(Customer, Order, Ticket))) == sorted(self.stored)
        for customer in "12":
            read = Shop.query(Customer, Order, Ticket, customer=customer)
            keys = sorted((key for key in self.stored if key[1][0] == customer), key=_range_key)
            assert [_key_of(instance) for instance in read] == keys
            beginning = read.limit(2)
            found = [_key_of(instance) for instance in beginning]
            if beginning.cursor is not None:
                found += [_key_of(instance) for instance in read.after(beginning.cursor)]
            assert found == keys
        for status in ("open", "paid", "archived"):
            indexed = sorted(map(_key_of, Shop.Gsi1.query(Order, Ticket, status=status)))
            assert indexed == sorted(key for key, values in self.stored.items() if _is_indexed(key[0], values, status))

    # How a step is made

    def _write(
        self,
        write: Callable[[], object],
        changes: dict[ItemKey, Any],
        *,
        fails: bool = False,
        lost: bool = False,
    ) -> None:
        """Carry out a write that makes *changes*, or *fails*. If its answer is *lost*, it may fail after all."""
        CURRENT.losses = int(lost)
        failure: ConditionFailed | None = None
        try:
            write()
        except ConditionFailed as error:
            failure = error
        CURRENT.losses = 0
        if failure is None:
            assert not fails
        elif fails:
            return
        else:
            # The first attempt may have been made, and the second one found its result. A transaction has a token.
            assert lost, failure
            assert CURRENT.lost != "TransactWrite"
            assert failure.unconfirmed_attempts, failure
            if not self._was_made(changes):
                return
        for key, values in changes.items():
            self.stored.pop(key, None)
            if values is not None:
                self.stored[key] = dict(values)

    def _write_unless_stale(self, write: Callable[[], object], changes: dict[ItemKey, Any]) -> None:
        try:
            write()
        except ConditionFailed:
            return
        self.stored |= changes

    def _was_made(self, changes: dict[ItemKey, Any]) -> bool:
        made = {self._as_stored(key) == values for key, values in changes.items()}
        assert len(made) == 1 or any(self.stored.get(key) == values for key, values in changes.items())
        return made == {True}

    def _as_stored(self, key: ItemKey) -> Values | None:
        instance = MODELS[key[0]].get(*key[1], consistent=True)
        names = {"Customer": ("email", "city"), "Order": ("status", "total"), "Ticket": ("status",)}[key[0]]
        return None if instance is None else {name: getattr(instance, name) for name in names}

    def _read(self, key: ItemKey) -> Any:
        instance = MODELS[key[0]].get(*key[1], consistent=True)
        assert instance is not None
        assert type(instance) is MODELS[key[0]]
        return instance

    def _change(self, key: ItemKey, changes: Values, way: str, known: Values | None = None) -> Callable[[], object]:
        if way == "update_item":
            names = dict(zip(KEYS[key[0]], key[1], strict=True))
            return lambda: MODELS[key[0]].update_item(**names, **changes, **({} if known is None else {"known": known}))
        instance = self._read(key)
        if way == "update":
            return lambda: instance.update(**changes)
        for name, value in changes.items():
            setattr(instance, name, value)
        if way == "transaction":

            def write() -> None:
                with dynamorm.transaction() as tx:
                    tx.save(instance, partial=True)

            return write
        return lambda: instance.save(partial=way == "save in part")

    def _move(self, key: ItemKey, way: str, **changes: Any) -> Callable[[], object]:
        instance = self._read(key)
        if way == "move":
            return lambda: instance.move(**changes)

        def write() -> None:
            with dynamorm.transaction() as tx:
                tx.move(instance, **changes)

        return write

    def _delete(self, key: ItemKey, way: str) -> Callable[[], object]:
        instance = self._read(key)
        if way == "delete":
            return lambda: instance.delete()  # noqa: PLW0108 - it may be replaced

        def write() -> None:
            with dynamorm.batch() if way == "batch" else dynamorm.transaction() as block:
                block.delete(instance)

        return write

    def _any(self, model: str, data: st.DataObject) -> ItemKey | None:
        keys = sorted(key for key in self.stored if key[0] == model)
        return data.draw(st.sampled_from(keys), label=model) if keys else None

    def _orders_of(self, customer: str) -> dict[ItemKey, Values]:
        return {key: values for key, values in self.stored.items() if key[0] == "Order" and key[1][0] == customer}

    def _is_taken(self, email: str | None, by: ItemKey) -> bool:
        others = [values for key, values in self.stored.items() if key[0] == "Customer" and key != by]
        return email is not None and any(values["email"] == email for values in others)


_KINDS = {"customer", "order", "ticket"}
#: The backend of the run.
CURRENT: Any = None


def raw_items() -> list[dict[str, Any]]:
    return list(CURRENT.execute(Scan(Shop.spec.name, consistent=True)).items)


def _deletion(item: dict[str, Any]) -> Operation[Any]:
    return DeleteItem(Shop.spec.name, {"pk": item["pk"], "sk": item["sk"]})


def _expected_item(model: str, values: Values) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not None}
    item = {**given, "pk": f"CUSTOMER#{given['customer']}", "kind": model.lower(), "sk": _sort_key(model, given)}
    status = given.get("status")
    if status is not None and (model == "Ticket" or (model == "Order" and status != "archived")):
        item["gsi1pk"] = f"STATUS#{status}"
        if model == "Ticket":
            item["gsi1sk"] = f"T#{given['number']:02d}#{given['customer']}"
        else:
            item["gsi1sk"] = f"{given['day']:02d}#{given['number']:02d}#{given['customer']}"
    return item


def _sort_key(model: str, values: Values) -> str:
    if model == "Customer":
        return "PROFILE"
    return f"ORDER#{values['day']:02d}#{values['number']:02d}" if model == "Order" else f"TICKET#{values['number']:02d}"


def _range_key(key: ItemKey) -> str:
    return _sort_key(key[0], dict(zip(KEYS[key[0]], key[1], strict=True)))


def _key_of(instance: Any) -> ItemKey:
    name = type(instance).__name__
    return name, tuple(getattr(instance, field) for field in KEYS[name])


def _is_indexed(model: str, values: Values, status: str) -> bool:
    return model != "Customer" and values["status"] == status and not (model == "Order" and status == "archived")


class TestOneTable:
    def test_on_sqlite(self, sqlite_memory: Backend) -> None:
        change_one_table(sqlite_memory, programs=110, steps=40)

    def test_on_dynamodb_local(self, local: Backend) -> None:
        change_one_table(local, programs=8, steps=25)


def change_one_table(backend: Backend, programs: int, steps: int, seed: int | None = None) -> None:
    """Run random programs of the three models on a new *backend*."""
    global CURRENT  # noqa: PLW0603 - a state machine is made without arguments
    CURRENT = LosingBackend(backend)
    with dynamorm.using(CURRENT):
        Shop.create_table()
        run_programs(ThreeModels, programs, steps, seed)

"""More of what users write with typed models. A line with "# E" is an error for both checkers, and no other line is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_type
from uuid import UUID

import dynamorm
from dynamorm import GlobalIndex, LocalIndex, ManyToOne, Mapped, Model, OneToMany, OneToOne, ProjectAll, mapped, verbs
from dynamorm.paths import (
    BytesPath,
    Change,
    Condition,
    FieldPath,
    ListPath,
    MapPath,
    MomentPath,
    NumberPath,
    SetPath,
    SizePath,
    TextPath,
)


class Shop(Model):
    class Table:
        name = "shops"
        hash_key = "id"

    id: Mapped[str]
    orders = OneToMany(lambda: Order, query=lambda shop: {"shop": shop.id}, index="by_shop")
    address: OneToOne[Address] = OneToOne(lambda: Address, query=lambda shop: {"id": shop.id})


class Address(Model):
    class Table:
        name = "addresses"
        hash_key = "id"

    id: Mapped[str]
    city: Mapped[str | None] = mapped(default=None)


class Order(Model):
    class Table:
        name = "orders"
        hash_key = "id"
        range_key = "day"
        version = "revision"

    by_shop = GlobalIndex("by-shop", hash_key="shop", projection=ProjectAll())
    by_total = LocalIndex("by-total", hash_key="id", range_key="total", projection=ProjectAll())

    class ByDay(GlobalIndex["Order"]):
        name = "by-day"
        hash_key = "day"
        projection = ProjectAll()

    id: Mapped[UUID]
    day: Mapped[date]
    shop: Mapped[str] = mapped(default="")
    total: Mapped[Decimal] = mapped(default=Decimal(0))
    weight: Mapped[float | None] = mapped(default=None)
    count: Mapped[int] = mapped(default=0)
    paid: Mapped[bool] = mapped(default=False)
    photo: Mapped[bytes | None] = mapped(default=None)
    sent: Mapped[datetime | None] = mapped(default=None)
    lasts: Mapped[timedelta | None] = mapped(default=None)
    labels: Mapped[set[str]] = mapped(default_factory=set)
    lines: Mapped[list[dict[str, int]]] = mapped(default_factory=list)
    notes: Mapped[list[str] | None] = mapped(default=None)
    more: Mapped[dict[str, dict[str, int]]] = mapped(default_factory=dict)
    anything: Mapped[Any] = mapped(default=None)
    revision: Mapped[int | None] = mapped(default=None)
    seller: ManyToOne[Shop] = ManyToOne(Shop, query=lambda order: {"id": order.shop})


class Rush(Order):
    class Table(Order.Table):
        name = "rushes"
        hash_key = "id"
        range_key = "day"


today = date(2026, 11, 30)
order = Order(id=UUID(int=1), day=today, total=Decimal("9.5"), labels={"new"})
Order(id="1", day=today)  # E
Order(id=UUID(int=1), day=today, total="9.5")  # E

# Paths
assert_type(Order.id, MomentPath[UUID])
assert_type(Order.day, MomentPath[date])
assert_type(Order.total, NumberPath[Decimal])
assert_type(Order.weight, NumberPath[float])
assert_type(Order.paid, FieldPath[bool])
assert_type(Order.photo, BytesPath)
assert_type(Order.sent, MomentPath[datetime])
assert_type(Order.labels, SetPath[str])
assert_type(Order.lines, ListPath[dict[str, int]])
assert_type(Order.lines[0]["amount"], NumberPath[int])
assert_type(Order.notes, ListPath[str])
assert_type(Order.notes[0], TextPath)
assert_type(Order.more["a"], MapPath[int])
assert_type(Order.more["a"]["b"], NumberPath[int])
assert_type(Order.labels.size(), SizePath)
assert_type(Order.anything["x"][0], FieldPath[Any])
assert_type(order.notes, list[str] | None)
assert_type(order.anything, Any)
assert_type(order.seller, Shop | None)


# Conditions
def cheap(limit: NumberPath[Any] | int) -> Condition:
    return (Order.total < limit) & ~Order.paid.exists() | Order.labels.contains("sale")


cheap(5)
cheap(Order.count)
cheap("5")  # E
Order.scan(cheap(5), Order.paid == True, Order.sent > datetime(2026, 1, 1, tzinfo=UTC), Order.day >= "2026-01")  # noqa: E712
Order.scan(Order.total.between(1, 2.5), Order.count.is_in([1, 2]), Order.notes.size() > Order.count)
Order.scan(Order.photo.begins_with("x"))  # E
Order.scan(Order.day > 5)  # E
Order.scan(Order.labels.contains(5))  # E
Order.scan(Order.labels > {"a"})  # E
Order.scan(Order.count.contains(1))  # E
Order.scan(Order.paid and Order.count > 1)  # E-pyright
Order.scan(Order.count > Order.shop)  # E
order.save(conditions=Order.count == 1)
order.delete(conditions=[Order.count == 1, Order.paid.not_exists()])

# Changes
changes: list[Change] = [
    Order.total.set(Order.total - Order.count),
    Order.total.set(Order.total.if_not_exists(Decimal(0)) + 1),
    Order.count.plus(1),
    Order.count.add(1),
    Order.weight.set(None),
    Order.labels.add({"old"}),
    Order.labels.delete({"new"}),
    Order.notes.append(["x"]),
    Order.notes.set(Order.notes.if_not_exists([]) + ["y"]),
    Order.more["a"]["b"].set(1),
    Order.more.remove(),
    Order.sent.set_if_not_exists(datetime(2026, 1, 1, tzinfo=UTC)),
]
order.update(changes)
Order.update_item(Order.count.minus(1), id=UUID(int=1), day=today)
with dynamorm.transaction() as tx:
    tx.update(order, [Order.count.plus(1)])
Order.count.set("1")  # E
Order.count.append([1])  # E
Order.labels.add(["old"])  # E
Order.notes.append("x")  # E
Order.notes.append([5])  # E
Order.shop.plus(1)  # E
Order.more["a"]["b"].set("x")  # E
order.update([Order.count == 1])  # E
order.update("count")  # E

# Verbs
assert_type(Order.by_shop.query(shop="a").first(), Order | None)
assert_type(Rush.by_shop.query(shop="a").one(), Rush)
assert_type(Order.by_total.scan().limit(3).one(), Order)
assert_type(Order.ByDay.query(day=today).one(), Order)
assert_type(Rush.get(id=UUID(int=1), day=today), Rush | None)
assert_type(order.copy(count=2), Order)
assert_type(Order.delete_item(id=UUID(int=1), day=today, return_old=True), Order | None)
assert_type(Order.put({"id": UUID(int=1), "day": today}, return_old=True), Order | None)
assert_type(Order.part(count=1), Order)
assert_type(Order.query(id=UUID(int=1)).reverse().consistent().prefetch("seller").one(), Order)
assert_type([len(page) for page in Order.scan().page_size(5).pages()], list[int])
for page in Order.scan().pages():
    assert_type(page[0], Order)
    assert_type([each for each in page], list[Order])
for each in Order.get_batch([{"id": UUID(int=1), "day": today}]):
    assert_type(each, Order)
for each in Shop(id="a").orders.filter(Order.paid == False).limit(5):  # noqa: E712
    assert_type(each, Order)
assert_type(Shop(id="a").address, Address | None)
Shop(id="a", address=Address(id="a"))
Shop(id="a", address="Rome")  # E
assert_type(verbs.get(Order, id=UUID(int=1), day=today), Order | None)
assert_type(verbs.copy(order, count=2), Order)
assert_type(verbs.query(Order, id=UUID(int=1)).first(), Order | None)
verbs.update(order, [Order.count.plus(1)])
verbs.save(order, partial=True)
verbs.save("order")  # E
found, shop, more = dynamorm.transact_get((Order, {"id": UUID(int=1), "day": today}), (Shop, "a"), (Rush, {}))
assert_type(found, Order | None)
assert_type(shop, Shop | None)
assert_type(more, Rush | None)
dynamorm.explain(order.update, changes)
dynamorm.create_all([Order, Shop])


def latest(model: type[Model], key: Mapping[str, Any]) -> Iterator[Model]:
    yield from model.query(**key).reverse().limit(1)


latest(Order, {"id": UUID(int=1)})
GlobalIndex("x", hash_key="id")  # E
GlobalIndex("x", hash_key="id", projection=ProjectAll(), sort_key="y")  # E


async def awaited_reads() -> None:
    async for found_order in Order.query(id=UUID(int=1)):
        assert_type(found_order, Order)
    async for page_of_orders in Order.scan().parallel(4).pages():
        assert_type(page_of_orders[0], Order)
    assert_type([each async for each in Shop(id="a").orders.limit(5)], list[Order])
    assert_type(await Rush.by_shop.query(shop="a").afirst(), Rush | None)
    assert_type(await Order.ByDay.query(day=today).aone(), Order)
    assert_type(await Order.scan().acount(), int)
    assert_type(await Order.scan().aexists(), bool)
    assert_type(await anext(Order.scan()), Order)
    assert_type(await order.afetch(Order.seller), Shop | None)
    assert_type(await verbs.afetch(order, Order.seller), Shop | None)
    assert_type(await Shop(id="a").afetch(Shop.address), Address | None)
    assert_type(await order.afetch("seller"), Any)
    await order.afetch(5)  # E
    await Order.scan()  # E
    async for _ in Order.get_batch([]):  # E
        pass


async def awaited_verbs() -> None:
    assert_type(await Order.aget(UUID(int=1), today, attrs=["shop", Order.more["a"]]), Order | None)
    Order.scan().specific_attributes([Order.day, Order.shop])
    await Order.aget(UUID(int=1), today, attrs=[5])  # E
    assert_type(await Order.acreate(id=UUID(int=1), day=today), Order)
    await Order.acreate(id="1", day=today)  # E
    await Order.acreate(id=UUID(int=1), day=today, totl=1)  # E
    assert_type(await Order.aget(UUID(int=1), today), Order | None)
    (await Order.aget(UUID(int=1), today)).paid  # E
    assert_type(await Order.aget_or_create(UUID(int=1), today, defaults={"shop": "a"}), tuple[Order, bool])
    assert_type([each async for each in Order.aget_batch([(UUID(int=1), today)], attrs=[Order.day])], list[Order])
    assert_type(await Order.aput(order, return_old=True), Order | None)
    await Order.aput_batch(order, {"id": UUID(int=1), "day": today})
    await Order.aput_batch(5)  # E
    assert_type(await Order.aexists(UUID(int=1), today), bool)
    await Order.aupdate_item([Order.count.plus(1)], conditions=Order.paid == True, id=UUID(int=1), day=today)  # noqa: E712
    await Order.aupdate_item(Order.count.plus("1"), id=UUID(int=1), day=today)  # E
    assert_type(await Order.adelete_item(UUID(int=1), today, return_old=True), Order | None)
    await Order.adelete_batch((UUID(int=1), today))
    await order.asave(partial=True, conditions=Order.count < 5)
    await order.asave(conditions=5)  # E
    await order.aupdate({Order.lines[0]["amount"]: 5})
    assert_type(await order.adelete(return_old=True), Order | None)
    await order.arefresh()
    await order.amove(day=today)
    order.asave()  # E
    await order.save()  # E
    assert_type(await Order.__table__.aexists(), bool)
    assert_type(await Order.__table__.aupdate(drop_indexes=["by-total"]), int)
    await Order.__table__.acreate(exist_ok=True)
    await Order.__table__.acreate(exists_ok=True)  # E
    await dynamorm.acreate_all([Order, Shop])
    found = await dynamorm.atransact_get((Order, (UUID(int=1), today)), (Shop, "a"))
    assert_type(found, tuple[Order | None, Shop | None])
    assert_type(await verbs.aget(Order, UUID(int=1), today), Order | None)
    assert_type(await verbs.acreate(Order, id=UUID(int=1), day=today), Order)
    await verbs.asave(order, partial=True)
    async with dynamorm.transaction() as tx, dynamorm.batch() as batch:
        tx.update(order, Order.count.plus(1))
        batch.put(order)
        await batch.put(order)  # E

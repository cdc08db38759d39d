"""A program that calls every verb of the models of the shop, for what they send."""

from __future__ import annotations

from typing import Any

import dynamorm
from dynamorm import verbs
from tests.core.operate.shop import Account, Author, Book, Client, Customer, Login, Names, Order, Profile, Tenants

MODELS = [Author, Book, Tenants, Account, Names, Profile, Login, Client]


class CalledVerbs:
    """The functions of ``dynamorm.verbs``, and the names of those that were called."""

    def __init__(self) -> None:
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(verbs, name)


def read_books(call: Any) -> None:
    """Whatever reads books and authors."""
    call.get(Book, isbn="1", edition=1)
    call.exists(Book, isbn="1", edition=1)
    list(call.get_batch(Book, [("1", 1), ("1", 2)]))
    list(call.query(Book, isbn="1"))
    list(Book.ByAuthor.query(author="A").prefetch("writer"))
    list(Book.ByPlace.query(country="x", city="y"))
    list(Book.ByYear.query(isbn="1", year=2000))
    list(Book.query(isbn="1").consistent().limit(1).pages())
    dynamorm.transact_get((Book, {"isbn": "1", "edition": 1}))
    for book in call.query(Book, isbn="1"):
        assert book.writer is not None
        list(book.writer.books)
        call.refresh(book)


def write_books(call: Any) -> None:
    """Whatever writes books: each counts itself in its author, so that it is a transaction."""
    call.save(Author(name="A"))
    call.create(Author, name="B")
    book = Book(isbn="1", edition=1, author="A", title="t", year=2000, country="x", city="y")
    call.save(book)
    call.put_unique(Book, {"isbn": "2", "edition": 1, "author": "A"})
    call.put_unique(Book, {"isbn": "3", "edition": 1, "author": "A"})
    call.get_or_create(Author, name="C")
    call.update(book, title="u")
    call.update(book, author="B")
    call.move(book, edition=2)
    call.update_item(Book, isbn="2", edition=1, title="u", known={"author": "A"})
    call.delete_item(Book, isbn="2", edition=1, known={"author": "A"})
    call.copy(book)
    call.delete(book)
    call.save(Book(isbn="1", edition=1, author="A"))
    Book.__table__.put({"isbn": "9", "edition": 1})
    Book.__table__.get(isbn="9", edition=1)
    Book.__table__.delete_item(isbn="9", edition=1)


def use_accounts(call: Any) -> None:
    """Guards in another table, and a related item that is saved with its owner, and deleted by it."""
    account = Account(number=1, login="one")
    call.save(account)
    assert call.by_unique(Account, login="one")
    assert account.profile is not None
    account.profile.text = "words"
    call.save(account)
    call.update(account, login="two")
    account.profile.text = "more"
    call.save(account)
    del account.profile
    call.delete(account)
    with dynamorm.batch() as batch:
        batch.put(Login, {"number": 1, "at": "now"})
    call.put(Login, {"number": 1, "at": "now"})
    call.put_batch(Login, {"number": 1, "at": "b"}, {"number": 1, "at": "c"})
    call.delete_batch(Login, (1, "b"), (1, "c"))
    list(Client(number=1).logins)


def use_tenants(call: Any) -> None:
    """Several models on one table, with guards, counters and checks in it."""
    customer = Customer(tenant="1", customer_id="1", email="a@b.c")
    call.save(customer)
    call.update(customer, email="d@e.f")
    assert call.by_unique(Customer, tenant="1", email="d@e.f")
    order = Order(tenant="1", customer_id="1", order_id="1", buyer="2", placed="now")
    call.save(order)
    list(Order.ByStatus.query(tenant="1", status="open"))
    list(Order.ByBuyer.query(buyer="2"))
    list(Order.ByPlacing.query(tenant="1", customer_id="1", placed="now"))
    list(Customer.ByEmail.query(email="d@e.f"))
    list(Tenants.query(Customer, Order, tenant="1", customer_id="1"))
    list(Tenants.get_batch([(Customer, {"tenant": "1", "customer_id": "1"})]))
    with dynamorm.transaction() as transaction:
        transaction.check(customer, conditions={"email": "d@e.f"})
        order.update(status="sent")
    call.delete(order)
    with dynamorm.transaction():
        customer.delete()


def scan_everything(call: Any) -> None:
    """Whatever looks at a whole table, or at a whole index."""
    list(call.scan(Book))
    list(call.scan(Order))
    list(Book.scan().parallel(2))
    list(Book.ByAuthor.scan())
    list(Order.ByStatus.scan())
    list(Tenants.scan(Customer, Order))
    Book.scan().count()
    list(Tenants.check())
    list(Account.__table__.check())
    Tenants.reindex()
    Login.__table__.delete_partition(number=1)


def without_sending(call: Any) -> None:
    """The verbs that send nothing."""
    book = Book(isbn="1", edition=1, author="A")
    call.key(book)
    call.validate(book)
    call.part(Author, name="A")
    call.to_dict(book)
    call.from_json(Book, call.to_json(book))
    call.from_schema(Book, call.to_schema(book))
    call.new_from_raw(Book, {"isbn": "1", "edition": 1, "author": "A"})
    call.from_image(Book, {"isbn": {"S": "1"}, "edition": {"N": "1"}, "author": {"S": "A"}})

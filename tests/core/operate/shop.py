"""Models with whatever an export has to know: shared tables, guards, counters, relationships, each kind of index."""

from __future__ import annotations

from dynamorm import (
    PROTECT,
    Count,
    GlobalIndex,
    Key,
    LocalIndex,
    ManyToOne,
    Mapped,
    Model,
    OneToMany,
    OneToOne,
    ProjectAll,
    ProjectInclude,
    ProjectKeys,
    SharedTable,
    Unique,
    mapped,
)


class Author(Model):
    class Table:
        name = "authors"
        hash_key = "name"

    name: Mapped[str]
    book_count: Mapped[int] = mapped(default=0)


class Book(Model):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "edition"
        read = 25
        write = 5
        stream = "NEW_AND_OLD_IMAGES"
        table_class = "STANDARD_INFREQUENT_ACCESS"
        deletion_protection = True
        tags = {"team": "catalogue", "cost:centre": "4 2"}  # noqa: RUF012 - a setting

    class ByAuthor(GlobalIndex["Book"]):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()
        read = 5
        write = 2

    class ByPlace(GlobalIndex["Book"]):
        name = "by-place"
        hash_key = ("country", "city")
        range_key = ("year", "edition")
        projection = ProjectInclude("title")
        read = 1
        write = 1

    class ByYear(LocalIndex["Book"]):
        name = "by-year"
        hash_key = "isbn"
        range_key = "year"
        projection = ProjectKeys()

    isbn: Mapped[str]
    edition: Mapped[int]
    author: Mapped[str]
    title: Mapped[str | None] = mapped(default=None)
    year: Mapped[int | None] = mapped(default=None)
    country: Mapped[str | None] = mapped(default=None)
    city: Mapped[str | None] = mapped(default=None)

    writer = ManyToOne(
        Author,
        query=lambda book: {"name": book.author},
        back_query=lambda author: {"author": author.name},
        back_index="ByAuthor",
        back_reference="books",
        required=True,
        counters=[Count(Author.book_count)],
    )


class Tenants(SharedTable):
    name = "tenants"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()

    class Gsi2(GlobalIndex):
        name = "gsi2"
        hash_key = "gsi2pk"
        projection = ProjectAll()

    class Lsi1(LocalIndex):
        name = "lsi1"
        hash_key = "pk"
        range_key = "lsi1sk"
        projection = ProjectAll()


class Customer(Model):
    class Table(Tenants):
        kind = "customer"
        hash_key = Key("TENANT#{tenant}#CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")
        unique = [Unique("tenant", "email")]  # noqa: RUF012 - a setting

    class ByEmail(Tenants.Gsi1):
        hash_key = Key("EMAIL#{email}")
        range_key = Key("CUSTOMER")

    tenant: Mapped[str]
    customer_id: Mapped[str]
    email: Mapped[str | None] = mapped(default=None)
    order_count: Mapped[int] = mapped(default=0)


class Order(Model):
    class Table(Tenants):
        kind = "order"
        hash_key = Key("TENANT#{tenant}#CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class ByStatus(Tenants.Gsi1):
        hash_key = Key("TENANT#{tenant}#STATUS#{status}")
        range_key = Key("{order_id}")

    class ByBuyer(Tenants.Gsi2):
        hash_key = Key("TENANT#{buyer}#BOUGHT")

    class ByPlacing(Tenants.Lsi1):
        range_key = Key("PLACED#{placed}")

    tenant: Mapped[str]
    customer_id: Mapped[str]
    order_id: Mapped[str]
    status: Mapped[str] = mapped(default="open")
    buyer: Mapped[str | None] = mapped(default=None)
    placed: Mapped[str | None] = mapped(default=None)

    customer = ManyToOne(
        Customer,
        query=lambda order: {"tenant": order.tenant, "customer_id": order.customer_id},
        required=True,
        on_delete=PROTECT,
        counters=[Count(Customer.order_count)],
    )


class Names(Model):
    """It holds the guards of other tables."""

    class Table:
        name = "names"
        hash_key = "name"

    name: Mapped[str]


class Profile(Model):
    class Table:
        name = "profiles"
        hash_key = "account"
        ttl = "expires"

    account: Mapped[int]
    expires: Mapped[int | None] = mapped(default=None)
    text: Mapped[str | None] = mapped(default=None)


class Account(Model):
    class Table:
        name = "accounts"
        hash_key = "number"
        unique = [Unique("login")]  # noqa: RUF012 - a setting
        guards = Names

    number: Mapped[int]
    login: Mapped[str | None] = mapped(default=None)

    profile = OneToOne(
        Profile,
        query=lambda account: {"account": account.number},
        back_query=lambda profile: {"number": profile.account},
        back_reference="owner",
    )


class Login(Model):
    class Table:
        name = "logins"
        hash_key = "number"
        range_key = "at"

    number: Mapped[int]
    at: Mapped[str]


class Client(Model):
    class Table:
        name = "clients"
        hash_key = "number"

    number: Mapped[int]

    logins = OneToMany(Login, query=lambda client: {"number": client.number})

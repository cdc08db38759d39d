"""Single puts and gets, and pages of a query: SQLite in memory through the model, against boto3's bare client.

The client runs on moto in the same process, and when ``DYNAMORM_TEST_DYNAMODB_LOCAL`` is ``1``, on DynamoDB Local in a
process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.clients import bare_client
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, portions
from benchmarks.scale import BOOKS_OF_AN_AUTHOR, Scale
from benchmarks.values import author, book, book_json, isbn

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.literals import KeyTypeType

PUTS = "single puts"
GETS = "single gets"
PAGES = f"pages of {BOOKS_OF_AN_AUTHOR} items"
SCHEMA_LIBRARIES = ("Pydantic", "Marshmallow")
#: How many pages are queried: the stand-ins take long for each.
MOST_PAGES = 100


def sqlite(library: str, count: int, pages: int) -> Readings:
    """Measure DynamORM's embedded backend, validation by the schema *library* included."""
    import dynamorm
    from benchmarks.books import create_table
    from benchmarks.embedded_models import MODELS

    by_isbn, by_author = MODELS[library]
    with dynamorm.connect("sqlite:///:memory:"):
        for model in (by_isbn, by_author):
            create_table(model)
        by_author.put_batch(*map(book, range(pages * BOOKS_OF_AN_AUTHOR)))
        items = list(map(book, range(count)))

        def get(number: int) -> bool:
            return by_isbn.get(isbn=isbn(number)) is not None

        def page(number: int) -> bool:
            name = author(number * BOOKS_OF_AN_AUTHOR)
            return len(list(by_author.query(author=name))) == BOOKS_OF_AN_AUTHOR

        return _readings(count, pages, lambda number: by_isbn.put(items[number]), get, page)


def moto(count: int, pages: int) -> Readings:
    """Measure boto3's client on moto, with items that are DynamoDB's JSON already."""
    from moto import mock_aws

    with mock_aws():
        return _with_client(bare_client(), count, pages)


def local(url: str, count: int, pages: int) -> Readings:
    """Measure boto3's client on the DynamoDB Local at *url*, with items that are DynamoDB's JSON already."""
    return _with_client(bare_client(url), count, pages)


def compare(scale: Scale) -> list[Comparison]:
    """Compare SQLite with moto by CPU, as both run in the program's process, and with DynamoDB Local by the clock."""
    if os.environ.get("DYNAMORM_TEST_DYNAMODB_LOCAL") != "1":
        return _comparisons(scale, None)
    from tests.support.servers.dynamodb_local import DynamoDBLocal

    with DynamoDBLocal() as server:
        return _comparisons(scale, server.url)


def _comparisons(scale: Scale, url: str | None) -> list[Comparison]:
    work: dict[str, str | int] = {"count": scale.operations, "pages": min(scale.operations, MOST_PAGES)}
    subjects = {f"SQLite, {name}": Contender(sqlite, {"library": name, **work}) for name in SCHEMA_LIBRARIES}
    baselines = {"bare client on moto": (Contender(moto, work), Target(cpu_ratio, 0.10))}
    if url is not None:
        baselines["bare client on DynamoDB Local"] = (Contender(local, {"url": url, **work}), Target(wall_ratio, 0.33))
    taken = race(subjects | {name: contender for name, (contender, _) in baselines.items()}, scale.rounds)
    counts = {PUTS: scale.operations, GETS: scale.operations, PAGES: work["pages"]}
    return [
        Comparison(f"{number:,} {kind}", Side.of(taken, subject, kind), Side.of(taken, baseline, kind), target)
        for baseline, (_, target) in baselines.items()
        for kind, number in counts.items()
        for subject in subjects
    ]


def _with_client(client: DynamoDBClient, count: int, pages: int) -> Readings:
    single, by_author = "books", "books-by-author"
    _create_table(client, single, "isbn")
    _create_table(client, by_author, "author", "isbn")
    for number in range(pages * BOOKS_OF_AN_AUTHOR):
        client.put_item(TableName=by_author, Item=book_json(number))
    items = list(map(book_json, range(count)))

    def get(number: int) -> bool:
        return "Item" in client.get_item(TableName=single, Key={"isbn": {"S": isbn(number)}})

    def page(number: int) -> bool:
        found = client.query(
            TableName=by_author,
            KeyConditionExpression="author = :author",
            ExpressionAttributeValues={":author": {"S": author(number * BOOKS_OF_AN_AUTHOR)}},
        )
        return found["Count"] == BOOKS_OF_AN_AUTHOR

    try:
        return _readings(count, pages, lambda number: client.put_item(TableName=single, Item=items[number]), get, page)
    finally:
        for name in (single, by_author):
            client.delete_table(TableName=name)


def _create_table(client: DynamoDBClient, name: str, *keys: str) -> None:
    """Create a table whose hash key is the first of the *keys*, and its range key the second, if there is one."""
    kinds: tuple[KeyTypeType, ...] = ("HASH", "RANGE")
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
        BillingMode="PAY_PER_REQUEST",
    )


def _readings(
    count: int, pages: int, put: Callable[[int], object], get: Callable[[int], bool], page: Callable[[int], bool]
) -> Readings:
    """Measure *count* puts and gets, and so many *pages*, each by its number."""

    def put_all(numbers: range) -> None:
        for number in numbers:
            put(number)

    def get_all(numbers: range) -> None:
        for number in numbers:
            assert get(number)

    def query_all(numbers: range) -> None:
        for number in numbers:
            assert page(number)

    return {PUTS: portions(count, put_all), GETS: portions(count, get_all), PAGES: portions(pages, query_all)}

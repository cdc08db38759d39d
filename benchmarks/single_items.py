"""Single puts and gets: SQLite in memory against moto in the same process, through the public API."""

from __future__ import annotations

from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL, bare_client
from benchmarks.comparisons import Comparison, Side, Target, time_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, reading_of
from benchmarks.scale import Scale

PUTS = "single puts"
GETS = "single gets"


def sqlite(count: int) -> Readings:
    """DynamORM's embedded backend, Marshmallow included."""
    import dynamorm

    with dynamorm.connect("sqlite:///:memory:"):
        return _through_the_model(count)


def model_on_moto(count: int) -> Readings:
    """DynamORM's boto3 backend on moto."""
    from moto import mock_aws

    import dynamorm

    with mock_aws(), dynamorm.connect(BACKEND_URL, **BACKEND_OPTIONS):
        return _through_the_model(count)


def moto(count: int) -> Readings:
    """boto3's client on moto, with items that are DynamoDB's JSON already."""
    from moto import mock_aws

    from benchmarks.values import TABLE, book_json, isbn

    with mock_aws():
        client = bare_client()
        name = TABLE
        items = [book_json(number) for number in range(count)]
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "isbn", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "isbn", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

        def put_all() -> None:
            for item in items:
                client.put_item(TableName=name, Item=item)

        def get_all() -> None:
            for number in range(count):
                assert "Item" in client.get_item(TableName=name, Key={"isbn": {"S": isbn(number)}})

        return {PUTS: reading_of(put_all), GETS: reading_of(get_all)}


def compare(scale: Scale) -> list[Comparison]:
    """SQLite against moto, and for information DynamORM on moto against moto alone."""
    count = {"count": scale.operations}
    sqlite_name, both_name, moto_name = "SQLite in memory", "boto3 on moto", "bare client on moto"
    taken = race(
        {
            sqlite_name: Contender(sqlite, count),
            both_name: Contender(model_on_moto, count),
            moto_name: Contender(moto, count),
        },
        scale.rounds,
    )
    subjects = (
        (PUTS, sqlite_name, Target(time_ratio, 0.5)),
        (GETS, sqlite_name, Target(time_ratio, 0.3)),
        (PUTS, both_name, Target(time_ratio)),
        (GETS, both_name, Target(time_ratio)),
    )
    return [
        Comparison(
            f"{scale.operations:,} {work}", Side.of(taken, subject, work), Side.of(taken, moto_name, work), target
        )
        for work, subject, target in subjects
    ]


def _through_the_model(count: int) -> Readings:
    from benchmarks.books import Book, create_table
    from benchmarks.values import book, isbn

    items = [book(number) for number in range(count)]
    create_table(Book)

    def put_all() -> None:
        for item in items:
            Book.put(item)

    def get_all() -> None:
        for number in range(count):
            assert Book.get(isbn=isbn(number)) is not None

    return {PUTS: reading_of(put_all), GETS: reading_of(get_all)}

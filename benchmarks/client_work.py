"""``Book.get`` on the boto3 backend against the bare client's ``get_item``, on the same canned server."""

from __future__ import annotations

from benchmarks.canned_server import canned_server
from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL, bare_client
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, portions
from benchmarks.scale import Scale

GET = "gets, canned server"


def model(url: str, count: int) -> Readings:
    """DynamORM's model on its boto3 backend, Marshmallow included."""
    import dynamorm
    from benchmarks.books import Book, isbn

    key = isbn(1)
    with dynamorm.connect(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS):
        # The first call makes the client and its connection.
        assert Book.get(isbn=key) is not None

        def get(numbers: range) -> None:
            for _ in numbers:
                Book.get(isbn=key)

        return {GET: portions(count, get)}


def client(url: str, count: int) -> Readings:
    """boto3's client alone, whose answer is DynamoDB's JSON."""
    from benchmarks.books import Book, isbn

    key = {"isbn": {"S": isbn(1)}}
    bare = bare_client(url)
    assert "Item" in bare.get_item(TableName=Book.Table.name, Key=key)

    def get(numbers: range) -> None:
        for _ in numbers:
            bare.get_item(TableName=Book.Table.name, Key=key)

    return {GET: portions(count, get)}


def compare(scale: Scale) -> list[Comparison]:
    """The model against the bare client."""
    subject, baseline = "boto3 backend", "bare client"
    with canned_server() as url:
        arguments: dict[str, str | int] = {"url": url, "count": scale.operations}
        contenders = {subject: Contender(model, arguments), baseline: Contender(client, arguments)}
        taken = race(contenders, scale.rounds)
    return [
        Comparison(
            f"{scale.operations:,} {GET}",
            Side.of(taken, subject, GET),
            Side.of(taken, baseline, GET),
            Target(cpu_ratio, 1.25),
        )
    ]

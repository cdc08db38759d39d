"""``put_batch`` against a loop of the bare client's ``batch_write_item``, on a server that takes its time."""

from __future__ import annotations

from typing import Any

from benchmarks.canned_server import canned_server
from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL, bare_client
from benchmarks.comparisons import Comparison, Side, Target, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Reading, Readings, best_of, reading_of
from benchmarks.scale import Scale

SMALL = "items of 3 attributes in a batch"
LARGE = "items of 10 attributes in a batch"
#: What DynamoDB takes for a request of its own region is about this, in seconds.
LATENCY = 0.005
#: How many items one request writes at most.
REQUEST_ITEMS = 25
#: How often each batch is written; the best one counts.
TIMES = 5


def model(url: str, count: int) -> Readings:
    """DynamORM's models on its boto3 backend, Marshmallow included."""
    from marshmallow import fields

    import dynamorm
    from benchmarks.books import Book, book
    from dynamorm import DynaModel

    class Loan(DynaModel):
        class Table:
            name = "loans"
            hash_key = "isbn"

        class Schema:
            isbn = fields.String(required=True)
            reader = fields.String(required=True)
            days = fields.Integer(required=True)

    def best(written: type[DynaModel], items: list[Any]) -> Reading:
        # The first time makes the client and its connections.
        written.put_batch(*items)
        return best_of(reading_of(lambda: written.put_batch(*items)) for _ in range(TIMES))

    with dynamorm.connect(BACKEND_URL, endpoint_url=url, **BACKEND_OPTIONS):
        return {
            SMALL: best(Loan, [{"isbn": f"{n}", "reader": f"Reader {n}", "days": 14} for n in range(count)]),
            LARGE: best(Book, [book(number) for number in range(count)]),
        }


def client(url: str, count: int) -> Readings:
    """boto3's client alone, one request after the other, of DynamoDB's JSON that is there already."""
    from benchmarks.books import book_json

    bare = bare_client(url)

    def best(table: str, items: list[dict[str, Any]]) -> Reading:
        requests: list[Any] = [{"PutRequest": {"Item": item}} for item in items]

        def write() -> None:
            for start in range(0, count, REQUEST_ITEMS):
                answer = bare.batch_write_item(RequestItems={table: requests[start : start + REQUEST_ITEMS]})
                assert not answer["UnprocessedItems"]

        write()
        return best_of(reading_of(write) for _ in range(TIMES))

    loans = [{"isbn": {"S": f"{n}"}, "reader": {"S": f"Reader {n}"}, "days": {"N": "14"}} for n in range(count)]
    return {SMALL: best("loans", loans), LARGE: best("books", [book_json(number) for number in range(count)])}


def compare(scale: Scale) -> list[Comparison]:
    """The models against the bare client."""
    subject, baseline = "put_batch", "bare client, in a row"
    with canned_server(LATENCY) as url:
        arguments: dict[str, str | int] = {"url": url, "count": scale.operations}
        contenders = {subject: Contender(model, arguments), baseline: Contender(client, arguments)}
        taken = race(contenders, scale.rounds)
    targets = {SMALL: Target(wall_ratio, 0.34), LARGE: None}
    return [
        Comparison(
            f"{scale.operations:,} {work}", Side.of(taken, subject, work), Side.of(taken, baseline, work), target
        )
        for work, target in targets.items()
    ]

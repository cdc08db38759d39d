"""The related instances of a page: loaded with batch gets, against one request each."""

from __future__ import annotations

from benchmarks.clients import BACKEND_OPTIONS, BACKEND_URL
from benchmarks.comparisons import Comparison, Side, Target, time_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, reading_of
from benchmarks.scale import Scale

RELATED = "items with their related one"


def read(count: int, *, prefetching: bool) -> Readings:
    """Read items and the related instance of each, a different one each time, on moto in the same process."""
    from marshmallow import fields
    from moto import mock_aws

    import dynamorm
    from benchmarks.books import create_table
    from dynamorm import DynaModel, ManyToOne

    class User(DynaModel):
        class Table:
            name = "users"
            hash_key = "name"

        class Schema:
            name = fields.String(required=True)

    class Reply(DynaModel):
        class Table:
            name = "replies"
            hash_key = "thread"
            range_key = "user_name"

        class Schema:
            thread = fields.String(required=True)
            user_name = fields.String(required=True)

        user = ManyToOne(User, query=lambda reply: {"name": reply.user_name})

    with mock_aws(), dynamorm.connect(BACKEND_URL, **BACKEND_OPTIONS):
        for model in (User, Reply):
            create_table(model)
        names = [f"user {number}" for number in range(count)]
        User.put_batch(*({"name": name} for name in names))
        Reply.put_batch(*({"thread": "1", "user_name": name} for name in names))

        def read_all() -> None:
            replies = Reply.query(thread="1")
            if prefetching:
                replies = replies.prefetch("user")
            assert all(reply.user is not None and reply.user.name == reply.user_name for reply in replies)

        return {RELATED: reading_of(read_all)}


def compare(scale: Scale) -> list[Comparison]:
    """Compare reading with ``prefetch`` and without."""
    with_prefetch, without = "with prefetch", "one request each"
    taken = race(
        {
            with_prefetch: Contender(read, {"count": scale.operations, "prefetching": True}),
            without: Contender(read, {"count": scale.operations, "prefetching": False}),
        },
        scale.rounds,
    )
    return [
        Comparison(
            f"{scale.operations:,} {RELATED}",
            Side.of(taken, with_prefetch, RELATED),
            Side.of(taken, without, RELATED),
            Target(time_ratio, 0.5),
        )
    ]

"""Models with typed fields beside the same ones with a schema: on SQLite in memory, by turns in one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.comparisons import Comparison, Side, Target, more_microseconds
from benchmarks.contenders import Contender, race
from benchmarks.readings import Reading, Readings, best_of, reading_of
from benchmarks.scale import BOOKS_OF_AN_AUTHOR, Scale
from benchmarks.values import author, book

TYPED, UNTYPED = "typed model", "model with a schema"
GET, PUT, ITEM = "get an item", "put an item", "an item of a page"
#: How many portions of each piece of work are measured, of which the best one counts.
PORTIONS = 20


def take(operations: int) -> Readings:
    """Measure both models, and return what one operation takes, or one item of a page."""
    import dynamorm
    from benchmarks.books import create_table
    from benchmarks.embedded_models import PydanticBookOfAuthor, TypedBookOfAuthor

    with dynamorm.connect("sqlite:///:memory:"):
        models: dict[str, Any] = {TYPED: TypedBookOfAuthor, UNTYPED: PydanticBookOfAuthor}
        for model in models.values():
            create_table(model)
            model.put_batch(*map(book, range(BOOKS_OF_AN_AUTHOR)))
        works = {name: _works(model) for name, model in models.items()}
        return {
            f"{name}, {work}": reading
            for work, share in ((GET, 1), (PUT, 1), (ITEM, BOOKS_OF_AN_AUTHOR))
            for name, reading in _by_turns({name: works[name][work] for name in models}, operations, share).items()
        }


def compare(scale: Scale) -> list[Comparison]:
    """Compare a typed model with one that has a schema."""
    taken = race({TYPED: Contender(take, {"operations": scale.operations})}, scale.rounds)[TYPED]

    def side(name: str, work: str) -> Side:
        return Side(name, [readings[f"{name}, {work}"] for readings in taken])

    return [
        Comparison(work, side(TYPED, work), side(UNTYPED, work), Target(more_microseconds, 1.0))
        for work in (GET, PUT, ITEM)
    ]


def _works(model: Any) -> Mapping[str, Callable[[], object]]:
    values, key = book(1), {name: book(1)[name] for name in ("author", "isbn")}
    return {
        GET: lambda: model.get(**key),
        PUT: lambda: model(**values).save(),
        ITEM: lambda: list(model.query(author=author(1))),
    }


def _by_turns(works: Mapping[str, Callable[[], object]], operations: int, share: int) -> Mapping[str, Reading]:
    """Do each of the *works* so often, portion by portion, and return what a *share* of one took."""
    times = max(1, operations // share)

    def repeat(work: Callable[[], object]) -> None:
        for _ in range(times):
            work()

    for work in works.values():
        work()
    rounds = [{name: reading_of(partial(repeat, work)) for name, work in works.items()} for _ in range(PORTIONS)]
    best = {name: best_of(each[name] for each in rounds) for name in works}
    number = times * share
    return {name: Reading(each.cpu / number, each.wall / number, each.peak) for name, each in best.items()}

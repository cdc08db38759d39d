"""What a page costs beyond the transport, against what its schema library costs by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio
from benchmarks.contenders import Contender, race
from benchmarks.programs import program
from benchmarks.readings import Reading, Readings, best_of, reading_of
from benchmarks.scale import Scale
from benchmarks.transport import TIMES, present

PAGE, TRANSPORT, ALONE = "a page of instances", "the page without the model", "the schema library alone"
#: Makes validated values of an item.
Validation: TypeAlias = Callable[[Mapping[str, Any]], object]


def _pydantic() -> Validation:
    from pydantic import BaseModel

    from benchmarks.programs.pydantic_models import Book

    return cast("type[BaseModel]", Book.Schema).model_validate


def _marshmallow() -> Validation:
    from marshmallow import EXCLUDE, Schema

    from benchmarks.books import Book

    schema = cast("type[Schema]", Book.Schema)()
    return lambda item: schema.load(item, unknown=EXCLUDE)


def _schematics() -> Validation:
    from benchmarks.programs.schematics_models import Book

    schema = cast("Any", Book.Schema)

    def validated(item: Mapping[str, Any]) -> object:
        made = schema(item, strict=False)
        made.validate()
        return made.to_native()

    return validated


def _attrs() -> Validation:
    from decimal import Decimal

    from cattrs import Converter

    from benchmarks.programs.attrs_models import Book

    converter, schema = Converter(), cast("Any", Book.Schema)
    # cattrs has none for it.
    converter.register_structure_hook(Decimal, lambda value, _: Decimal(str(value)))
    return lambda item: converter.structure(item, schema)


def _msgspec() -> Validation:
    from msgspec import convert

    from benchmarks.programs.msgspec_models import Book

    schema = cast("type[object]", Book.Schema)
    return lambda item: convert(item, schema)


#: How each library is used by itself, by the contender that uses it; and the most that the contender may cost of that.
LIBRARIES: Mapping[str, tuple[Callable[[], Validation], float | None]] = {
    "DynamORM Pydantic": (_pydantic, None),
    "DynamORM Marshmallow": (_marshmallow, None),
    "DynamORM Schematics": (_schematics, 1.25),
    "DynamORM attrs": (_attrs, None),
    "DynamORM msgspec": (_msgspec, None),
}


def take(contender: str, url: str, operations: int) -> Readings:
    """Measure a page through the model, the backend's part of it, and the library alone for the same items."""
    import dynamorm
    from benchmarks.values import TABLE, isbn
    from dynamorm.data import KeyCondition, Query

    made = program(contender, url)
    query = Query(TABLE, KeyCondition(("isbn", isbn(1))))
    validated = LIBRARIES[contender][0]()
    with dynamorm.connect("boto3://us-east-1", endpoint_url=url) as backend:
        items = backend.execute(query).items
        assert len(items) == len(made.page()) == operations
        pieces = {
            PAGE: made.page,
            TRANSPORT: lambda: backend.execute(query),
            ALONE: lambda: [validated(item) for item in items],
        }
        return {piece: best_of(reading_of(work) for _ in range(TIMES)) for piece, work in pieces.items()}


def _beyond_transport(taken: Mapping[str, Sequence[Readings]], name: str) -> Side:
    """Return a page without what the backend takes for it, each at its best of all rounds.

    The difference of one round would have the noise of both, and the best of such differences be the noisiest.
    """
    page, transport = (Side.of(taken, name, piece).best for piece in (PAGE, TRANSPORT))
    return Side(name, [Reading(page.cpu - transport.cpu, page.wall - transport.wall, page.peak)])


def compare(scale: Scale) -> list[Comparison]:
    """Compare each library that takes part."""
    names = [name for name in present(scale) if name in LIBRARIES]
    with canned_server(Canned(scale.operations)) as url:
        arguments: dict[str, str | int] = {"url": url, "operations": scale.operations}
        taken = race({name: Contender(take, {"contender": name, **arguments}) for name in names}, scale.rounds)
    title = f"make instances of {scale.operations:,} items"
    return [
        Comparison(
            title,
            _beyond_transport(taken, name),
            Side(ALONE, Side.of(taken, name, ALONE).readings),
            Target(cpu_ratio, LIBRARIES[name][1]),
        )
        for name in names
    ]

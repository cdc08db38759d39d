"""What each library adds to the transport: the same work of all of them, on the same canned server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.canned_server import Canned, canned_server
from benchmarks.comparisons import Comparison, Measure, Side, Target, cpu_ratio, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.programs import CLIENT, PROGRAMS, SEGMENTS, Program, program
from benchmarks.readings import Reading, Readings, best_of, portions, reading_of
from benchmarks.scale import Scale

PYDANTIC, MARSHMALLOW = "DynamORM Pydantic", "DynamORM Marshmallow"
PYDANTIC_ON_CLIENT = "DynamORM Pydantic, client"
PYDYNOX = "pydynox"
#: What DynamoDB takes for a request of its own region is about this, in seconds.
LATENCY = 0.005
#: How often a page or a batch is repeated in each process, and how often a scan; the best one counts.
TIMES, SCANS = 5, 2


@dataclass(frozen=True, slots=True)
class Work:
    """A method of :class:`~benchmarks.programs.Program`, and how it is measured.

    ``title`` takes the number of operations of the scale. ``most`` has the bounds by the measure and the contender.
    ``rivals`` are contenders that the first bound one must not exceed.
    """

    title: str
    reading: Callable[[Program, int], Reading]
    most: Mapping[tuple[Measure, str], float]
    latency: float = 0.0
    rivals: Mapping[str, str] = field(default_factory=dict)


def _one_after_the_other(method: Callable[[Program], object]) -> Callable[[Program, int], Reading]:
    def reading(made: Program, operations: int) -> Reading:
        def repeat(numbers: range) -> None:
            for _ in numbers:
                method(made)

        # The first ones make connections, and whatever is made once.
        repeat(range(3))
        return portions(operations, repeat)

    return reading


def _as_a_whole(method: Callable[[Program], object], times: int) -> Callable[[Program, int], Reading]:
    def reading(made: Program, operations: int) -> Reading:
        method(made)
        return best_of(reading_of(lambda: method(made)) for _ in range(times))

    return reading


#: The figures by name.
WORKS: Mapping[str, Work] = {
    "get": Work(
        "get one item",
        _one_after_the_other(lambda made: made.get()),
        {(cpu_ratio, PYDANTIC): 0.35, (cpu_ratio, PYDANTIC_ON_CLIENT): 1.0},
        rivals={PYDANTIC: PYDYNOX},
    ),
    "put": Work(
        "put one item",
        _one_after_the_other(lambda made: made.put()),
        {(cpu_ratio, PYDANTIC): 0.35, (cpu_ratio, PYDANTIC_ON_CLIENT): 1.0},
        rivals={PYDANTIC: PYDYNOX},
    ),
    "page": Work(
        "query a page of {:,} items",
        _as_a_whole(lambda made: made.page(), TIMES),
        {(cpu_ratio, PYDANTIC): 0.15, (cpu_ratio, MARSHMALLOW): 0.60},
    ),
    "batch": Work(
        "write {:,} items in batches, after 5 ms each",
        _as_a_whole(lambda made: made.write(), TIMES),
        {(wall_ratio, PYDANTIC): 0.33},
        LATENCY,
    ),
    "scan": Work(
        f"scan {SEGMENTS} pages of {{:,}} items, after 5 ms each",
        _as_a_whole(lambda made: made.scan(SEGMENTS), SCANS),
        {(wall_ratio, PYDANTIC): 0.33},
        LATENCY,
    ),
}


def take(contender: str, work: str, url: str, operations: int) -> Readings:
    """Do the *work* of that name with the library of that name."""
    made = program(contender, url, operations)
    return {work: WORKS[work].reading(made, operations)}


def present(scale: Scale) -> list[str]:
    """Return the contenders that take part and are installed.

    boto3's client always is one, since the others are measured by it.
    """
    wanted = {*scale.contenders, CLIENT}
    return [name for name, source in PROGRAMS.items() if name in wanted and source.installed]


def compare(name: str, scale: Scale) -> list[Comparison]:
    """Compare all installed libraries with boto3's client, and with their rivals."""
    work = WORKS[name]
    title = work.title.format(scale.operations)
    names = present(scale)
    with canned_server(Canned(scale.operations, SEGMENTS, work.latency)) as url:
        arguments: dict[str, str | int] = {"work": name, "url": url, "operations": scale.operations}
        taken = race(
            {contender: Contender(take, {"contender": contender, **arguments}) for contender in names}, scale.rounds
        )
    sides = {contender: Side.of(taken, contender, name) for contender in names}
    against_the_client = [
        Comparison(title, side, sides[CLIENT], Target(measure, work.most.get((measure, side.name))))
        for measure in (cpu_ratio, wall_ratio)
        for side in sides.values()
    ]
    against_rivals = [
        Comparison(title, sides[contender], sides[rival], Target(cpu_ratio, 1.0))
        for contender, rival in work.rivals.items()
        if contender in sides and rival in sides
    ]
    return [*against_the_client, *against_rivals]

"""Comparisons of two contenders, and the targets that they are held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.readings import Reading, Readings, best_of

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of a subject's reading and a baseline's, and how it is called and written."""

    title: str
    of: Callable[[Reading, Reading], float]
    form: str = "{:.2f}"

    def __call__(self, subject: Reading, baseline: Reading) -> float:
        """Return the measure of both readings."""
        return self.of(subject, baseline)


#: The CPU of the one as a multiple of the other's.
cpu_ratio = Measure("CPU", lambda subject, baseline: subject.cpu / baseline.cpu)
#: The time on the clock of the one as a multiple of the other's.
wall_ratio = Measure("clock", lambda subject, baseline: subject.wall / baseline.wall)
#: How many times as many operations a second the one does as the other.
times_as_many = Measure("operations a second", lambda subject, baseline: baseline.wall / subject.wall, "{:.1f} times")
#: The time of the one as a multiple of the other's: of CPU or on the clock, whichever is worse.
time_ratio = Measure(
    "CPU or clock", lambda subject, baseline: max(cpu_ratio(subject, baseline), wall_ratio(subject, baseline))
)
#: The memory of the one as a multiple of the other's.
memory_ratio = Measure("memory", lambda subject, baseline: subject.peak / baseline.peak)
#: How large the one's process grew, whatever the other's.
megabytes = Measure("peak of memory", lambda subject, _: subject.peak / MEGABYTE, "{:.0f} MB")
#: How much larger the one's process grew than the other's.
more_megabytes = Measure(
    "more memory", lambda subject, baseline: (subject.peak - baseline.peak) / MEGABYTE, "{:+.0f} MB"
)
#: How many items come in a second of CPU, if the reading is that of one.
items_a_second = Measure("items a second of CPU", lambda subject, _: 1 / subject.cpu, "{:,.0f}")
#: The CPU of the one in milliseconds, whatever the other takes.
cpu_milliseconds = Measure("CPU time", lambda subject, _: subject.cpu * 1000, "{:.0f} ms")
#: How many more microseconds of CPU the one takes than the other.
more_microseconds = Measure(
    "more CPU", lambda subject, baseline: (subject.cpu - baseline.cpu) * 1_000_000, "{:+.1f} µs"
)

#: Each measure by its title.
MEASURES: Mapping[str, Measure] = {
    measure.title: measure
    for measure in (
        cpu_ratio,
        wall_ratio,
        times_as_many,
        time_ratio,
        memory_ratio,
        megabytes,
        more_megabytes,
        items_a_second,
        cpu_milliseconds,
        more_microseconds,
    )
}


@dataclass(frozen=True, slots=True)
class Target:
    """A measure of two readings, and the most or the least that it may be; ``None`` where it may be anything."""

    measure: Measure
    most: float | None = None
    least: float | None = None

    def met(self, value: float) -> bool | None:
        """Return whether a *value* is within the bounds; ``None`` when there are none."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a contender's readings of a piece of work, round by round."""

    name: str
    readings: Sequence[Reading]

    @classmethod
    def of(cls, taken: Mapping[str, Sequence[Readings]], name: str, work: str) -> Side:
        """Return the side of a contender of that *name* in a race."""
        return cls(name, [readings[work] for readings in taken[name]])

    @property
    def best(self) -> Reading:
        """Return the smallest value of each quantity in all rounds."""
        return best_of(self.readings)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a subject compares with a baseline at a piece of work, each at its best.

    ``section`` is the part of the report where it stands; most have none.
    """

    work: str
    subject: Side
    baseline: Side
    target: Target = Target(time_ratio)
    section: str = ""

    @property
    def value(self) -> float:
        """Return the value that the target is about."""
        return self.target.measure(self.subject.best, self.baseline.best)

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; ``None`` when it bounds nothing."""
        return self.target.met(self.value)

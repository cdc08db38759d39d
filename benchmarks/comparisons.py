"""Comparisons of two contenders, and the targets that they are held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, median_low
from typing import TypeAlias

from benchmarks.readings import Reading, Readings

MEGABYTE = 1024 * 1024

#: What is measured of a subject's reading and a baseline's.
Measure: TypeAlias = Callable[[Reading, Reading], float]


def cpu_ratio(subject: Reading, baseline: Reading) -> float:
    """The CPU of the one as a multiple of the other's."""
    return subject.cpu / baseline.cpu


def wall_ratio(subject: Reading, baseline: Reading) -> float:
    """The time on the clock of the one as a multiple of the other's."""
    return subject.wall / baseline.wall


def time_ratio(subject: Reading, baseline: Reading) -> float:
    """The time of the one as a multiple of the other's: of CPU or on the clock, whichever is worse."""
    return max(cpu_ratio(subject, baseline), wall_ratio(subject, baseline))


def more_megabytes(subject: Reading, baseline: Reading) -> float:
    """How much larger the one's process grew than the other's, in megabytes."""
    return (subject.peak - baseline.peak) / MEGABYTE


def cpu_milliseconds(subject: Reading, baseline: Reading) -> float:
    """The CPU of the one in milliseconds, whatever the other takes."""
    return subject.cpu * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a measure of two readings may be, and how it is written down."""

    measure: Measure
    most: float
    form: str = "{:.2f}"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a contender's readings of a piece of work, round by round."""

    name: str
    readings: Sequence[Reading]

    @classmethod
    def of(cls, taken: Mapping[str, Sequence[Readings]], name: str, work: str) -> Side:
        """The side of a contender of that *name* in a race."""
        return cls(name, [readings[work] for readings in taken[name]])

    @property
    def middle(self) -> Reading:
        """The median of each quantity."""
        return Reading(
            median(reading.cpu for reading in self.readings),
            median(reading.wall for reading in self.readings),
            median_low(reading.peak for reading in self.readings),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the report: how a subject compares with a baseline at a piece of work.

    Without a *target* it is there to be looked at.
    """

    work: str
    subject: Side
    baseline: Side
    target: Target | None = None

    def middle(self, measure: Measure) -> float:
        """The median over the rounds, in each of which both sides ran close to one another."""
        return median(map(measure, self.subject.readings, self.baseline.readings))

    @property
    def value(self) -> float | None:
        """What the target bounds; ``None`` without one."""
        return None if self.target is None else self.middle(self.target.measure)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None`` without one."""
        return None if self.target is None else self.middle(self.target.measure) <= self.target.most

"""Comparisons of two contenders, and the targets that they are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.readings import Reading

MEGABYTE = 1024 * 1024


def cpu_ratio(subject: Reading, baseline: Reading) -> float:
    """The CPU of the one as a multiple of the other's."""
    return subject.cpu / baseline.cpu


def time_ratio(subject: Reading, baseline: Reading) -> float:
    """The time of the one as a multiple of the other's: of CPU or on the clock, whichever is worse."""
    return max(subject.cpu / baseline.cpu, subject.wall / baseline.wall)


def more_megabytes(subject: Reading, baseline: Reading) -> float:
    """How much larger the one's process grew than the other's, in megabytes."""
    return (subject.peak - baseline.peak) / MEGABYTE


def cpu_milliseconds(subject: Reading, baseline: Reading) -> float:
    """The CPU of the one in milliseconds, whatever the other takes."""
    return subject.cpu * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a measure of two readings may be, and how it is written down."""

    measure: Callable[[Reading, Reading], float]
    most: float
    form: str = "{:.2f}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the report: how a subject compares with a baseline at a piece of work.

    Without a *target* it is there to be looked at.
    """

    work: str
    subject: str
    subject_reading: Reading
    baseline: str
    baseline_reading: Reading
    target: Target | None = None

    @property
    def value(self) -> float | None:
        """What the target bounds."""
        return None if self.target is None else self.target.measure(self.subject_reading, self.baseline_reading)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None`` without one."""
        return None if self.target is None or self.value is None else self.value <= self.target.most

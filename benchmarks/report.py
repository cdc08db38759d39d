"""The report of a run: what was compared, on what, and its form in JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from benchmarks.comparisons import MEASURES, Comparison, Target, cpu_ratio, wall_ratio
from benchmarks.programs import CLIENT, PROGRAMS
from benchmarks.readings import Reading
from benchmarks.scale import Scale

#: The distributions whose releases make a difference.
LIBRARIES = (
    "attrs",
    "aiobotocore",
    "boto3",
    "dynamorm-core",
    "dyntastic",
    "marshmallow",
    "moto",
    "msgspec",
    "pydantic",
    "pydynox",
    "pynamodb",
    "schematics",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: the best reading of each side, and what they amount to. ``measure`` is the title of one."""

    work: str
    measure: str
    subject: str
    baseline: str
    value: float
    most: float | None
    subject_best: Reading
    baseline_best: Reading
    least: float | None = None
    section: str = ""

    @classmethod
    def of(cls, comparison: Comparison) -> Line:
        """Return the line of a *comparison*."""
        subject, baseline, target = comparison.subject, comparison.baseline, comparison.target
        return cls(
            comparison.work,
            target.measure.title,
            subject.name,
            baseline.name,
            comparison.value,
            target.most,
            subject.best,
            baseline.best,
            target.least,
            comparison.section,
        )

    @property
    def met(self) -> bool | None:
        """Return whether the value is within its bound; ``None`` when it has none."""
        return Target(MEASURES[self.measure], self.most, self.least).met(self.value)

    @property
    def text(self) -> str:
        """Return the value as it is written."""
        return self._written(self.value)

    @property
    def bound(self) -> str:
        """Return the bound as it is written; nothing when there is none."""
        if self.least is not None:
            return f"≥ {self._written(self.least)}"
        return "" if self.most is None else f"≤ {self._written(self.most)}"

    def _written(self, value: float) -> str:
        return MEASURES[self.measure].form.format(value)


@dataclass(frozen=True, slots=True)
class Row:
    """The lines of several contenders that did the same work, measured in the same way against the same baseline."""

    work: str
    measure: str
    baseline: str
    lines: Mapping[str, Line]


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of a run, what they were taken on, and with which releases of what."""

    machine: str
    libraries: Mapping[str, str]
    scale: Scale
    lines: Sequence[Line]

    @classmethod
    def of(cls, comparisons: Iterable[Comparison], scale: Scale) -> Report:
        """Return the report of these *comparisons*, which were taken in this environment."""
        return cls(_machine(), _libraries(), scale, [Line.of(comparison) for comparison in comparisons])

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Return the report whose :meth:`to_json` is *text*."""
        content = json.loads(text)
        lines = [
            Line(
                **{**line, "subject_best": Reading(**line["subject_best"])}
                | {"baseline_best": Reading(**line["baseline_best"])}
            )
            for line in content["lines"]
        ]
        scale = content["scale"]
        scale["contenders"] = tuple(scale["contenders"])
        return cls(content["machine"], content["libraries"], Scale(**scale), lines)

    def of_section(self, section: str) -> Report:
        """Return the report of a *section* alone, as one that has no sections."""
        return replace(self, lines=[replace(line, section="") for line in self.lines if line.section == section])

    def to_json(self) -> str:
        """Return the report as JSON: readings in seconds and bytes."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @property
    def contenders(self) -> list[str]:
        """Return the contenders of the transport's figures that took part, in their order."""
        present = {line.subject for line in self.lines}
        return [name for name in PROGRAMS if name in present]

    @property
    def rows(self) -> list[Row]:
        """Return the figures in which contenders of the transport took part."""
        found: dict[tuple[str, str, str], dict[str, Line]] = {}
        for line in self.lines:
            if line.subject in PROGRAMS:
                found.setdefault((line.work, line.measure, line.baseline), {})[line.subject] = line
        return [Row(*key, lines) for key, lines in found.items()]

    @property
    def headlines(self) -> list[Row]:
        """Return the figures with a target besides boto3's client: CPU, or clock time where a server is waited for."""
        return [
            row
            for row in self.rows
            if row.baseline == CLIENT
            and row.measure in {cpu_ratio.title, wall_ratio.title}
            and any(line.most is not None for line in row.lines.values())
        ]

    @property
    def pairs(self) -> list[Line]:
        """Return all other comparisons."""
        return [line for line in self.lines if line.subject not in PROGRAMS]


def _machine() -> str:
    """Describe the machine, without its name."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {os.cpu_count()} cores ({platform.machine()}), {platform.system()}"


def _libraries() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

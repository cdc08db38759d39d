"""The benchmarks run, in a tiny form. How long anything takes is theirs to say, and no test's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import FIGURES, main
from benchmarks.comparisons import (
    MEGABYTE,
    Comparison,
    Side,
    Target,
    cpu_milliseconds,
    cpu_ratio,
    more_megabytes,
    time_ratio,
)
from benchmarks.contenders import Contender, ContenderFailed, race
from benchmarks.imports import loaded_modules
from benchmarks.readings import Reading, Readings, best_of, portions
from benchmarks.report import table_of
from benchmarks.scale import Scale

TINY = ("--rounds", "1", "--operations", "3", "--items", "100")


def say(text: str) -> Readings:
    """A contender that says something before it answers."""
    sys.stdout.write(f"{text}\n")
    return {text: Reading(1.0, 2.0, 3)}


def stumble() -> Readings:
    """A contender that fails."""
    raise LookupError("a stone in the way")


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_is_taken(figure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    main([figure, *TINY, "--json", str(file)])
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["scale"] == {"rounds": 1, "operations": 3, "items": 100}
    assert report["comparisons"]
    for comparison in report["comparisons"]:
        for side in ("subject", "baseline"):
            [reading] = comparison[side]["readings"]
            assert reading["wall"] > 0
            assert reading["peak"] > MEGABYTE
        assert comparison["met"] is None or comparison["most"] > 0
    assert "DynamORM's speed and memory" in capsys.readouterr().out


def test_unknown_figure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed-of-light"])
    assert "no figure 'speed-of-light'; there are embedded" in capsys.readouterr().err


def test_importing_dynamorm_loads_neither_an_sdk_nor_a_schema_library_nor_the_plugin_manager() -> None:
    loaded = loaded_modules()
    assert "dynamorm.model.models" in loaded
    assert not {name.partition(".")[0] for name in loaded} & {
        "boto3",
        "botocore",
        "marshmallow",
        "pydantic",
        "schematics",
        "sqlite3",
        "pluggy",
        "importlib_metadata",
    }


def test_contender_runs_in_a_process_of_its_own_and_may_print() -> None:
    reading = {"a": Reading(1.0, 2.0, 3)}
    assert race({"talker": Contender(say, {"text": "a"})}, rounds=2) == {"talker": [reading, reading]}


def test_failure_of_a_contender_is_told() -> None:
    with pytest.raises(ContenderFailed, match="a stone in the way"):
        Contender(stumble, {}).run()


def test_best_is_the_least_of_each_quantity() -> None:
    assert best_of([Reading(1.0, 5.0, 9), Reading(2.0, 4.0, 8)]) == Reading(1.0, 4.0, 8)


def test_comparison_is_the_median_of_what_the_rounds_say() -> None:
    slow_machine, fast_machine, lucky = Reading(4.0, 4.0, 4), Reading(1.0, 1.0, 1), Reading(0.1, 0.1, 1)
    subject = Side("one", [slow_machine, fast_machine, fast_machine])
    comparison = Comparison("work", subject, Side("other", [slow_machine, fast_machine, lucky]))
    assert comparison.middle(cpu_ratio) == 1.0
    assert subject.middle == fast_machine
    assert comparison.value is None
    assert comparison.met is None


@pytest.mark.parametrize("count", [1, 3, 20, 1_001])
def test_portions_are_all_of_the_work(count: int) -> None:
    done: list[int] = []
    portions(count, done.extend)
    assert done == list(range(count))


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (Target(cpu_ratio, 2.0), 2.0, True),
        (Target(time_ratio, 2.0), 3.0, False),
        (Target(more_megabytes, 5.0), 4.0, True),
        (Target(cpu_milliseconds, 1_999.0), 2_000.0, False),
    ],
)
def test_target_bounds_its_measure(target: Target, value: float, met: bool) -> None:
    subject, baseline = Reading(2.0, 6.0, 10 * MEGABYTE), Reading(1.0, 2.0, 6 * MEGABYTE)
    comparison = Comparison("work", Side("one", [subject]), Side("other", [baseline]), target)
    assert comparison.value == value
    assert comparison.met is met
    assert table_of([comparison]).row_count == 1


def test_scale_that_can_not_be_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["imports", "--rounds", "0"])
    assert "whole numbers from 1 on" in capsys.readouterr().err


def test_scale_of_broken_authors_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 50"):
        Scale(items=120)

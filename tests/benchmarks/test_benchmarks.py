"""The benchmarks run, in a tiny form. How long anything takes is theirs to say, and no test's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.__main__ import AWAITED, FIGURES, main
from benchmarks.canned_server import Canned, canned_server
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
from benchmarks.programs import PROGRAMS, SEGMENTS, program
from benchmarks.readings import Reading, Readings, best_of, portions, reading_of
from benchmarks.report import Report
from benchmarks.scale import Scale
from benchmarks.tables import pairs_table

TINY = ("--rounds", "1", "--operations", "3", "--items", "100", "--scanned", "10", "--contenders", "DynamORM Pydantic")


def say(text: str) -> Readings:
    """A contender that says something before it answers."""
    sys.stdout.write(f"{text}\n")
    return {text: Reading(1.0, 2.0, 3)}


def stumble() -> Readings:
    """A contender that fails."""
    raise LookupError("a stone in the way")


# What is awaited has a test of its own, which starts fewer processes.
@pytest.mark.parametrize("figure", sorted(FIGURES.keys() - {AWAITED}))
def test_each_figure_is_taken(figure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    main([figure, *TINY, "--json", str(file)])
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["scale"] == {
        "rounds": 1,
        "operations": 3,
        "items": 100,
        "scanned": 10,
        "contenders": ["DynamORM Pydantic"],
    }
    assert report["lines"]
    for line in report["lines"]:
        for side in ("subject_best", "baseline_best"):
            assert line[side]["peak"] > 0
    assert "DynamORM" in capsys.readouterr().out


@pytest.fixture(scope="module")
def canned_url() -> Iterator[str]:
    with canned_server(Canned(page_items=3, pages=SEGMENTS)) as url:
        yield url


def all_works(contender: str, url: str) -> Readings:
    """A contender that does everything once, and looks at what comes."""
    made = program(contender, url, 30)
    one = made.get()
    title = one["title"] if isinstance(one, dict) else one.title
    assert title in ("The history of the number 1", {"S": "The history of the number 1"})
    assert len(made.page()) == 3
    assert made.scan(SEGMENTS) == made.scan(1) == 3 * SEGMENTS
    made.put()
    made.write()
    return {"all": reading_of(lambda: None)}


@pytest.mark.parametrize("contender", PROGRAMS)
def test_program_of_each_library_does_all_the_work(contender: str, canned_url: str) -> None:
    if not PROGRAMS[contender].installed:
        pytest.skip(f"{PROGRAMS[contender].library} is not installed.")
    assert Contender(all_works, {"contender": contender, "url": canned_url}).run()


def test_unknown_contender_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["get", "--contenders", "a hand-written one"])
    assert "no contender a hand-written one; there are DynamORM Pydantic" in capsys.readouterr().err


def test_unknown_figure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed-of-light"])
    assert "no figure 'speed-of-light'; there are get, put" in capsys.readouterr().err


#: What a program may do without, and imports when it first does not.
DEFERRED = {
    "data.display",
    "engine.costs",
    "engine.plans.batches",
    "engine.plans.pages",
    "engine.plans.transactions",
    "engine.run.merged_batch",
    "engine.run.rates",
    "engine.tables.lifecycle",
    "exceptions.rates",
    "exceptions.reasons",
    "model.constraints.constraints",
    "model.key_templates.templates",
    "model.mapping.display",
    "model.mapping.pickles",
    "model.reads.prefetch",
    "model.reads.reads",
    "model.shared_tables.definitions",
    "model.table.composed_keys",
    "model.table.kinds",
    "model.typed.declared",
    "model.upkeep",
    "model.verbs.batches",
    "model.verbs.creating",
    "model.verbs.get_or_create",
    "model.verbs.moves",
    "model.verbs.puts",
    "model.verbs.tables",
    "model.verbs.transactional_reads",
    "model.verbs.transactions",
    "reads",
    "rules",
    "wire",
}


def test_importing_dynamorm_loads_no_sdk_no_schema_library_no_plugin_manager_and_nothing_slow() -> None:
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
        "asyncio",
        "blinker",
        "dataclasses",
        "inspect",
        "uuid",
    }
    assert not loaded & {f"dynamorm.{name}" for name in DEFERRED}


def test_contender_runs_in_a_process_of_its_own_and_may_print() -> None:
    reading = {"a": Reading(1.0, 2.0, 3)}
    assert race({"talker": Contender(say, {"text": "a"})}, rounds=2) == {"talker": [reading, reading]}


def test_failure_of_a_contender_is_told() -> None:
    with pytest.raises(ContenderFailed, match="a stone in the way"):
        Contender(stumble, {}).run()


def test_best_is_the_least_of_each_quantity() -> None:
    assert best_of([Reading(1.0, 5.0, 9), Reading(2.0, 4.0, 8)]) == Reading(1.0, 4.0, 8)


def test_comparison_is_of_the_best_readings_of_each_side() -> None:
    slow_machine, fast_machine = Reading(4.0, 4.0, 4), Reading(1.0, 2.0, 1)
    comparison = Comparison(
        "work",
        Side("one", [slow_machine, fast_machine]),
        Side("other", [Reading(2.0, 4.0, 2), slow_machine]),
        Target(cpu_ratio),
    )
    assert comparison.value == 0.5
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
    report = Report.of([comparison], Scale())
    assert pairs_table(report).row_count == 1
    [line] = report.pairs
    assert line.met is met
    assert Report.from_json(report.to_json()) == report


def test_scale_that_can_not_be_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["imports", "--rounds", "0"])
    assert "whole numbers from 1 on" in capsys.readouterr().err


def test_scale_of_broken_authors_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 50"):
        Scale(items=120)

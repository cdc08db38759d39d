"""Work that is counted: the same each time, and compared with what is committed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import pytest

import dynamorm
from benchmarks import work, work_of_keys
from benchmarks.books import create_table
from benchmarks.counting import work_of
from benchmarks.programs.dynamorm_models import ModelProgram
from benchmarks.programs.pydantic_models import Book

on_the_python_that_counts = pytest.mark.skipif(
    sys.version_info[:2] != work.PYTHON, reason="Later Pythons tell of instructions in another way; one Python counts."
)


@pytest.fixture
def made() -> ModelProgram:
    return ModelProgram(Book, 25)


@on_the_python_that_counts
def test_work_is_the_same_each_time(made: ModelProgram) -> None:
    with dynamorm.using("sqlite:///:memory:"):
        create_table(Book)
        made.write()
        first = work_of(made.get)
        assert first["instructions"] > first["calls"] > 0
        assert work_of(made.get) == first


@on_the_python_that_counts
def test_more_work_is_counted_as_more(made: ModelProgram) -> None:
    with dynamorm.using("sqlite:///:memory:"):
        create_table(Book)
        made.put()
        once = work_of(made.get)
        twice = work_of(lambda: (made.get(), made.get()))
        assert dict(twice) == {unit: 2 * count for unit, count in once.items()}


@on_the_python_that_counts
def test_work_of_others_is_not_counted() -> None:
    assert dict(work_of(lambda: sorted(str(number) for number in range(100)))) == {"instructions": 0, "calls": 0}


def test_counting_leaves_the_tools_of_others_in_place() -> None:
    def tool(frame: FrameType, event: str, argument: object) -> None:
        """Does nothing."""

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(tool)
    sys.setprofile(tool)
    try:
        work_of(dict)
        assert (sys.gettrace(), sys.getprofile()) == (tool, tool)
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])


@pytest.mark.parametrize(
    ("after", "failures", "improvements"),
    [
        (110, [], []),
        (111, ["a get: 100 before, 111 now (+11%)."], []),
        (90, [], []),
        (89, [], ["a get: 100 before, 89 now (-11%)."]),
    ],
)
def test_a_tenth_is_the_tolerance(after: int, failures: list[str], improvements: list[str]) -> None:
    changes = work.compared({"a get": 100}, {"a get": after})
    assert (changes.failures, changes.improvements) == (failures, improvements)


def test_figures_that_are_on_one_side_only_are_told() -> None:
    assert work.compared({"old": 1}, {"new": 1}).failures == ["new is not in the file.", "old is not counted any more."]


Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command with a file of its own, on the running Python, where certain figures are counted."""
    monkeypatch.setattr(work, "FILE", tmp_path / "work.json")
    monkeypatch.setattr(work, "PYTHON", sys.version_info[:2])

    def run(counted: Mapping[str, int], *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(work, "counted", lambda: dict(counted))
        status = work.main(arguments)
        return status, capsys.readouterr().out

    return run


def test_command_fails_when_work_grows_until_the_file_is_renewed(command: Command) -> None:
    assert command({"a get": 100}, "--renew")[0] == 0
    assert command({"a get": 105})[0] == 0
    status, words = command({"a get": 120})
    assert status == 1
    assert "a get: 100 before, 120 now (+20%)" in words
    assert "hatch run work:count --renew" in words
    assert command({"a get": 120}, "--renew")[0] == 0
    assert command({"a get": 120})[0] == 0


def test_command_tells_less_work_without_failing(command: Command) -> None:
    command({"a get": 100}, "--renew")
    status, words = command({"a get": 50})
    assert status == 0
    assert "Less work: a get: 100 before, 50 now (-50%)" in words
    assert "hatch run work:count --renew" in words


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(work, "PYTHON", (2, 7))
    with pytest.raises(SystemExit):
        work.main([])
    assert "Python 2.7 is what counts" in capsys.readouterr().err


def test_committed_figures_are_those_that_are_counted() -> None:
    """Their names: how much they are is the command's to judge, on its own Python."""
    models = {f"{schemas}, {path}" for schemas, path in work.MODELS}
    imports = {f"{name}, modules" for name in work.IMPORTS}
    committed = work.committed()
    assert {name.partition(":")[0] for name in committed if ":" in name} == {*models, *work.KEYS}
    assert set(work.KEYS) == work_of_keys.KEYS.keys()
    assert {name for name in committed if ":" not in name} == imports

"""The command that runs the tests that work with chance for longer."""

from __future__ import annotations

import re
from typing import TypeVar, cast

import pytest

from dynamorm.data import Operation, TransactWrite, TransactWriteResult
from dynamorm.engine.run.connections import open_backend
from soak.command import main
from soak.parts import PARTS, one_table
from tests.support.backends import RecordingBackend
from tests.support.servers.dynamodb_local import LOCAL_VARIABLE

Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def without_dynamodb_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LOCAL_VARIABLE, raising=False)


class Forgetful(RecordingBackend):
    """Forgets each fifth transaction, and says that it was carried out."""

    def __init__(self) -> None:
        super().__init__(open_backend("sqlite:///:memory:"))
        self.transactions = 0

    def execute(self, operation: Operation[Result]) -> Result:
        if isinstance(operation, TransactWrite):
            self.transactions += 1
            if self.transactions % 5 == 0:
                return cast("Result", TransactWriteResult())
        return super().execute(operation)


@pytest.mark.usefixtures("interruptible")
def test_each_part_counts_what_it_has_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "1", "--size", "1", "--seed", "9"]) == 0
    printed = capsys.readouterr().out
    assert f"set {LOCAL_VARIABLE}=1" in printed
    assert "nothing differs, nothing is lost; seeds from 9" in printed
    for part in PARTS:
        assert re.search(rf"^  {part} .* 1 rounds  \d", printed, re.MULTILINE)
    *_, together = printed.splitlines()
    for thing in ("acknowledged", "forks", "interrupts", "kills", "operations cancelled", "steps", "transfers"):
        assert re.search(rf"[1-9][\d,]* {thing}\b", together)


def test_backend_that_forgets_a_write_is_found_and_its_seed_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    parts = {"one-table": lambda seed, size: one_table(Forgetful, seed, size)}
    assert main(["--rounds", "9", "--size", "5"], parts) == 1
    printed = capsys.readouterr().out
    failed = re.search(r"^one-table failed with seed (\d+)", printed, re.MULTILINE)
    assert failed is not None
    assert f"hatch run soak --only one-table --seed {failed[1]} --rounds 1 --size 5" in printed
    assert "1 failure" in printed
    assert main(["--rounds", "1", "--size", "5", "--seed", failed[1]], parts) == 1


def test_interrupted_command_prints_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(seed: int, size: int) -> None:
        if seed == 3:
            raise KeyboardInterrupt

    assert main(["--seed", "1"], {"part": interrupt}) == 130
    assert re.search(r"interrupted; until then nothing differs, .*\n  part .* 3 rounds", capsys.readouterr().out)


def test_parts_that_do_not_exist_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "other"], {"part": lambda seed, size: None}) == 2
    assert capsys.readouterr().out.endswith("There is no part other. The parts are part.\n")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--minutes", "-1", "-1 is no number of minutes"),
        ("--minutes", "nan", "nan is no number of minutes"),
        ("--rounds", "0", "0 is less than 1"),
        ("--size", "0", "0 is less than 1"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(
    option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([f"{option}={value}"])
    assert message in capsys.readouterr().err

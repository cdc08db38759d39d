"""``dynamorm dump`` and ``dynamorm verify``: what they print, what stops them, and how they go on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from dynamorm.data import DeleteItem
from dynamorm.engine.run.connections import open_backend
from dynamorm.operate import DumpEstimate
from dynamorm_cli.commands.dump import _consistency_text, _estimate_text
from tests.support.command_lines import interrupt, run, run_process
from tests.support.dumps import check_whole, fill, numbers_in

PROGRAM = ("-m", "tests.cli.slow_pages")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table of 200 numbers, and a configuration that names it."""
    with open_backend(f"sqlite:///{tmp_path / 'numbers.db'}") as backend:
        fill(backend, 200)
    (tmp_path / "pyproject.toml").write_text('[tool.dynamorm]\nurl = "sqlite:///numbers.db"\n')
    (tmp_path / "app.py").write_text(
        "from dynamorm import DynaModel\nfrom marshmallow import Schema, fields\n\n\n"
        "class Number(DynaModel):\n    class Table:\n        name = 'numbers'\n        hash_key = 'n'\n\n"
        "    class Schema(Schema):\n        n = fields.Integer()\n"
    )
    return tmp_path


def test_a_dump_tells_what_it_takes_and_what_it_has_done(folder: Path) -> None:
    done = run("dump", "numbers", "-o", "a", folder=folder)
    assert (done.status, done.out) == (0, "numbers: 200 items in 1 file in a\n")
    assert done.err == (
        "numbers  about 200 items\n"
        "A scan is no snapshot: of what is written meanwhile, the dump may have some and lack some.\n"
    )
    assert numbers_in(folder / "a") == [*range(200)]
    quiet = run("dump", "app:Number", "-o", "b", "--segments", "2", "--consistent", "-q", folder=folder)
    assert (quiet.status, quiet.out, quiet.err) == (0, "numbers: 200 items in 2 files in b\n", "")


def test_json_has_one_document(folder: Path) -> None:
    document = run("dump", "numbers", "-o", "a", "--json", folder=folder).json()
    assert document.pop("read_units") > 0
    assert document == {
        "format": 1,
        "table": "numbers",
        "folder": "a",
        "items": 200,
        "files": 1,
        "resumed": False,
        "consistency": "scan",
        "point_in_time_export": None,
    }
    again = run("dump", "numbers", "-o", "a", "--json", "--resume", folder=folder).json()
    assert (again["resumed"], again["items"], again["read_units"]) == (True, 200, 0)
    found = run("verify", "a", "--json", "--against", "numbers", folder=folder).json()
    assert found == {
        "format": 1,
        "folder": "a",
        "whole": True,
        "items": 200,
        "files": 1,
        "problems": [],
        "warnings": [],
        "difference": {"table": "numbers", "equal": 200, "changed": 0, "missing": 0, "added": 0},
    }


def test_a_terminal_shows_a_bar(folder: Path) -> None:
    done = run("dump", "numbers", "-o", "a", folder=folder, tty=True, env={"TERM": "xterm", "COLUMNS": "200"})
    assert "200 items" in done.err
    assert "100 %" in done.err


@pytest.mark.parametrize(("threads", "number"), [("1", signal.SIGINT), ("4", signal.SIGINT), ("4", signal.SIGTERM)])
def test_a_signal_saves_what_was_read_and_says_how_to_go_on(folder: Path, threads: str, number: int) -> None:
    arguments = ("dump", "numbers", "-o", "a", "--segments", threads)
    stopped = interrupt(
        *arguments,
        folder=folder,
        when=lambda line: line == "fifth page\n",
        signal=number,
        program=PROGRAM,
        env={"PYTHONPATH": str(ROOT), "DUMP_STOPS": "wait", "DUMP_THREADS": threads},
    )
    assert stopped.status == 130
    assert stopped.err.endswith(
        f"Interrupted. The state is saved.\nGo on with: dynamorm dump numbers -o a --segments {threads} --resume\n"
    )
    kept = numbers_in(folder / "a")
    assert 40 <= len(kept) == len({*kept}) < 200
    assert run(*arguments, "--resume", folder=folder).status == 0
    assert numbers_in(folder / "a") == [*range(200)]
    check_whole(folder / "a")


def test_throttling_that_does_not_end_has_status_3(folder: Path) -> None:
    stopped = interrupt(
        "dump",
        "numbers",
        "-o",
        "a",
        "--json",
        folder=folder,
        when=lambda _: False,
        program=PROGRAM,
        env={"PYTHONPATH": str(ROOT), "DUMP_STOPS": "throttle"},
    )
    assert stopped.status == 3
    assert json.loads(stopped.out) == {
        "error": "Throttled",
        "message": "Stopped: Scan of table 'numbers' was throttled.",
        "resume": "dynamorm dump numbers -o a --json --resume",
    }
    assert len(numbers_in(folder / "a")) == 40
    assert run("dump", "numbers", "-o", "a", "--resume", folder=folder).status == 0
    check_whole(folder / "a")


def test_a_full_disk_has_status_3(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dynamorm.operate.dumps.parts.sync_file", full)
    stopped = run("dump", "numbers", "-o", "a", folder=folder)
    assert stopped.status == 3
    assert stopped.err.endswith(
        "Error: Stopped: [Errno 28] No space left on device\nGo on with: dynamorm dump numbers -o a --resume\n"
    )


def test_what_can_not_be_done_has_status_1(folder: Path) -> None:
    run("dump", "numbers", "-o", "a", folder=folder)
    for arguments, message in (
        (("dump", "numbers", "-o", "a"), "'a' has a dump already. Choose another folder."),
        (("dump", "numbers", "-o", "."), "'.' is not empty"),
        (("dump", "numbers", "-o", "b", "--resume"), "'b' has no dump to go on with"),
        (("dump", "none", "-o", "b"), "There is no table 'none'"),
        (("verify", "b"), "'b' has no dump"),
    ):
        failed = run(*arguments, "-q", folder=folder)
        assert (failed.status, failed.out) == (1, ""), arguments
        assert f"Error: {message}" in failed.err
    assert not (folder / "b").exists()


def test_a_folder_must_be_named(folder: Path) -> None:
    failed = run_process("dump", "numbers", folder=folder)
    assert failed.status == 64
    assert "Missing option '-o'" in failed.err


def test_verify_says_what_is_wrong(folder: Path) -> None:
    run("dump", "numbers", "-o", "a", folder=folder)
    with open_backend(f"sqlite:///{folder / 'numbers.db'}") as backend:
        backend.execute(DeleteItem("numbers", {"n": 5}))
    differs = run("verify", "a", "--against", "app:Number", folder=folder)
    assert (differs.status, differs.out) == (
        2,
        (
            "a: whole, 200 items in 1 file\n"
            "numbers: 199 items are the same, 0 differ, 1 are in the dump only, 0 in the table only\n"
        ),
    )
    (folder / "a" / "data" / "more.json.gz").touch()
    wrong = run("verify", "a", folder=folder)
    assert (wrong.status, wrong.out) == (
        1,
        "wrong: data/more.json.gz: The manifest does not have this file.\na: not whole, 200 items in 1 file\n",
    )
    wrong = run("verify", "a", "--json", folder=folder)
    assert wrong.json()["problems"] == [
        {"file": "data/more.json.gz", "line": None, "message": "The manifest does not have this file."}
    ]


def test_an_estimate_is_one_line() -> None:
    command = "aws dynamodb export-table-to-point-in-time --table-arn a --s3-bucket BUCKET"
    estimate = DumpEstimate("prod-books", 1_204_332, 851_443_712, 103_936.0, 519.68, 0.012992, 8, command)
    assert _estimate_text(estimate) == (
        "prod-books  about 1,204,332 items, 812 MB; about 103,936 read units, about 8 min 40 s, about $0.01"
    )
    assert _estimate_text(estimate, 200.0).endswith("about 8 min 40 s with at most 200 read units/s, about $0.01")
    assert command in _consistency_text(estimate)
    small = DumpEstimate("books", 20, 2_000, 1.0, 0.1, 0.000001, 1, command)
    assert _estimate_text(small) == "books  about 20 items, 2.0 KB; about 1 read unit, less than 1 s, less than $0.01"


def test_a_rate_is_kept(folder: Path) -> None:
    done = run("dump", "numbers", "-o", "a", "--rate", "1000", folder=folder)
    assert (done.status, done.err.splitlines()[0]) == (0, "numbers  about 200 items; at most 1000 read units/s")
    assert run("verify", "a", "--against", "numbers", "--rate", "1000", folder=folder).status == 0
    assert run("verify", "a", "--rate", "1000", folder=folder).status == 64
    refused = run("dump", "numbers", "-o", "b", "--rate", "0", folder=folder)
    assert (refused.status, (folder / "b").exists()) == (64, False)
    assert "'--rate': 0.0 is not in the range x>0" in refused.err

"""``dynamorm load`` and ``dynamorm copy``: what they print and ask, what stops them, and how they go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dynamorm.data import DescribeTable, Scan
from dynamorm.data.records import replace
from dynamorm.engine.run.connections import open_backend
from tests.support.command_lines import interrupt, run, run_process
from tests.support.dumps import NUMBERS, fill

ROOT = Path(__file__).parents[2]
PROGRAM = ("-m", "tests.cli.slow_batches")
APP = """
from dynamorm import DynaModel
from marshmallow import Schema, fields


class Number(DynaModel):
    class Table:
        name = "numbers"
        hash_key = "n"

    class Schema(Schema):
        n = fields.Integer()
        text = fields.String()


def anonymise(item):
    return None if item["n"] == 0 else item | {"text": "***"}
"""
CONFIGURATION = """
[tool.dynamorm]
url = "sqlite:///numbers.db"

[tool.dynamorm.env.staging]
url = "sqlite:///staging.db"

[tool.dynamorm.env.prod]
url = "sqlite:///prod.db"
protect = true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table of 200 numbers, a dump of it, and a configuration that names it."""
    with open_backend(f"sqlite:///{tmp_path / 'numbers.db'}") as backend:
        fill(backend, 200)
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "app.py").write_text(APP)
    assert run("dump", "numbers", "-o", "dump", "-q", folder=tmp_path).status == 0
    return tmp_path


def count(folder: Path, table: str = "numbers", database: str = "numbers.db") -> int:
    """Return how many items a table has."""
    with open_backend(f"sqlite:///{folder / database}") as backend:
        return backend.execute(Scan(table, count_only=True)).count


def test_a_dump_is_loaded_into_a_table_that_is_created(folder: Path) -> None:
    done = run("load", "dump", "copies", "--create", "--yes", "--check", "--rate", "100000", folder=folder)
    assert (done.status, done.out) == (0, "dump -> copies: 200 items read, 200 written\n")
    assert done.err == "Loading 'dump' into the table 'copies' in sqlite:///numbers.db.\n"
    assert count(folder, "copies") == 200
    assert [path.name for path in folder.glob("*.json*")] == [], "nothing failed, and nothing is left to be done"


def test_a_terminal_shows_a_bar(folder: Path) -> None:
    environment = {"TERM": "xterm", "COLUMNS": "200"}
    for arguments in (["load", "dump", "copies", "--create"], ["copy", "numbers", "twins"]):
        done = run(*arguments, "--yes", folder=folder, tty=True, env=environment)
        assert (done.status, "100%" in done.err, "200/200" in done.err) == (0, True, True)


def test_a_dump_and_a_load_give_the_same_bytes(folder: Path) -> None:
    run("load", "dump", "copies", "--create", "--settings", "--yes", folder=folder)
    run("dump", "copies", "-o", "again", "-q", folder=folder)
    names = sorted(path.name for path in (folder / "dump" / "data").iterdir())
    assert names == sorted(path.name for path in (folder / "again" / "data").iterdir())
    for name in names:
        assert (folder / "dump" / "data" / name).read_bytes() == (folder / "again" / "data" / name).read_bytes()
    tables = [json.loads((folder / each / "table.json").read_text()) for each in ("dump", "again")]
    for table in tables:
        del table["CreateTable"]["TableName"]
    assert tables[0] == tables[1]


def test_json_has_one_document(folder: Path) -> None:
    done = run("load", "dump", "app:Number", "--yes", "--json", "--where", "n__lt=5", folder=folder)
    assert done.json() == {
        "format": 1,
        "source": "dump",
        "table": "numbers",
        "read": 200,
        "written": 5,
        "deleted": 0,
        "present": 0,
        "left_out": 195,
        "repeated": 0,
        "failed": 0,
        "failures": [],
        "failed_file": None,
        "created": False,
        "warnings": [],
    }
    copied = run("copy", "numbers", "copies", "--yes", "--json", "--limit", "3", folder=folder).json()
    assert (copied["format"], copied["source"], copied["written"], copied["created"]) == (1, "numbers", 3, True)


def test_consent_is_asked_for_where_it_is_written_to(folder: Path) -> None:
    asked = run("load", "dump", "numbers", folder=folder)
    assert (asked.status, asked.out) == (64, "")
    assert "Load 'dump' into the table 'numbers' in sqlite:///numbers.db? There is no terminal to ask at" in asked.err
    declined = run("load", "dump", "numbers", folder=folder, tty=True, input="no\n")
    assert (declined.status, declined.err.endswith("Nothing was done.\n")) == (1, True)
    accepted = run("load", "dump", "numbers", "-q", folder=folder, tty=True, input="y\n")
    assert accepted.status == 0

    protected = run("copy", "numbers", "--to-env", "prod", "-q", folder=folder, tty=True, input="no\n")
    asked_by_name = "Copy the table 'numbers' in sqlite:///numbers.db to 'numbers' in sqlite:///prod.db?\nType the "
    assert (protected.status, protected.err.startswith(asked_by_name)) == (1, True)
    protected = run("copy", "numbers", "--to-env", "prod", "--yes", folder=folder)
    assert (protected.status, "This needs --confirm numbers" in protected.err) == (64, True)
    by_url = run("copy", "numbers", "--to", "sqlite:///prod.db", "--yes", folder=folder)
    assert by_url.status == 64, "its URL is no way round its protection"
    assert run("copy", "numbers", "--to-env", "prod", "--confirm", "numbers", folder=folder).status == 0
    # What is read needs no consent, also where it is protected.
    assert run("copy", "numbers", "--env", "prod", "--to-env", "staging", "--yes", folder=folder).status == 0
    assert count(folder, database="staging.db") == 200


def test_a_copy_says_from_where_to_where_and_what_it_left_out(folder: Path) -> None:
    done = run("copy", "numbers", "--to", "sqlite:///other.db", "--yes", "--change", "app:anonymise", folder=folder)
    assert done.out == "numbers -> numbers: 200 items read, 199 written, 1 left out\n"
    assert done.err == "Copying the table 'numbers' in sqlite:///numbers.db to 'numbers' in sqlite:///other.db.\n"
    with open_backend(f"sqlite:///{folder / 'other.db'}") as backend:
        assert {item["text"] for item in backend.execute(Scan("numbers")).items} == {"***"}
        assert backend.execute(DescribeTable("numbers")).spec.throughput is None
    options = ("--segments", "2", "--where", "n=N:7", "--yes", "-q")
    beside = run("copy", "app:Number", "copies", *options, folder=folder)
    assert (beside.status, "NumberSchema" in beside.err) == (64, True), "the conditions are about a model"
    beside = run("copy", "numbers", "copies", *options, folder=folder)
    assert (beside.out, beside.err) == ("numbers -> copies: 200 items read, 1 written, 199 left out\n", "")


def test_half_of_a_character_is_escaped_in_json(folder: Path) -> None:
    (folder / "half.json").write_text(r'{"Item": {"n": {"N": "1"}, "\ud800": {"S": "x"}}}')
    done = run("load", "half.json", "numbers", "--yes", "-q", "--json", folder=folder)
    assert (done.status, json.loads(done.out)["failures"][0]["message"].split(" holds")[0]) == (1, "Attribute '\ud800'")


def test_failed_items_are_printed_and_kept(folder: Path) -> None:
    lines = [{"Item": {"n": {"S": "text"}}}] * 7 + [{"Item": {"n": {"N": "999"}}}]
    piped = "".join(json.dumps(line) + "\n" for line in lines)
    # A process of its own, as it reads the bytes of the standard input.
    done = run_process("load", "-", "numbers", "--yes", folder=folder, input=piped)
    assert (done.status, done.out) == (1, "- -> numbers: 8 items read, 1 written, 7 failed\n")
    printed = done.err.splitlines()
    assert printed[1] == (
        "  standard input, line 1: 'n' is part of the primary key of 'numbers', which is a number; it was given a value "
        "of the type str. (InvalidKey)"
    )
    assert printed[-2:] == [
        "  and 2 more",
        "They are in numbers.load.failed.jsonl, with the reasons. Fix them there, and load that file.",
    ]
    assert len((folder / "numbers.load.failed.jsonl").read_text().splitlines()) == 7
    again = run("load", "dump", "numbers", "--yes", folder=folder)
    assert (again.status, "numbers.load.failed.jsonl' exists" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "nothing", "numbers"], "There is no folder or file 'nothing' to load."),
        (["load", "empty", "numbers"], "'empty' has no items, so nothing was written to 'numbers'."),
        (["load", "broken", "numbers"], "'broken', line 2, is not JSON: Expecting value at column 1."),
        (["load", "changes", "numbers"], "'changes', line 1, is of an incremental export:"),
        (["load", "dump", "missing"], "Create the table first, or load with create=True, on the command line --create"),
        (["load", "dump", "numbers", "--create"], "A load never replaces a table."),
        (["load", "dump", "numbers", "--resume"], "There is no 'numbers.load.json', from which a load could be"),
        (["load", "dump", "numbers", "--where", "n=N:-1"], "None of the 200 items of 'dump' was chosen"),
        (["copy", "numbers"], "The source and the target are the same table, 'numbers'."),
        (["copy", "missing", "copies"], "missing"),
        (["copy", "numbers", "copies", "--resume"], "There is no 'copies.copy.json', from which a copy could be"),
        (["copy", "numbers", "copies", "--resume"], "on the command line without --resume."),
        (["copy", "numbers", "copies", "--no-create"], "Create the table first"),
    ],
)
def test_what_can_not_be_done_fails_with_the_reason(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "empty").touch()
    (folder / "broken").write_text('{"Item": {"n": {"N": "500"}}}\nbroken\n')
    (folder / "changes").write_text('{"Keys": {"n": {"N": "500"}}}\n')
    done = run(*arguments, "--yes", folder=folder)
    assert (done.status, done.out) == (1, "")
    assert message in done.err
    document = run(*arguments, "--yes", "--json", "--state", "other.json", folder=folder).json()
    assert document["error"] in {
        "InvalidDump",
        "InvalidLoad",
        "NothingLoaded",
        "TableAlreadyExists",
        "TableNotFound",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "dump", "numbers", "--change", "anonymise"], "'anonymise' is no function. Name the module"),
        (["load", "dump", "numbers", "--change", "app:anonymize"], "app has no function 'anonymize'."),
        (["load", "dump", "numbers", "--limit", "0"], "0 is not in the range x>=1."),
        (["load", "dump", "numbers", "--where", "n"], "'n' is no operand."),
        (["load", "dump", "numbers", "--rate", "0"], "0.0 is not in the range x>0."),
        (["copy", "numbers", "--to", "sqlite:///a.db", "--to-env", "prod"], "--to and --to-env name two backends."),
        (["copy", "numbers", "--to-env", "none"], "has no environment 'none'"),
    ],
)
def test_wrong_usage_is_told(folder: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments, "--yes", folder=folder)
    assert (done.status, done.out) == (64, "")
    assert message in done.err


def test_a_module_with_the_function_that_can_not_be_imported_is_named(folder: Path) -> None:
    (folder / "tools.py").write_text("import nothing_like_this\n")
    done = run("load", "dump", "numbers", "--yes", "--change", "tools:anonymise", folder=folder)
    assert (done.status, done.out) == (1, "")
    assert "tools can't be imported: ModuleNotFoundError" in done.err
    assert "tools.py, line 1: import nothing_like_this" in done.err


def test_a_function_that_fails_is_shown_without_what_called_it(folder: Path) -> None:
    (folder / "wrong.py").write_text("def anonymise(item):\n    return item['name']\n")
    failed = run("load", "dump", "numbers", "--yes", "-q", "--change", "wrong:anonymise", folder=folder)
    assert failed.status == 1
    first, place, *_ = failed.err.splitlines()
    assert (first, f'File "{folder / "wrong.py"}", line 2, in anonymise' in place) == (
        "Traceback (most recent call last):",
        True,
    )
    raised = f"This was raised in {folder / 'wrong.py'}, line 2, in anonymise, while "
    assert f"\nKeyError: 'name'\n{raised}" in failed.err


@pytest.mark.parametrize("command", ["load", "copy"])
def test_ctrl_c_saves_the_state_and_says_how_to_go_on(folder: Path, command: str) -> None:
    with open_backend(f"sqlite:///{folder / 'numbers.db'}") as backend:
        fill(backend, 1200, spec=replace(NUMBERS, name="many"))
    run("dump", "many", "-o", "large", "-q", folder=folder)
    what = ["load", "large", "copies", "--create"] if command == "load" else ["copy", "many", "copies"]
    environment = {"PYTHONPATH": str(ROOT), "LOAD_STOPS": "wait"}
    stopped = interrupt(
        *what, "--yes", folder=folder, when=lambda line: "batch 45" in line, env=environment, program=PROGRAM
    )
    assert stopped.status == 130
    assert stopped.err.splitlines()[-2:] == [
        "Interrupted. The state is saved.",
        f"Go on with: dynamorm {' '.join(what)} --yes --resume",
    ]
    state = folder / f"copies.{command}.json"
    assert json.loads(state.read_text())["counts"]["read"] >= 500
    done = run(*what, "--yes", "--resume", "--json", folder=folder).json()
    assert (done["read"], done["written"]) == (1200, 1200)
    assert not state.exists()
    assert count(folder, "copies") == 1200


def test_ctrl_c_ends_a_load_that_waits_for_input(folder: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as open_end, os.fdopen(reading, "rb") as standard_input:
        open_end.write(b'{"Item": {"n": {"N": "999"}}}\n')
        open_end.flush()
        with subprocess.Popen(
            [sys.executable, "-m", "dynamorm_cli", "load", "-", "numbers", "--yes"],
            cwd=folder,
            stdin=standard_input,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        ) as process:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("Loading '-' into the table 'numbers'")
            process.send_signal(signal.SIGINT)
            printed = process.stderr.read()
        # Python ends itself by the signal if that came while a class was compiled. To a shell both are 130.
        assert process.returncode in {130, -signal.SIGINT}, printed
    assert printed.splitlines()[0].startswith("Interrupted.")


def test_throttling_that_does_not_end_has_a_status_of_its_own(folder: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "LOAD_STOPS": "throttle"}
    stopped = interrupt(
        *("load", "dump", "copies", "--create", "--yes", "--json"),
        folder=folder,
        when=lambda line: False,
        env=environment,
        program=PROGRAM,
    )
    assert stopped.status == 3
    document = stopped.json()
    assert document["error"] == "UnprocessedItems"
    assert document["resume"] == "dynamorm load dump copies --create --yes --json --resume"
    assert run("load", "dump", "copies", "--create", "--yes", "--resume", folder=folder).status == 0
    assert count(folder, "copies") == 200

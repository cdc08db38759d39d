"""The ISO 3166 example finds what pycountry knows, the same on every backend."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

import dynamorm
from dynamorm.ports.backends import Backend
from iso3166.program import main, run
from tests.examples.iso3166_expectations import expected_answers
from tests.examples.programs import run_example

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "iso3166", "AWS_SECRET_ACCESS_KEY": "test"}
HEADINGS = ["By key", "By range", "By local index", "By global index", "By filter", "Changes"]


def iso3166(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_example("iso3166", *arguments, folder=folder, environment=CREDENTIALS)
    assert done.returncode == 0, done.stderr
    return done


def test_the_answers_are_those_of_pycountry(backend: Backend) -> None:
    with dynamorm.using(backend):
        answers = run()
    assert {answer.name: list(answer.found) for answer in answers} == expected_answers()


def test_it_prints_every_answer_below_its_question(tmp_path: Path) -> None:
    lines = iso3166(tmp_path, "sqlite:///iso3166.db").stdout.splitlines()
    assert [line for line, below in pairwise(lines) if below and set(below) == {"="}] == HEADINGS
    printed = " ".join(line.strip() for line in lines)
    expected = expected_answers()
    for found in expected.values():
        assert all(text in printed for text in found)
    assert lines[lines.index("How many countries and subdivisions are there?") + 1] == f"    {expected['how_many'][0]}"


def test_the_progress_bar_is_no_part_of_the_output(tmp_path: Path) -> None:
    done = iso3166(tmp_path, "sqlite:///iso3166.db")
    assert "iso3166-example-subdivisions" in done.stderr
    assert "iso3166-example-subdivisions" not in done.stdout


def test_a_second_run_starts_with_fresh_tables(tmp_path: Path) -> None:
    first = iso3166(tmp_path, "sqlite:///iso3166.db")
    assert (tmp_path / "iso3166.db").is_file()
    assert iso3166(tmp_path, "sqlite:///iso3166.db").stdout == first.stdout


def test_the_output_is_the_same_on_sqlite_and_on_dynamodb_local(dynamodb_local: str, tmp_path: Path) -> None:
    on_sqlite = iso3166(tmp_path, "sqlite:///iso3166.db")
    on_dynamodb = iso3166(tmp_path, "boto3://us-east-1", "--endpoint-url", dynamodb_local)
    assert on_dynamodb.stdout == on_sqlite.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: url"),
        (("postgres:///x",), "No backend is called 'postgres'."),
        (("sqlite:x.db",), "'sqlite:x.db' is neither the name of a backend nor a URL of one"),
        (("boto3://us_east_1",), "'boto3://us_east_1' is not an address of DynamoDB"),
        (("sqlite:///x.db", "--endpoint-url", "http://localhost:8000"), "has no option 'endpoint_url'"),
    ],
)
def test_arguments_that_can_not_work_are_refused(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    printed = capsys.readouterr()
    assert exit_.value.code == 2
    assert message in printed.err
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_backend_that_can_not_be_opened_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"sqlite:///{tmp_path / 'missing' / 'x.db'}"]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("iso3166: The folder of ")
    assert printed.out == ""


def test_missing_credentials_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boto3://us-east-1", "--endpoint-url", "http://localhost:1"]) == 1
    assert "iso3166: boto3 has no AWS credentials" in capsys.readouterr().err

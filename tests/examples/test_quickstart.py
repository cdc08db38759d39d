"""The quickstart tells what it does, and leaves a file to look into."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.programs import run_example

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "quickstart", "AWS_SECRET_ACCESS_KEY": "test"}


def quickstart(folder: Path, *arguments: str) -> str:
    done = run_example("quickstart.py", *arguments, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def outcomes(output: str) -> list[str]:
    return [line.strip().removeprefix("--> ") for line in output.splitlines() if line.startswith("    --> ")]


def test_each_step_prints_what_came_back(tmp_path: Path) -> None:
    assert outcomes(quickstart(tmp_path)) == [
        "quickstart-books with the indexes ['by-author']",
        "3 books",
        "{'isbn': '9876543210', 'title': 'Bar', 'author': 'Mr. Bar', 'year': 1999}",
        (
            "HashKeyExists: There is an item with this primary key in 'quickstart-books' already. "
            "This write changed nothing."
        ),
        "isbn - An ISBN has 10 or 13 digits.",
        "title - Missing data for required field.",
        "year - Not a valid integer.",
        "Emma",
        "None",
        "Foo, corrected",
        "ConditionFailed: the title is Foo, corrected",
        "['Pride and Prejudice']",
        "['Emma', 'Pride and Prejudice']",
        "['Emma', 'Pride and Prejudice']",
        "['Foo, corrected', 'Pride and Prejudice']",
        "['Bar']",
        "['Emma', 'Foo, corrected', 'Pride and Prejudice']",
    ]


def test_each_step_prints_its_code_above_what_came_back(tmp_path: Path) -> None:
    output = quickstart(tmp_path)
    assert (
        "# Store a book that is a dictionary, and several at once.\n"
        "\n"
        '    Book.put({"isbn": "1234567890", "title": "Foo", "author": "Mr. Bar", "publisher": "Publishorama"})\n'
    ) in output
    assert '    print(Book.scan().count(), "books")\n    --> 3 books\n' in output


def test_it_can_run_again(tmp_path: Path) -> None:
    assert quickstart(tmp_path) == quickstart(tmp_path)


def test_the_file_can_be_looked_into_as_it_says(tmp_path: Path) -> None:
    output = quickstart(tmp_path)
    assert "The books are in the file books.db now." in output
    assert [path.name for path in tmp_path.iterdir()] == ["books.db"]
    (command,) = (line.strip() for line in output.splitlines() if line.startswith("    python3 -c "))
    looked = subprocess.run(
        [sys.executable, *shlex.split(command)[1:]], cwd=tmp_path, text=True, capture_output=True, check=True
    )
    assert '{"isbn":"9780141439587","title":"Emma","author":"Jane Austen","year":1815}' in looked.stdout


def test_another_file_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "my books.db"
    assert f"The books are in the file {file} now." in quickstart(tmp_path, f"sqlite:///{file}")
    assert file.is_file()


def test_in_memory_there_is_no_file(tmp_path: Path) -> None:
    assert "file" not in quickstart(tmp_path, "sqlite:///:memory:")
    assert list(tmp_path.iterdir()) == []


def test_a_backend_that_can_not_be_opened_ends_it_with_one_line(tmp_path: Path) -> None:
    done = run_example("quickstart.py", "sqlite:///missing/books.db", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("BackendUnavailable: The folder of ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("server", ["moto_server", "dynamodb_local"])
def test_on_a_server_every_outcome_is_the_same(server: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url: str = request.getfixturevalue(server)
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": url}
    done = run_example("quickstart.py", "boto3://us-east-1", folder=tmp_path, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert outcomes(done.stdout) == outcomes(quickstart(tmp_path))

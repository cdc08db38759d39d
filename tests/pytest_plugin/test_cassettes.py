"""Cassettes of tests: the mark, and the option that says what is recorded."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import uuid
import pytest
from dynamorm import DynaModel
from marshmallow import fields

class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
    class Schema:
        isbn = fields.String(required=True)
        created = fields.String()

@pytest.fixture(scope="session")
def dynamorm_cassette_options():
    return {"ignore": ["created"]}

@pytest.mark.dynamorm(models=[Book], cassette="books.jsonl", requests=2)
def test_named(dynamorm_db):
    Book(isbn="1", created=str(uuid.uuid4())).save()
    assert Book.get(isbn="1").created

class TestBooks:
    @pytest.mark.dynamorm(models=[Book], cassette=True)
    @pytest.mark.parametrize("isbn", ["1", "a/b c", "a:b c", pytest.param("long", id="long" * 60)])
    def test_each(self, isbn):
        Book(isbn=isbn).save()

    @pytest.mark.dynamorm(models=[Book], cassette=True)
    async def test_awaited(self):
        await Book(isbn="1").asave()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("DYNAMORM_URL", raising=False)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(test_books=TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Without the plugins that take long.
    unused = [f"-pno:{name}" for name in ("cacheprovider", "xdist", "hypothesispytest", "pydynox", "anyio")]
    return project.runpytest_inprocess(*unused, *arguments)


def test_tests_are_recorded_and_played(project: pytest.Pytester) -> None:
    run(project, "--dynamorm-record", "once").assert_outcomes(passed=6)
    files = sorted(str(each.relative_to(project.path)) for each in project.path.rglob("*.jsonl"))
    assert files == [
        "books.jsonl",
        "cassettes/test_books/TestBooks.test_awaited.jsonl",
        "cassettes/test_books/TestBooks.test_each[1].jsonl",
        "cassettes/test_books/TestBooks.test_each[a-b-c]-08974b6c.jsonl",
        "cassettes/test_books/TestBooks.test_each[a-b-c]-a097539e.jsonl",
        f"cassettes/test_books/TestBooks.test_each[{'long' * 32}lo-88585667.jsonl",
    ]
    run(project, "--dynamorm-record", "none").assert_outcomes(passed=6)
    assert "DYNAMORM_RECORD" not in os.environ


def test_test_that_differs_fails_and_nothing_is_recorded(project: pytest.Pytester) -> None:
    run(project, "-k", "named").assert_outcomes(passed=1)
    path = Path(project.path, "books.jsonl")
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:2]))
    result = run(project, "-k", "named")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CassetteMismatch: GetItem on table 'books' is not recorded in the cassette*"])
    assert len(path.read_text().splitlines()) == 2
    # What is played is not sent, so the book would not be found.
    project.makepyfile(test_books=TESTS.replace('assert Book.get(isbn="1").created', 'Book.delete_item(isbn="1")'))
    run(project, "-k", "named", "--dynamorm-record", "new").assert_outcomes(passed=1)
    assert [json.loads(each)["operation"]["$"] for each in path.read_text().splitlines()[1:]] == [
        "PutItem",
        "DeleteItem",
    ]


def test_nothing_is_recorded_where_nothing_may_be_or_where_a_test_fails(project: pytest.Pytester) -> None:
    result = run(project, "-k", "named", "--dynamorm-record", "none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*There is no cassette *books.jsonl', and nothing may be recorded.*"])
    project.makepyfile(test_books=TESTS.replace(".created\n", ".created is None\n"))
    run(project, "-k", "named").assert_outcomes(failed=1)
    assert not Path(project.path, "books.jsonl").exists()

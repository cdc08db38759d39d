"""The pytest plugin, in projects of its own that pytester makes."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.servers.connections import boto3_client

pytest_plugins = ["pytester"]

MODELS = """
from dynamorm import DynaModel, GlobalIndex, OneToMany, ProjectAll
from marshmallow import fields

class Base(DynaModel):
    pass

class Book(Base):
    class Table:
        name = "books"
        hash_key = "isbn"
    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()
    class Schema:
        isbn = fields.String(required=True)
        author = fields.String()

class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"
        backend = "boto3://eu-west-1"
    class Schema:
        name = fields.String(required=True)
    books = OneToMany(Book, index="ByAuthor", query=lambda author: {"author": author.name})

class Session(DynaModel):
    class Table:
        name = "sessions"
        hash_key = "id"
        ttl = "expires"
        hide_expired = True
    class Schema:
        id = fields.String(required=True)
        expires = fields.AwareDateTime()
"""


#: Wrong arguments of the mark, and what is said about them.
MARKS = {
    "model=[Book]": "has no argument 'model'. Its arguments are models, requests and cassette",
    "[Book]": "takes its arguments by name",
    "models=Book": "takes a list of models",
    "models=['Book']": "takes a list of models, and 'Book' is not a model.",
    "models=[Base]": "names Base, an abstract base, which has no table. Name models that inherit from it.",
    "requests=-1": "takes a whole number of requests, 0 or more.",
    "requests='3'": "takes a whole number of requests, 0 or more.",
    "cassette=False": "takes the path of a cassette, from the directory of the test, or True for one named as the test.",
}

#: The oldest Marshmallow imports distutils, which warns of its end.
INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings =
    error
    ignore:The distutils package:DeprecationWarning
    ignore:distutils Version classes:DeprecationWarning
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with models and the plugin; nobody has said where its tests may send anything."""
    monkeypatch.delenv("DYNAMORM_URL", raising=False)
    monkeypatch.delenv("DYNAMORM_TABLE_PREFIX", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(shop_models=MODELS)
    pytester.makeini(INI)
    pytester.syspathinsert()
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Without the plugins that take long to import.
    unused = [f"-pno:{name}" for name in ("cacheprovider", "xdist", "hypothesispytest", "pydynox", "anyio")]
    return project.runpytest_subprocess(*unused, *arguments)


def test_each_test_has_a_fresh_database_with_all_tables(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import threading
        import pytest
        from shop_models import Author, Book

        @pytest.mark.parametrize("turn", [1, 2])
        def test_fresh(dynamorm_db, turn):
            assert Book.scan().count() == 0
            Book(isbn="1", author="Mr. Bar").save()
            Author(name="Mr. Bar").save()  # pinned to AWS
            assert [book.isbn for book in Author.get(name="Mr. Bar").books] == ["1"]
            assert repr(dynamorm_db.backend) == "<SqliteBackend in memory>"

        def test_threads(dynamorm_db):
            thread = threading.Thread(target=Book(isbn="1").save)
            thread.start()
            thread.join()
            assert Book.get(isbn="1")

        async def test_tasks(dynamorm_db):
            Book(isbn="1").save()
            assert Book.get(isbn="1") == Book(isbn="1")
        """
    )
    run(project).assert_outcomes(passed=4)


def test_nothing_reaches_the_network(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from shop_models import Book
        from dynamorm.exceptions import BackendMisconfigured

        def test_it():
            with pytest.raises(BackendMisconfigured, match="No backend is open"):
                Book.get(isbn="1")
        """
    )
    run(project).assert_outcomes(passed=1)
    assert "DYNAMORM_URL" not in os.environ, "it is only set while the tests run"


def test_the_user_may_say_otherwise(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project.makepyfile("import os\ndef test_it():\n    assert os.environ.get('DYNAMORM_URL') != 'none'")
    run(project, "-o", "dynamorm_network=true").assert_outcomes(passed=1)
    run(project).assert_outcomes(failed=1)
    monkeypatch.setenv("DYNAMORM_URL", "sqlite:///:memory:")
    run(project).assert_outcomes(passed=1)
    assert os.environ["DYNAMORM_URL"] == "sqlite:///:memory:"


def test_models_of_the_mark(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest, unittest
        from shop_models import Author, Book

        @pytest.mark.dynamorm(models=[Book])
        def test_only_these():
            assert Book.Table.exists
            assert not Author.Table.exists

        @pytest.mark.dynamorm(models=[Author])
        class TestClass:
            def test_of_the_class(self):
                assert Author.Table.exists

            @pytest.mark.dynamorm(models=[Book, Author])
            def test_of_the_method(self):
                assert Author.Table.exists and Book.Table.exists

        @pytest.mark.dynamorm(models=[Book], requests=2)
        class TestCase(unittest.TestCase):
            def setUp(self):
                Book(isbn="1").save()

            def test_it(self):
                self.assertEqual(Book.get(isbn="1"), Book(isbn="1"))

        @pytest.mark.usefixtures("dynamorm_db")
        class TestCaseWithFixture(unittest.IsolatedAsyncioTestCase):
            async def test_it(self):
                Book(isbn="1").save()
        """
    )
    run(project).assert_outcomes(passed=5)


def test_models_that_tests_define(project: pytest.Pytester) -> None:
    body = """
        import pytest
        from dynamorm import DynaModel
        from marshmallow import fields

        def model(key):
            class Local(DynaModel):
                class Table:
                    name = "local"
                    hash_key = key
                class Schema:
                    a = fields.String()
                    b = fields.String()
            return Local

        @pytest.fixture
        def defined():
            return model("a")

        def test_before(defined, dynamorm_db):
            defined(a="1").save()

        def test_within(dynamorm_db):
            local = model("b")
            local(b="1").save()

        @pytest.mark.dynamorm(models=[])
        def test_besides_named_ones():
            model("a")(a="1").save()

        def test_another(dynamorm_db):
            model("a")(a="1").save()
    """
    project.makepyfile(test_one=body, test_other=body)
    run(project).assert_outcomes(passed=8)


def test_models_of_other_modules_of_tests_are_left_out(project: pytest.Pytester) -> None:
    body = """
        from dynamorm import DynaModel
        from marshmallow import fields

        class Thing(DynaModel):
            class Table:
                name = "things"
                hash_key = "{key}"
            class Schema:
                {key} = fields.String(required=True)

        def test_it(dynamorm_db):
            Thing({key}="1").save()
    """
    project.makepyfile(test_one=body.format(key="a"), test_other=body.format(key="b"))
    run(project).assert_outcomes(passed=2)


def test_two_models_that_describe_one_table_differently(project: pytest.Pytester) -> None:
    project.makepyfile(
        old_models=MODELS.replace('"isbn"', '"author"'),
        test_it="""
        import pytest, shop_models, old_models

        def test_both(dynamorm_db):
            pass

        @pytest.mark.dynamorm(models=[old_models.Book])
        def test_one():
            old_models.Book(isbn="1", author="x").save()
        """,
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*old_models.Book*have the same table 'books', but describe it differently. Name the models*"]
    )


def test_the_models_of_a_class_of_tests_come_first(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import unittest
        import pytest
        from dynamorm import Mapped, Model

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"
            id: Mapped[str]

        class Base:
            class Thing(Model):
                class Table:
                    name = "things"
                    hash_key = "number"
                number: Mapped[int]

        def test_of_the_module(dynamorm_db):
            Thing(id="1").save()

        class TestOwn(Base):
            def test_it(self, dynamorm_db):
                self.Thing(number=1).save()

        @pytest.mark.usefixtures("dynamorm_db")
        class TestOwnCase(Base, unittest.TestCase):
            def test_it(self):
                self.Thing(number=1).save()
        """
    )
    run(project).assert_outcomes(passed=3)


def test_a_budget_of_requests(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        import dynamorm
        from shop_models import Book

        @pytest.fixture
        def book(dynamorm_db):
            book = Book(isbn="1")
            book.save()
            return book

        @pytest.mark.dynamorm(requests=1)
        def test_within(book):
            Book.get(isbn="1")

        @pytest.mark.dynamorm(requests=1)
        def test_too_many(book):
            Book.get(isbn="1")
            list(Book.ByAuthor.query(author="x"))

        @pytest.mark.dynamorm(requests=0)
        async def test_none(book):
            Book.get(isbn="1")

        @pytest.mark.dynamorm(requests=0)
        def test_elsewhere():
            with dynamorm.using("sqlite:///:memory:"):
                Book.Table.exists

        @pytest.mark.dynamorm(requests=5)
        def test_fails_by_itself(book):
            Book.get(isbn="1")
            assert False
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=4)
    result.stdout.fnmatch_lines(
        [
            "This test sent 2 requests, and its mark allows 1:",
            "  1. GetItem on books",
            "  2. Query on books by by-author",
            "This test sent 1 request, and its mark allows 0:",
            "  1. GetItem on books",
            "  1. DescribeTable on books",
            "*DynamORM's requests*",
            "  1. GetItem on books",
        ]
    )


def test_the_requests_that_were_sent(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from shop_models import Author, Book

        def test_it(dynamorm_requests, dynamorm_db):
            assert len(dynamorm_requests) == 0
            Book.put_batch({"isbn": "1"}, {"isbn": "2"})
            Book.get(isbn="1")
            Author.get(name="x")
            assert dynamorm_requests.by_action == {"BatchWriteItem": 1, "GetItem": 2}
            assert dynamorm_requests.by_table == {"books": 2, "authors": 1}
            assert [str(each) for each in dynamorm_requests.of(action="GetItem", table="books")] == ["GetItem on books"]
            assert dynamorm_requests[0].table == "books"
            assert repr(dynamorm_requests).startswith("<3 requests: BatchWriteItem on books, GetItem")
            dynamorm_requests.clear()
            list(Book.ByAuthor.query(author="x"))
            assert dynamorm_requests[0].index == "by-author"
        """
    )
    run(project).assert_outcomes(passed=1)


def test_the_clock(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from datetime import datetime, timedelta, UTC
        from shop_models import Session

        def test_it(dynamorm_db, dynamorm_clock):
            dynamorm_clock.freeze(datetime(2030, 1, 1))
            Session(id="1", expires=dynamorm_clock.now + timedelta(hours=1)).save()
            assert Session.get(id="1")
            dynamorm_clock.advance(minutes=59, seconds=59)
            assert Session.scan().count() == 1
            dynamorm_clock.advance(1)
            assert Session.get(id="1") is None
            assert Session.scan().count() == 0

        def test_it_ends(dynamorm_db):
            Session(id="1", expires=datetime.now(UTC) + timedelta(hours=1)).save()
            assert Session.get(id="1")
        """
    )
    run(project).assert_outcomes(passed=2)


def test_mistakes_in_the_mark(project: pytest.Pytester) -> None:
    project.makepyfile(
        "import pytest\nfrom shop_models import Base, Book\n"
        + "".join(
            f"@pytest.mark.dynamorm({mark})\ndef test_{number}():\n    pass\n" for number, mark in enumerate(MARKS)
        )
    )
    result = run(project)
    result.assert_outcomes(errors=len(MARKS))
    for number, message in enumerate(MARKS.values()):
        result.stdout.fnmatch_lines(
            [
                f"*ERROR at setup of test_{number} *",
                f"The mark 'dynamorm' of this test {message.replace('[', '[[]')}*",
            ]
        )


def test_a_block_around_the_fixture(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import dynamorm, pytest

        @pytest.fixture(autouse=True)
        def around():
            with dynamorm.using("sqlite:///:memory:"):
                yield

        def test_it(dynamorm_db):
            pass
        """
    )
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*BackendMisconfigured: A using() block is active*"])


def test_elsewhere_each_test_has_tables_of_its_own(project: pytest.Pytester, tmp_path: Path) -> None:
    project.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def dynamorm_options():
            return {"max_concurrency": 2}
        """
    )
    project.makepyfile(
        """
        import pytest
        from shop_models import Author, Book

        @pytest.mark.parametrize("turn", [1, 2])
        def test_it(dynamorm_db, dynamorm_requests, turn):
            assert dynamorm_db.max_concurrency <= 2
            assert dynamorm_db.table_prefix.startswith("pytest-main-")
            assert Book.scan().count() == 0
            Book(isbn="1").save()
            assert dynamorm_requests.by_table == {"books": 2}
            Author.Table.delete()
        """
    )
    url = f"sqlite:///{tmp_path}/tests.db"
    run(project, f"--dynamorm-url={url}").assert_outcomes(passed=2)
    import sqlite3

    with closing(sqlite3.connect(tmp_path / "tests.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    assert not [name for name in tables if "pytest-" in name], "the tables were dropped"
    run(project, "-o", f"dynamorm_url={url}").assert_outcomes(passed=2)


def test_several_workers(project: pytest.Pytester, tmp_path: Path) -> None:
    project.makepyfile(
        """
        import os, pytest
        from shop_models import Book

        @pytest.mark.parametrize("turn", range(4))
        def test_it(dynamorm_db, turn):
            worker = os.environ["PYTEST_XDIST_WORKER"]
            assert dynamorm_db.table_prefix.startswith(f"pytest-{worker}-")
            assert os.environ["DYNAMORM_URL"] == "none"
            assert Book.scan().count() == 0
            Book(isbn="1").save()
        """
    )
    result = project.runpytest_subprocess(
        "-p", "no:cacheprovider", "-n2", f"--dynamorm-url=sqlite:///{tmp_path}/tests.db"
    )
    result.assert_outcomes(passed=4)


def test_a_project_that_does_not_use_it_is_left_alone(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_it():
            assert [name for name in sys.modules if name.split(".")[0] == "dynamorm"] == []
            assert "dynamorm_pytest.database" not in sys.modules
        """
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error")
    result.assert_outcomes(passed=1)


def test_the_guide(project: pytest.Pytester) -> None:
    """The tests of the how-to page pass, as they stand there."""
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "testing.md"
    blocks = [each.source for each in pages.examples(guide) if each.reason_not_to_run is None]
    own_options = next(block for block in blocks if "def dynamorm_options" in block)
    project.makepyfile(test_guide="\n".join(block for block in blocks if block != own_options))
    run(project).assert_outcomes(passed=16)


def test_the_same_tests_on_dynamodb_local(
    project: pytest.Pytester, dynamodb_local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "pytest")
    project.makepyfile(
        """
        import pytest
        from shop_models import Author, Book

        @pytest.mark.parametrize("turn", [1, 2])
        @pytest.mark.dynamorm(requests=2)
        def test_it(dynamorm_db, turn):
            assert Book.scan().count() == 0
            Book(isbn="1").save()

        def test_relationships(dynamorm_db, dynamorm_requests):
            Author(name="Mr. Bar").save()
            Book(isbn="1", author="Mr. Bar").save()
            assert [book.isbn for book in Author.get(name="Mr. Bar").books] == ["1"]
            assert set(dynamorm_requests.by_table) == {"authors", "books"}
        """
    )
    run(project, "--dynamorm-url=boto3://us-east-1").assert_outcomes(passed=3)
    tables = boto3_client(dynamodb_local, "pytest").list_tables()["TableNames"]
    assert not [name for name in tables if name.startswith("pytest-main-")]

"""``dynamorm plan`` and ``dynamorm check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run

GOLDEN = Path(__file__).with_name("plan_format_1.json")


def rewrite(shop: Path, old: str, new: str) -> None:
    """Change the module of the models."""
    path = shop / "shop" / "models.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def without_index(shop: Path) -> None:
    """Take the index away from the model of books, and add another one, a stream and a time to live."""
    rewrite(shop, 'name = "by-author"\n        hash_key = "author"', 'name = "by-title"\n        hash_key = "title"')
    rewrite(shop, 'hash_key = "isbn"\n', 'hash_key = "isbn"\n        ttl = "year"\n        tags = {"team": "books"}\n')


def test_tables_that_do_not_exist(shop: Path) -> None:
    result = run("plan", folder=shop)
    assert result.status == 2
    assert result.out.splitlines() == [
        "sqlite:///shop.db",
        (
            "+ books  create: hash key 'isbn' (a string); index 'by-author': hash key 'author' (a string), range key "
            "'year' (a number), with all attributes; on demand"
        ),
        "+ orders  create: hash key 'customer' (a string), range key 'placed' (a number); on demand",
        "2 tables to change (2 to create).",
    ]
    assert result.err == ""
    assert run("plan", "shop.models:Order", folder=shop).out.count("create:") == 1


def test_no_difference(shop: Path) -> None:
    run("apply", "--yes", folder=shop)
    result = run("plan", folder=shop)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == ["sqlite:///shop.db", "= books", "= orders", "No differences: 2 unchanged."]
    assert run("plan", "-q", folder=shop).out == ""
    check = run("check", folder=shop)
    assert (check.status, check.out, check.err) == (0, "", "No differences: 2 unchanged.\n")
    assert run("check", "-q", folder=shop).err == ""


def test_removals_and_their_options(shop: Path) -> None:
    run("apply", "--yes", folder=shop)
    without_index(shop)
    result = run("check", folder=shop)
    assert result.status == 2
    assert result.out.splitlines() == [
        "~ books",
        (
            "    - index 'by-author'  NOT DONE, needs --drop-index books/by-author: hash key 'author' (a string), range "
            "key 'year' (a number), with all attributes; loses the index, which can't be queried any more"
        ),
        (
            "    + index 'by-title'   hash key 'title' (a string), range key 'year' (a number), with all attributes; "
            "built from 0 items, and can't be read until that has ended"
        ),
        "    + time to live       at 'year'; loses items whose time has passed, which DynamoDB then deletes",
        "    ~ tags               team=none → team=books",
        "1 table to change (3 changes), 1 change needs consent.",
    ]
    allowed = run("plan", "--drop-index", "books/by-author", folder=shop)
    assert allowed.status == 2
    assert "NOT DONE" not in allowed.out


def test_json_has_a_format(shop: Path) -> None:
    """A file that is compared: whoever changes the document has to decide whether its format is another one."""
    run("apply", "--yes", "shop.models:Book", folder=shop)
    without_index(shop)
    result = run("plan", "--json", folder=shop)
    assert (result.status, result.err) == (2, "")
    assert result.json() == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert run("check", "--json", folder=shop).out == result.out


def test_index_that_is_being_created_is_a_difference(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamorm.data import DescribeTable, IndexState
    from dynamorm.data.records import replace
    from dynamorm_sqlite.backend import SqliteBackend

    run("apply", "--yes", folder=shop)
    executed, left = SqliteBackend.execute, [1, 1]

    def execute(self: SqliteBackend, operation: Any) -> Any:
        result: Any = executed(self, operation)
        if operation == DescribeTable("books") and left:
            left.pop()
            return replace(result, index_states=(IndexState("by-author", "CREATING"),))
        return result

    monkeypatch.setattr(SqliteBackend, "execute", execute)
    result = run("plan", "shop.models:Book", folder=shop)
    assert result.status == 2
    assert result.out.splitlines()[1:] == ["= books", "    … index 'by-author': CREATING", "1 table is being changed."]
    assert run("plan", "--wait", "shop.models:Book", folder=shop).status == 0


def test_tables_that_no_model_describes(shop: Path) -> None:
    run("apply", "--yes", folder=shop)
    result = run("plan", "--all", "shop.models:Book", folder=shop)
    assert result.status == 0
    assert result.out.splitlines()[1:] == [
        "= books",
        "? orders  no model describes it",
        "No differences: 1 unchanged, 1 table that no model describes.",
    ]
    assert run("plan", "--all", "-q", "shop.models:Book", folder=shop).out.startswith("? orders")
    document = run("plan", "--all", "--json", "shop.models:Book", folder=shop).json()
    assert [table["action"] for table in document["tables"]] == ["none", "unknown"]


BAD: list[tuple[list[str], str]] = [
    (["--drop-index", "by-author"], "'by-author' is not TABLE/INDEX: a table, and what may be removed of it"),
    (["--drop-tag", "books/"], "'books/' is not TABLE/KEY"),
    (["--switch-off", "books/time"], "'time' can't be switched off; that can stream, ttl, deletion_protection."),
    (["--switch-off", "books/steam"], "Did you mean 'stream'?"),
    (["--drop-index", "book/by-author"], "'book/by-author' is about the table 'book', which none of the models has"),
    (["--drop-tag", "book/a"], "Their tables are books, orders. Did you mean 'books'?"),
    (["shop.models:Bok"], "'Bok'"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD)
def test_bad_input(shop: Path, arguments: list[str], words: str) -> None:
    result = run("plan", *arguments, folder=shop)
    assert (result.status, result.out) == (64, "")
    assert words in result.err


def test_prefix_of_an_environment(shop: Path) -> None:
    """Names on the command line are complete, as the plan shows them."""
    with (shop / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.dynamorm.env.dev]\nurl = "sqlite:///shop.db"\noptions = { table_prefix = "dev-" }\n')
    assert run("--env", "dev", "apply", "--yes", folder=shop).status == 0
    assert run("plan", folder=shop).status == 2
    without_index(shop)
    assert "needs --drop-index dev-books/by-author:" in run("--env", "dev", "plan", folder=shop).out
    result = run("--env", "dev", "plan", "--drop-index", "books/by-author", folder=shop)
    assert (result.status, "Their tables are dev-books, dev-orders." in result.err) == (64, True)
    assert run("--env", "dev", "apply", "--yes", "--drop-index", "dev-books/by-author", folder=shop).status == 0
    assert run("--env", "dev", "check", folder=shop).status == 0


def test_two_models_that_contradict_one_another(shop: Path) -> None:
    rewrite(shop, 'name = "orders"', 'name = "books"')
    result = run("plan", folder=shop)
    assert (result.status, result.out) == (1, "")
    assert "shop.models.Book and shop.models.Order both describe the table 'books', and differ in the" in result.err
    assert run("plan", "--json", folder=shop).json()["error"] == "DynaModelException"


def test_colours_on_a_terminal(shop: Path) -> None:
    result = run("plan", folder=shop, tty=True, env={"TERM": "xterm-256color", "NO_COLOR": ""})
    assert "\x1b[32m+ books" in result.out

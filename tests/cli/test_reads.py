"""``get``, ``query`` and ``scan``: operands, forms of output, budgets, cursors; and they never write."""

from __future__ import annotations

import csv
import json
import re
import signal
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import dynamorm
from dynamorm.data import PutItem, Scan
from dynamorm.exceptions import WriteRefused
from tests.cli.conftest import execute
from tests.cli.running import Result, run

LARGE = """
from dynamorm import Mapped, Model


class Large(Model):
    class Table:
        name = "large"
        hash_key = "shop"
        range_key = "number"

    shop: Mapped[str]
    number: Mapped[int]
    text: Mapped[str]
"""


def ok(result: Result) -> Result:
    assert result.status == 0, result.err
    return result


def test_get_prints_json_without_a_terminal_and_fields_on_one(books: Path) -> None:
    result = ok(run("get", "Book", "isbn=005", folder=books))
    assert result.json() == {"isbn": "005", "title": "T5", "author": "Bar", "year": 1995}
    assert result.err == ""
    raw = ok(run("get", "shop.models:Book", "isbn=005", "--raw", folder=books))
    assert raw.json() == {"isbn": {"S": "005"}, "title": {"S": "T5"}, "author": {"S": "Bar"}, "year": {"N": "1995"}}
    shown = ok(run("get", "Book", "isbn=bad", folder=books, tty=True))
    assert shown.out.splitlines() == [
        "isbn   bad",
        "title  4711",
        r"esc    \x1b[2J",
        'tags   {"a", "b"}',
        "cover  <4.9 KB>",
    ]
    assert "✗ title: Not a valid string." in shown.err
    assert ok(run("get", "--table", "books", "isbn=S:005", folder=books)).json() == result.json()


def test_an_item_that_is_not_there_is_an_error(books: Path) -> None:
    result = run("get", "Book", "isbn=nope", folder=books)
    assert (result.status, result.out) == (1, "")
    assert "There is no item of Book with this key." in result.err
    assert "nope" not in result.err
    failed = run("get", "Book", "isbn=nope", "--json", folder=books)
    assert json.loads(failed.err)["error"] == "NoItemFound"


def test_the_hash_of_a_key_is_that_of_inspect(books: Path) -> None:
    digest = ok(run("get", "Book", "isbn=bad", "--key-hash", folder=books)).out.strip()
    assert digest == dynamorm.operate.key_hash({"isbn": "bad"})
    assert digest in ok(run("inspect", "Book", folder=books)).out
    assert ok(run("get", "--table", "books", "isbn=S:bad", "--key-hash", "--json", folder=books)).json() == {
        "key_hash": digest
    }


def test_a_query_takes_operators_json_and_a_limit(books: Path) -> None:
    result = ok(run("query", "Book.ByAuthor", "author=Bar", "year__gt=2000", "--limit", "2", folder=books))
    assert [each["year"] for each in result.json_lines()] == [2001, 2002]
    assert "2 items, 0.5 read units. For more: dynamorm query Book.ByAuthor" in result.err
    between = ok(run("query", "shop.models:Book.ByAuthor", "author=Bar", "year__between:=[1990, 1992]", folder=books))
    assert [each["year"] for each in between.json_lines()] == [1990, 1991, 1992]
    assert "For more" not in between.err
    last = ok(run("query", "Order", "customer=c1", "--reverse", "--limit", "1", "--consistent", folder=books))
    assert last.json_lines()[0]["placed"] == 19
    fields = ok(run("query", "Order", "customer=c1", "placed=3", "--fields", "total", folder=books))
    assert fields.json_lines() == [{"total": 30}]


def test_a_cursor_goes_on_where_the_last_run_ended(books: Path) -> None:
    import shlex

    first = ok(run("query", "Order", "customer=c1", "--limit", "8", folder=books))
    seen = [each["placed"] for each in first.json_lines()]
    result = first
    while "For more: dynamorm " in result.err:
        line = result.err.partition("For more: dynamorm ")[2].strip()
        assert line.count("--after") == 1
        result = ok(run(*shlex.split(line), folder=books))
        seen += [each["placed"] for each in result.json_lines()]
    assert seen == list(range(20))
    wrong = run("query", "Order", "customer=c2", "--after", shlex.split(line)[-1], folder=books)
    assert (wrong.status, "belongs to another key condition" in wrong.err) == (64, True)


def test_a_scan_warns_and_filters(books: Path) -> None:
    result = ok(run("scan", "Book", "year=1999", folder=books))
    assert [each["isbn"] for each in result.json_lines()] == ["009"]
    assert "warning: full scan: it reads all of table 'books'" in result.err
    assert "1 item of 21 that were read" in result.err
    quiet = ok(run("scan", "Book", "year=1999", "-q", folder=books))
    assert (quiet.out, quiet.err) == (result.out, "")
    typed = ok(run("scan", "--table", "books", "year__gt=N:2007", "title__exists=true", folder=books))
    assert sorted(each["year"] for each in typed.json_lines()) == [2008, 2009]
    assert len(ok(run("scan", "Book", "year__exists=true", "title__size=2", folder=books)).json_lines()) == 10
    assert len(ok(run("scan", "--table", "books", 'isbn__in:=["001", "002"]', folder=books)).json_lines()) == 2


def test_items_that_the_schema_refuses_are_printed_and_counted(books: Path) -> None:
    result = ok(run("scan", "Book", "isbn=bad", folder=books))
    (item,) = result.json_lines()
    assert (item["title"], item["tags"]) == (4711, ["a", "b"])
    assert "1 of them is not as the models say: title: Not a valid string. (1)" in result.err
    table = ok(run("scan", "Book", folder=books, tty=True))
    assert "✗" in table.out
    assert '{"a", "b"}' in table.out
    assert "\x1b[2J" not in table.out


def test_the_items_of_a_shared_table_are_told_apart(shared: Path) -> None:
    table = ok(run("query", "shop.shared:Shop", "pk=CUSTOMER#1", folder=shared, tty=True))
    assert all(name in table.out for name in ("model", "Order", "Customer", "ghost"))
    assert "1 of them is not as the models say (✗): no model has its kind (1)" in table.err
    rows = ok(run("query", "shop.shared:Order", "customer_id=1", folder=shared)).json_lines()
    assert rows == [{"customer_id": "1", "number": "7"}]
    refused = run("delete-partition", "shop.shared:Shop", "customer_id=1", "--confirm", "shop", folder=shared)
    assert (refused.status, "has an item whose kind no model has" in refused.err) == (1, True)
    assert "Deleting costs" not in refused.err


def test_an_explanation_reads_nothing(books: Path) -> None:
    for words, expected in (
        (("query", "Book.ByAuthor", "author=Bar"), "Query on index 'by-author' of table 'books'"),
        (("scan", "Book", "year=1999"), "warning: full scan"),
        (("scan", "--table", "books"), "Scan on table 'books'"),
        (("get", "Book", "isbn=1"), "GetItem on table 'books'"),
    ):
        assert expected in ok(run(*words, "--explain", folder=books)).out
    document = ok(run("scan", "Book", "--explain", "--json", folder=books)).json()
    assert (document["format"], document["operations"][0]["action"]) == (1, "Scan")


def test_a_budget_stops_a_scan_that_can_go_on(books: Path) -> None:
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}"):
        execute("Book.put_batch(*({'isbn': f'big{n}', 'title': 'x' * 300_000} for n in range(8)))")
    result = run("scan", "Book", "--budget", "100", folder=books)
    assert result.status == 3
    assert "The budget of 100 read units is used up" in result.err
    assert "Go on with: dynamorm scan Book --budget 100 --after " in result.err
    assert 0 < len(result.json_lines()) < 29
    assert len(ok(run("scan", "Book", "--budget", "inf", folder=books)).json_lines()) == 29
    assert run("scan", "Book", folder=books).status == 3
    nothing = run("scan", "Book", "--budget", "0", folder=books)
    assert (nothing.status, nothing.out) == (1, "")


@pytest.mark.parametrize("words", [("scan", "Large"), ("query", "Large", "shop=1"), ("inspect", "Large")])
def test_a_budget_is_not_exceeded_by_large_items(shop: Path, words: tuple[str, ...]) -> None:
    (shop / "shop" / "models.py").write_text(LARGE)
    with dynamorm.using(f"sqlite:///{shop / 'shop.db'}"):
        lines = "{'shop': '1', 'number': n, 'text': 'x' * 390_000} for n in range(6)"
        execute(LARGE, "Large.Table.create_table()", f"Large.put_batch(*({lines}))")
    for budget, items in ((60, 1), (150, 3)):
        with dynamorm.budget() as used:
            result = run(*words, "--budget", str(budget), folder=shop)
        # Each costs 48 units, or 47.5 together with others.
        assert 47 * items <= used.capacity <= budget
        assert result.status == (1 if words[0] == "inspect" else 3)


def test_a_rate_is_kept(books: Path) -> None:
    for words in (("scan", "Book"), ("query", "Order", "customer=c1"), ("inspect", "Book")):
        assert run(*words, "--rate", "100000", folder=books).status == 0
    deletion = ("delete-partition", "Order", "customer=c1", "--rate", "100000", "--confirm", "orders")
    assert run(*deletion, folder=books).status == 0


@pytest.mark.parametrize("words", [("scan", "Book"), ("scan", "--table", "books"), ("scan", "Book", "year__gt=1980")])
def test_a_budget_is_kept_by_the_size_of_pages(books: Path, words: tuple[str, ...]) -> None:
    import shlex

    with dynamorm.using(f"sqlite:///{books / 'shop.db'}"):
        lines = "{'isbn': f'x{n}', 'title': 'x' * 3000, 'year': 2000} for n in range(1500)"
        execute(f"Book.put_batch(*({lines}))")
    result = run(*words, folder=books)
    assert result.status == 3
    seen = {each["isbn"] for each in result.json_lines()}
    # 100 units read 800 KB.
    assert 200 < len(seen) < 275
    while result.status == 3:
        line = re.findall("Go on with: dynamorm (.*)", result.err)[-1]
        result = run(*shlex.split(line), folder=books)
        found = [each["isbn"] for each in result.json_lines()]
        assert not seen & set(found)
        seen |= set(found)
    assert len(seen) in (1520, 1521)
    limited = run(*words, "--limit", "130", folder=books)
    assert (limited.status, len(limited.json_lines())) == (0, 130)
    assert "For more: " in limited.err


def test_csv_has_exact_values_and_says_what_it_loses(books: Path) -> None:
    result = ok(run("scan", "--table", "books", 'isbn__in:=["001", "bad"]', "--csv", folder=books))
    rows = {row["isbn"]: row for row in csv.DictReader(StringIO(result.out))}
    assert rows["001"] == {
        "isbn": "001",
        "title": "T1",
        "author": "Bar",
        "year": "1991",
        "esc": "",
        "tags": "",
        "cover": "",
    }
    assert rows["bad"]["tags"] == '["a","b"]'
    assert rows["bad"]["cover"].startswith("eHh4")
    assert "CSV has no types" in result.err


def test_nothing_is_written_by_what_only_reads(books: Path) -> None:
    models = books / "shop" / "models.py"
    writing = """
    def __init__(self, partial=False, **raw):
        super().__init__(partial=partial, **raw)
        Order.put({"customer": "x", "placed": 1})

    class ByAuthor"""
    models.write_text(models.read_text().replace("    class ByAuthor", writing.lstrip("\n"), 1))
    result = run("get", "Book", "isbn=005", folder=books)
    assert result.status == 1
    assert "PutItem on table 'orders' was refused" in result.err
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}") as connection:
        assert all(item["customer"] == "c1" for item in connection.execute(Scan("orders")).items)
    assert issubclass(WriteRefused, PermissionError)


def test_ctrl_c_keeps_what_was_printed_and_says_how_to_go_on(books: Path) -> None:
    from dynamorm.operate.reading import rows

    given = rows.read_rows

    def interrupted(read: Any) -> Any:
        yield from given(read)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with patch("dynamorm.operate.reading.rows.read_rows", interrupted):
            result = run("query", "Order", "customer=c1", "--limit", "3", folder=books)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.status, len(result.json_lines())) == (130, 3)
    assert "Interrupted." in result.err
    assert "Go on with: dynamorm query Order customer=c1 --limit 3 --after " in result.err


def test_throttling_that_does_not_end_stops_a_read_that_can_go_on(books: Path) -> None:
    from dynamorm.exceptions import Throttled
    from dynamorm.operate.reading import rows

    given, pages = rows.read_rows, 1

    def throttled(read: Any) -> Any:
        yield from list(given(read))[:pages]
        raise Throttled("Query on table 'orders' failed.")

    with patch("dynamorm.operate.reading.rows.read_rows", throttled):
        stopped = run("query", "Order", "customer=c1", "--limit", "3", folder=books)
        pages = 0
        failed = run("query", "Order", "customer=c1", folder=books)
    assert (stopped.status, len(stopped.json_lines())) == (3, 3)
    assert "Go on with: dynamorm query Order customer=c1 --limit 3 --after " in stopped.err
    assert (failed.status, failed.out, "--after" in failed.err) == (1, "", False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("get",), "Of which model? Name it first"),
        (("get", "isbn=1"), "Of which model? Name it first"),
        (("get", "Book", "005"), "'005' is no operand. Write field=value, field__operator=value"),
        (("get", "Book", "isbn=1", "isbn=2"), "'isbn' is given twice."),
        (("get", "Book.ByAuthor", "author=x"), "An index has no unique keys. Use dynamorm query."),
        (("get", "--table", "books", "isbn=005"), "Without a model, isbn needs the type of its value: isbn=S:…"),
        (("get", "--table", "books", "isbn=N:five"), "What follows 'isbn=N:' is no value of the type N."),
        (("query", "Book.ByAutor", "author=x"), "Book has no index 'ByAutor'. Its indexes: ByAuthor. Did you mean"),
        (("query", "Book", "isbn=1", "--index", "by-author"), "--index goes with --table."),
        (("scan", "Book", "year:=soon"), "What follows 'year:=' is not valid JSON (column 1)"),
        (("scan", "Book", "year=1", "year__eq=2"), "'year' is given twice."),
        (("scan", "--table", "books", "year__between=N:1990"), "'between' takes several values, as JSON"),
        (("scan", "Book", "year__exists=maybe"), "year__exists takes true or false."),
        (("scan", "Book", "--rate", "0"), "0.0 is not in the range x>0"),
        (("scan", "Book", "--limit", "0"), "0 is not in the range x>=1"),
        (("scan", "Book", "--raw", "--csv"), "--raw and --csv don't go together."),
        (("scan", "--table", "books", "--fields", "isbn"), "--fields needs a model."),
    ],
)
def test_wrong_usage_is_told(books: Path, words: tuple[str, ...], message: str) -> None:
    result = run(*words, folder=books)
    assert (result.status, result.out) == (64, "")
    assert message in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("get", "Bok", "isbn=1"), "No model is called 'Bok' in shop.models. Did you mean 'Book'?"),
        (("get", "Book", "title=1"), "'title' is not part of the primary key of Book"),
        (("query", "Order", "total=3"), "A query of 'orders' needs the value of its hash key 'customer'"),
        (("scan", "Book", "yaer=1"), "yaer"),
        (("scan", "Book", "year=soon"), "year"),
        (("query", "Order", "customer=c1", "--after", "nonsense"), "is not a cursor"),
        (("query", "--table", "orders", "total=N:3"), "A query of 'orders' needs a value of its hash key: customer"),
    ],
)
def test_bad_input_is_told_by_the_message_of_its_exception(books: Path, words: tuple[str, ...], message: str) -> None:
    result = run(*words, folder=books)
    assert (result.status, result.out) == (64, "")
    assert message in result.err


def test_a_table_that_does_not_exist_is_a_failure(books: Path) -> None:
    result = run("scan", "--table", "nothing", folder=books)
    assert (result.status, result.out, "'nothing'" in result.err) == (1, "", True)


def test_nothing_that_a_terminal_obeys_is_printed(books: Path) -> None:
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}") as connection:
        connection.execute(PutItem("books", {"isbn": "\x9b2J\u202e\x1b]0;", "title": "\u2028x", "é\x9b": 1}))
    for options in ((), ("--csv",), ("--json",), ("--raw",)):
        shown = ok(run("scan", "--table", "books", *options, folder=books, tty=True)).out
        assert "2J" in shown
        assert not set("\x9b\u202e\u2028") & set(shown)
        assert "\x1b]" not in shown
    lines = ok(run("scan", "--table", "books", "--csv", folder=books)).out
    assert "\x9b2J\u202e\x1b]0;" in lines
    described = ok(run("inspect", "books", folder=books)).out
    assert "é\\x9b" in described


def test_the_hash_of_a_key_is_that_of_the_attributes_of_the_table(books: Path) -> None:
    digest = dynamorm.operate.key_hash({"customer": "c1", "placed": 3})
    for words in (("customer=S:c1", "placed=N:3"), ("hash=S:c1", "range=N:3.0")):
        assert ok(run("get", "--table", "orders", *words, "--key-hash", folder=books)).out.strip() == digest
    partition = ok(run("get", "--table", "orders", "hash=S:c1", "--key-hash", folder=books)).out.strip()
    assert partition == dynamorm.operate.key_hash({"customer": "c1"})
    wrong = run("get", "--table", "orders", "hash=S:c1", "range=S:3", "--key-hash", folder=books)
    assert (wrong.status, wrong.out) == (64, "")
    assert "'placed' is part of the primary key of 'orders'" in wrong.err


def test_a_scan_of_a_table_warns(books: Path) -> None:
    result = ok(run("scan", "--table", "books", "year__ge=N:1999", folder=books))
    assert "warning: 'year__ge' is read as the name of an attribute. The operators" in result.err
    assert "warning: full scan" in result.err
    assert "name of an attribute" not in run("scan", "--table", "books", "__typename=S:x", folder=books).err


def test_notes_have_no_values_of_items(books: Path) -> None:
    models = books / "shop" / "models.py"
    checked = "year = fields.Integer(validate=validate.OneOf([1], error='{input} is no year'))"
    text = models.read_text().replace("import fields", "import fields, validate")
    models.write_text(text.replace("year = fields.Integer()", checked))
    result = ok(run("query", "Book.ByAuthor", "author=Bar", folder=books))
    assert "of them are not as the models say" in result.err
    assert "year: … is no year (" in result.err

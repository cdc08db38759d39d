"""``inspect``: for people, as JSON, and in CI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dynamorm
from dynamorm.data import PutItem
from tests.cli.conftest import execute
from tests.cli.running import run


def test_the_items_of_a_model_are_described(books: Path) -> None:
    result = run("inspect", "Book", folder=books)
    assert result.status == 0
    assert "table       books: isbn (string) · index by-author: author, year · 21 items\n" in result.out
    assert "sample      all 21 items, " in result.out
    assert "attributes  isbn 100 % S · title 95.2 % S, 4.8 % N (!) · author 95.2 % S" in result.out
    assert "model       Book: valid 20 · invalid 1: title: Not a valid string (1)" in result.out
    assert "unknown to the model: " in result.out
    assert "index       by-author: 1 item lacks 'author' or 'year', so is not in it" in result.out
    assert not any(value in result.out for value in ("4711", "bad", "T5"))
    # In a pipe an entry is a line, so that a program finds it by its name.
    assert [line.split()[0] for line in result.out.splitlines()] == [
        *("table", "sample", "sizes", "attributes", "model", "index"),
    ]
    assert not any(line.rstrip().endswith("·") for line in result.out.splitlines())
    wrapped = run("inspect", "Book", folder=books, tty=True, env={"TERM": "dumb"})
    assert all(len(line) <= 100 for line in wrapped.out.splitlines())
    assert len(wrapped.out.splitlines()) > len(result.out.splitlines())
    shown = run("inspect", "Book", "--show-keys", folder=books)
    assert "isbn=bad" in shown.out


def test_invalid_items_are_a_difference_with_strict(books: Path) -> None:
    assert run("inspect", "Book", "--strict", folder=books).status == 2
    execute_order(books)
    assert run("inspect", "Order", "--strict", folder=books).status == 0


def execute_order(books: Path) -> None:
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}"):
        execute("Order.put({'customer': 'c2', 'placed': 1, 'total': 5})")


def test_the_document_has_a_format_and_no_values(books: Path) -> None:
    result = run("inspect", "books", "shop.models:Book", "--json", "--all", folder=books)
    found = result.json()
    assert (found["format"], found["table"], found["items"], found["complete"], found["invalid"]) == (
        1,
        "books",
        21,
        True,
        1,
    )
    (model,) = found["models"]
    assert (model["model"], model["valid"]) == ("shop.models:Book", 20)
    assert model["refused"][0]["reason"] == "title: Not a valid string."
    assert set(model["refused"][0]["examples"][0]) == {"key_hash"}
    assert set(found) == {
        *("format", "table", "keys", "item_count", "size_bytes", "items", "complete", "segments", "total_segments"),
        *("read_units", "sizes", "attributes", "more_attributes", "models", "kinds", "without_model", "own_items"),
        *("invalid", "indexes", "busiest"),
    }
    assert "4711" not in result.out
    keys = run("inspect", "Book", "--json", "--show-keys", folder=books).json()
    assert keys["models"][0]["refused"][0]["examples"][0]["key"] == {"isbn": {"S": "bad"}}


def test_a_sample_is_taken_and_a_budget_kept(books: Path) -> None:
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}"):
        execute("Book.put_batch(*({'isbn': f'x{n}', 'title': 'x' * 900} for n in range(1000)))")
    result = run("inspect", "Book", "--sample", "100", "--seed", "3", folder=books)
    assert " of 205 segments, chosen at random" in result.out
    assert run("inspect", "Book", "--sample", "100", "--seed", "3", folder=books).out == result.out
    failed = run("inspect", "Book", "--budget", "2", folder=books)
    assert (failed.status, failed.out) == (1, "")
    assert "would exceed the budget" in failed.err


def test_a_shared_table_is_described_by_kind(shared: Path) -> None:
    result = run("inspect", "shop.shared:Shop", folder=shared)
    assert "kinds       customer 1 · ghost 1 · order 1" in result.out
    assert "no model    1 item is of no model" in result.out
    assert "guards      1 item of DynamORM itself" in result.out
    assert "hash keys   the largest has " in result.out
    assert run("inspect", "shop.shared:Customer", "--strict", folder=shared).status == 2


def test_the_hash_of_a_hash_key_is_that_of_the_busiest_partition(books: Path) -> None:
    digest = run("get", "Order", "customer=c1", "--key-hash", folder=books).out.strip()
    assert f"20 items (key hash {digest})" in run("inspect", "--table", "orders", folder=books).out
    whole = run("get", "Order", "customer=c1", "placed=0", "--key-hash", folder=books).out.strip()
    assert (
        run("get", "--table", "orders", "customer=S:c1", "placed=N:0", "--key-hash", folder=books).out.strip() == whole
    )
    assert whole != digest


def test_a_table_without_models_is_not_checked(books: Path) -> None:
    result = run("inspect", "books", folder=books)
    assert (result.status, "model " in result.out) == (0, False)
    assert "No schema was asked. To check items, name their models: dynamorm inspect books Book." in result.err
    named = run("inspect", "--table", "books", "shop.models:Book", folder=books)
    assert "model       Book: valid 20" in named.out


def test_a_table_with_very_many_names_is_described_in_short(books: Path) -> None:
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}") as connection:
        for number in range(40):
            names: dict[str, Any] = {f"a{number}-{each}": 1 for each in range(30)}
            connection.execute(PutItem("books", {"isbn": f"x{number}", "title": "T", **names}))
    result = run("inspect", "Book", folder=books)
    assert "and 970 more (--json lists them)" in result.out
    assert len(result.out) < 6000
    wrapped = run("inspect", "Book", folder=books, tty=True, env={"TERM": "dumb"})
    assert all(len(line) <= 100 for line in wrapped.out.splitlines())
    found = run("inspect", "Book", "--json", folder=books).json()
    assert len(found["attributes"]) == len(found["models"][0]["unknown_attributes"]) == 1000
    assert found["more_attributes"] > 100


def test_bad_input_is_told(books: Path) -> None:
    for words, status, message in (
        (("inspect",), 64, "Of which table? Name a model, or a table and then its models."),
        (("inspect", "books", "--strict"), 64, "--strict needs a model"),
        (("inspect", "Book", "--sample", "0"), 64, "0 is not in the range x>=1"),
        (("inspect", "Book", "--budget", "nan"), 64, "'nan' is no number of capacity units."),
        (("inspect", "Book", "--rate", "inf"), 64, "'inf' is no number of capacity units."),
        (("inspect", "nothing"), 1, "'nothing'"),
        (("inspect", "books", "shop.models:Order"), 1, "Order has the primary key customer (S) and placed (N), and"),
        (("inspect", "shop.models:Bok"), 64, "Did you mean 'Book'?"),
    ):
        result = run(*words, folder=books)
        assert (words, result.status) == (words, status)
        assert message in result.err

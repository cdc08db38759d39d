"""``delete-partition``: it tells the cost, asks for the table's name, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import dynamorm
from dynamorm.data import DeleteItem, Scan
from tests.cli.conftest import execute
from tests.cli.running import interrupt, run


def orders(folder: Path) -> int:
    with dynamorm.using(f"sqlite:///{folder / 'shop.db'}") as connection:
        return connection.execute(Scan("orders")).count


def test_it_tells_the_cost_asks_for_the_name_and_deletes(books: Path) -> None:
    result = run("delete-partition", "Order", "customer=c1", folder=books, input="orders\n", tty=True)
    assert result.status == 0
    assert "sqlite:///shop.db" in result.err
    assert "The partition with this customer has 20 items, 507 B (read 0.5 units)." in result.err
    assert "Deleting costs about 20 write units." in result.err
    assert "Type the table's name to go on: orders" in result.err
    assert result.out == "Deleted 20 items, and the partition is empty.\n"
    assert orders(books) == 0
    again = run("delete-partition", "Order", "customer=c1", folder=books)
    assert (again.status, again.out) == (0, "The partition with this customer has no items. Nothing was done.\n")


@pytest.mark.parametrize("typed", ["order\n", "y\n", "\n", ""])
def test_anything_but_the_name_deletes_nothing(books: Path, typed: str) -> None:
    result = run("delete-partition", "Order", "customer=c1", folder=books, input=typed, tty=True)
    assert result.status == 1
    assert "Nothing was done." in result.err
    assert orders(books) == 20


def test_a_script_names_the_table(books: Path) -> None:
    asked = run("delete-partition", "Order", "customer=c1", folder=books)
    assert asked.status == 64
    assert "--confirm orders" in asked.err
    assert run("delete-partition", "Order", "customer=c1", "--confirm", "books", folder=books).status == 64
    assert orders(books) == 20
    done = run("delete-partition", "Order", "customer=c1", "--confirm", "orders", "--json", folder=books)
    assert done.json() == {"format": 1, "table": "orders", "deleted": 20, "written_meanwhile": 0}


def test_a_protected_environment_needs_the_name_too(books: Path) -> None:
    with (books / "pyproject.toml").open("a") as file:
        file.write('[tool.dynamorm.env.prod]\nurl = "sqlite:///shop.db"\nprotect = true\n')
    asked = run("--env", "prod", "delete-partition", "Order", "customer=c1", folder=books)
    assert asked.status == 64
    assert "'prod' is protected" in asked.err
    command = ("delete-partition", "Order", "customer=c1", "--env", "prod", "--confirm", "orders")
    assert run(*command, folder=books).status == 0


def test_a_table_without_a_model_is_deleted_from_raw(books: Path) -> None:
    words = ("delete-partition", "--table", "orders", "customer=S:c1", "--confirm", "orders")
    refused = run(*words, folder=books)
    assert refused.status == 64
    assert "--table knows no models, and so no guards of unique values" in refused.err
    result = run(*words, "--raw", folder=books)
    assert result.status == 0
    assert "Guards of unique values and counters stay as they are (--raw)." in result.err
    assert orders(books) == 0


def test_indexes_cost_too_and_writers_are_told(books: Path) -> None:
    from dynamorm import operate

    with dynamorm.using(f"sqlite:///{books / 'shop.db'}"):
        execute("Book.put({'isbn': 'x', 'title': 'x' * 2000, 'author': 'Foo', 'year': 1})")
    given = operate.delete_partition

    def meanwhile(*words: Any, **settings: Any) -> operate.DeletedPartition:
        return operate.DeletedPartition("books", given(*words, **settings).deleted, 2)

    with patch("dynamorm.operate.delete_partition", meanwhile, create=True):
        result = run("delete-partition", "Book", "isbn=x", "--confirm", "books", folder=books)
    assert "Deleting costs about 2 write units, and 2 for the index by-author." in result.err
    assert "2 of them were written meanwhile: somebody still writes to it." in result.out


def test_guards_go_with_the_items_of_their_models(shared: Path) -> None:
    with dynamorm.using(f"sqlite:///{shared / 'shop.db'}") as connection:
        connection.execute(DeleteItem("shop", {"pk": "CUSTOMER#1", "sk": "X"}))
        result = run("delete-partition", "shop.shared:Shop", "customer_id=1", "--confirm", "shop", folder=shared)
        assert "They are deleted one by one with their guards" in result.err
        assert result.out == "Deleted 2 items, and the partition is empty.\n"
        assert connection.execute(Scan("shop")).count == 0


def test_ctrl_c_says_how_to_go_on(books: Path) -> None:
    from dynamorm.engine.plans import batches

    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt
        yield

    words = ("delete-partition", "Order", "customer=c1", "--confirm", "orders")
    with patch.object(batches, "write_all", interrupted):
        result = run(*words, folder=books)
    assert result.status == 130
    assert "Go on with: dynamorm delete-partition Order customer=c1 --confirm orders" in result.err
    assert run(*words, folder=books).status == 0
    assert orders(books) == 0


def test_a_deletion_in_a_process_goes_on_after_ctrl_c(shop: Path) -> None:
    words = ("delete-partition", "Order", "customer=c1", "--confirm", "orders")
    with dynamorm.using(f"sqlite:///{shop / 'shop.db'}"):
        execute(
            "Order.Table.create_table()",
            "Order.put_batch(*({'customer': 'c1', 'placed': n} for n in range(4000)))",
        )
    stopped = interrupt(*words, folder=shop, when=lambda line: line == "Deleting 4,000 items.\n")
    assert stopped.status == 130
    assert "Go on with: dynamorm delete-partition Order customer=c1 --confirm orders" in stopped.err
    left = orders(shop)
    assert left > 0
    assert run(*words, folder=shop).out == f"Deleted {left:,} items, and the partition is empty.\n"
    assert orders(shop) == 0


def test_bad_input_is_told(books: Path) -> None:
    for words, status, message in (
        (("Order",), 64, "Of which partition? Give the fields of the hash key: customer=c42. To empty the whole table"),
        (("Book.ByAuthor", "author=x"), 64, "Items are deleted from a table, not from an index."),
        (("Order", "total=3"), 64, "takes the fields of the hash key, and was given total. Give customer"),
        (("Order", "customer=c1", "placed=3"), 64, "was given customer and placed"),
        (("Ordr", "customer=c1"), 64, "Did you mean 'Order'?"),
    ):
        result = run("delete-partition", *words, "--confirm", "orders", folder=books)
        assert (words, result.status) == (words, status)
        assert message in result.err
    assert orders(books) == 20

"""How values are shown: on a terminal, as CSV and as DynamoDB JSON; and how numbers and sizes are told."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm.data import PutItem
from dynamorm_cli.quantities import duration, money, percent, size
from tests.cli.running import run

EVERYTHING: dict[str, Any] = {
    "isbn": "all",
    "text": "a\nb\u202e\x1b[0m",
    "quoted": ["x", 'y"'],
    "number": Decimal("1234567890123456789012345678901234567.1"),
    "small": Decimal("1E-100"),
    "large": 10**37,
    "null": None,
    "yes": True,
    "bytes": b"abc",
    "map": {"a": 1, "b": {"c": [None, False]}},
    "numbers": {2, 1},
    "blobs": {b"x"},
    "long": "x" * 500,
}


@pytest.fixture
def everything(books: Path) -> Path:
    """The folder with an item that has a value of each type."""
    with dynamorm.using(f"sqlite:///{books / 'shop.db'}") as connection:
        connection.execute(PutItem("books", EVERYTHING))
    return books


def test_values_on_a_terminal_are_exact_and_harmless(everything: Path) -> None:
    result = run("get", "--table", "books", "isbn=S:all", folder=everything, tty=True)
    shown = dict(line.split("  ", 1) for line in result.out.splitlines())
    shown = {name: value.strip() for name, value in shown.items()}
    assert shown == {
        "isbn": "all",
        "text": r"a\nb\u202e\x1b[0m",
        "quoted": '["x", "y""]',
        "number": "1234567890123456789012345678901234567.1",
        "small": "0." + "0" * 99 + "1",
        "large": "1" + "0" * 37,
        "null": "null",
        "yes": "true",
        "bytes": "<3 B>",
        "map": "{a: 1, b: {c: [null, false]}}",
        "numbers": "{1, 2}",
        "blobs": "{<1 B>}",
        "long": "x" * 500,
    }
    table = run("scan", "--table", "books", "isbn=S:all", folder=everything, tty=True)
    # There are too many columns for a table.
    assert "isbn     all\n" in table.out
    assert f"long     {'x' * 119}… (500 characters)\n" in table.out
    wide = run("scan", "--table", "books", "isbn=S:all", folder=everything, tty=True, env={"COLUMNS": "400"})
    assert "(500 characters)" in wide.out
    assert "isbn     all\n" not in wide.out
    assert "\u202e" not in table.out


def test_values_in_csv_can_be_read_again(everything: Path) -> None:
    result = run("scan", "--table", "books", "isbn=S:all", "--csv", "-q", folder=everything)
    (row,) = csv.DictReader(StringIO(result.out))
    assert row["text"] == EVERYTHING["text"]
    assert (row["number"], row["large"], row["yes"], row["null"]) == (
        "1234567890123456789012345678901234567.1",
        "1" + "0" * 37,
        "true",
        "",
    )
    assert (row["bytes"], row["map"], row["numbers"]) == ("YWJj", '{"a":1,"b":{"c":[null,false]}}', "[1,2]")
    assert run("scan", "Book", "isbn=nothing", "--csv", "-q", folder=everything).out == ""


def test_typed_values_find_what_they_mean(everything: Path) -> None:
    for word in (
        "yes=BOOL:true",
        "null=NULL:",
        "bytes=B:YWJj",
        "number=N:1234567890123456789012345678901234567.1",
        "large__gte=N:1e37",
        'map:={"a": 1, "b": {"c": [null, false]}}',
        "numbers__type=SS",
        "numbers__type=NS",
        "text__not_exists=false",
        "some__name__not_exists=true",
    ):
        result = run("scan", "--table", "books", "isbn=S:all", word, "-q", folder=everything)
        assert (word, result.status, len(result.json_lines())) == (word, 0, 0 if word == "numbers__type=SS" else 1)
    for word in ("yes=BOOL:maybe", "bytes=B:!", "number=N:NaN", "number:=NaN"):
        assert (word, run("scan", "--table", "books", word, folder=everything).status) == (word, 64)


def test_raw_items_are_dynamodb_json(everything: Path) -> None:
    item = run("get", "--table", "books", "isbn=S:all", "--raw", folder=everything).json()
    assert item["number"] == {"N": "1234567890123456789012345678901234567.1"}
    assert item["bytes"] == {"B": "YWJj"}
    assert sorted(item["numbers"]["NS"]) == ["1", "2"]


def test_sizes_and_shares_are_told_for_people() -> None:
    assert [size(number) for number in (0, 612, 4200, 99_999, 150_000, 851_443_712, 5 * 1024**4)] == [
        *("0 B", "612 B", "4.1 KB", "97.7 KB", "146 KB", "812 MB", "5,120 GB"),
    ]
    assert [percent(part, 1000) for part in (0, 1, 5, 610, 614, 999, 1000)] == [
        *("0 %", "0.1 %", "0.5 %", "61 %", "61.4 %", "99.9 %", "100 %"),
    ]
    assert (percent(1, 10**9), percent(10**9 - 1, 10**9), percent(0, 0)) == ("0.1 %", "99.9 %", "0 %")
    assert [duration(each) for each in (0.2, 1, 60, 519.68, 3_600, 7_325, 90_061)] == [
        *("less than 1 s", "1 s", "1 min", "8 min 40 s", "1 h", "2 h 2 min", "1 d 1 h"),
    ]
    assert [money(each) for each in (0.0001, 0.012, 1234.5)] == ["less than $0.01", "$0.01", "$1,234.50"]


MODELS = """
import attrs
import msgspec
from pydantic import BaseModel

from dynamorm import DynaModel


class Msgspec(DynaModel):
    class Table:
        name = "typed"
        hash_key = "id"
        range_key = "number"

    class Schema(msgspec.Struct):
        id: str
        number: int
        flag: bool = False


class Pydantic(DynaModel):
    class Table(Msgspec.Table):
        pass

    class Schema(BaseModel):
        id: str
        number: int
        flag: bool = False


class Attrs(DynaModel):
    class Table(Msgspec.Table):
        pass

    @attrs.define
    class Schema:
        id: str
        number: int
        flag: bool = False
"""


@pytest.mark.parametrize("model", ["Msgspec", "Pydantic", "Attrs"])
def test_text_is_read_as_the_field_needs_it(shop: Path, model: str) -> None:
    (shop / "shop" / "typed.py").write_text(MODELS)
    names: dict[str, Any] = {"__name__": "typed"}
    exec(MODELS, names)
    with dynamorm.using(f"sqlite:///{shop / 'shop.db'}"):
        names[model].Table.create_table()
        names[model].put_batch(*({"id": "1", "number": number, "flag": number > 5} for number in range(10)))
    name = f"shop.typed:{model}"
    assert run("get", name, "id=1", "number=7", folder=shop).json() == {"id": "1", "number": 7, "flag": True}
    for words, count in (
        (("id=1", "number__gt=7"), 2),
        (("id=1", "number__between=2,4"), 3),
        (("id=1", "flag=true"), 4),
        (("id=1", "number__in:=[1, 2]"), 2),
    ):
        verb = "scan" if "number__in" in words[1] else "query"
        result = run(verb, name, *words, "-q", folder=shop)
        assert (words, result.status, len(result.json_lines())) == (words, 0, count)
    done = run("delete-partition", name, "id=1", "--confirm", "typed", folder=shop)
    assert done.out == "Deleted 10 items, and the partition is empty.\n"

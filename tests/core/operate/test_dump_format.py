"""The files of a dump: what they say, that they are read back, and how files that don't fit are refused."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm.data import IndexSpec, Item, KeyAttribute, ProjectionSpec, TableSpec, Throughput
from dynamorm.data.values import normalise_item
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps import lines
from dynamorm.operate.dumps.lines import CODEC, encode_lines
from dynamorm.operate.dumps.manifests import FULL, DataFile, Manifest, read_manifest, write_manifest
from dynamorm.operate.dumps.table_files import DumpedTable, read_table, write_table


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), max_size=20)


def values() -> st.SearchStrategy[object]:
    numbers = st.decimals(-(10**20), 10**20, places=5) | st.integers(-(10**37), 10**37)
    scalars = st.one_of(st.none(), st.booleans(), texts(), numbers, st.binary(max_size=20))
    sets = st.one_of(*(st.sets(each, min_size=1, max_size=5) for each in (texts(), numbers, st.binary(max_size=5))))
    return st.recursive(
        scalars | sets,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts().filter(bool), inner, max_size=4),
        max_leaves=10,
    )


BOOKS = TableSpec(
    "prod-books",
    KeyAttribute("isbn", "S"),
    KeyAttribute("year", "N"),
    (
        IndexSpec(
            "by-author",
            "global",
            KeyAttribute("author", "S"),
            None,
            ProjectionSpec("INCLUDE", ("title",)),
            Throughput(3, 4),
        ),
        IndexSpec("by-size", "local", KeyAttribute("isbn", "S"), KeyAttribute("size", "N")),
    ),
    Throughput(25, 5),
    "NEW_AND_OLD_IMAGES",
    "STANDARD_INFREQUENT_ACCESS",
    deletion_protection=True,
)


def test_lines_are_dynamodbs_json() -> None:
    items: list[Item] = [
        {
            "isbn": "1",
            "tags": {"b", "a", "ü"},
            "price": Decimal("1.50"),
            "cover": b"\xff",
            "sold": {10, Decimal("9.5")},
        },
        {"isbn": "2"},
    ]
    lines = encode_lines(items).decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "Item": {
                "isbn": {"S": "1"},
                "tags": {"SS": ["a", "b", "ü"]},
                "price": {"N": "1.50"},
                "cover": {"B": "/w=="},
                "sold": {"NS": ["10", "9.5"]},
            }
        },
        {"Item": {"isbn": {"S": "2"}}},
    ]


@given(st.lists(st.dictionaries(texts().filter(bool), values(), max_size=5), max_size=3))
def test_lines_are_the_json_of_the_codec(items: list[dict[str, object]]) -> None:
    canonical = [normalise_item(item) for item in items]
    encoded = encode_lines(canonical).decode().split("\n")
    assert encoded.pop() == ""
    entries = [json.loads(line)["Item"] for line in encoded]
    assert entries == [CODEC.encode_item(item) for item in canonical]
    assert [CODEC.decode_item(entry) for entry in entries] == canonical


def test_many_names_are_not_kept() -> None:
    for first in range(0, 40_000, 1_000):
        item: Item = {f"name {number}": number for number in range(first, first + 1_000)}
        (line,) = encode_lines([item]).splitlines()
        assert len(json.loads(line)["Item"]) == 1_000
    assert len(lines._NAMES) <= 11_000


def test_a_manifest_is_read_back(tmp_path: Path) -> None:
    manifest = Manifest(
        3,
        (DataFile("data/00000-00000.json.gz", 1, "m", "e"), DataFile("data/00001-00000.json.gz", 2, "n", "f")),
        "arn:aws:dynamodb:eu-west-1:123456789012:table/prod-books",
        "prod-books",
        "2026-12-01T04:00:00.000Z",
        "2026-12-01T04:01:00.000Z",
        consistency="scan",
        is_own=True,
        segments=2,
    )
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest-files.json", "manifest-summary.json"]


def test_a_manifest_of_dynamodb_is_read(tmp_path: Path) -> None:
    prefix = "2020-Nov/AWSDynamoDB/01345678901234-abc12345"
    (tmp_path / "manifest-summary.json").write_text(
        json.dumps(
            {
                "version": "2020-06-30",
                "exportArn": "arn:aws:dynamodb:us-east-1:1:table/Products/export/01234567890123-a1b2c3d4",
                "tableArn": "arn:aws:dynamodb:us-east-1:1:table/Products",
                "s3SseKmsKeyId": None,
                "manifestFilesS3Key": f"{prefix}/manifest-files.json",
                "billedSizeBytes": 0,
                "itemCount": 8,
                "outputFormat": "DYNAMODB_JSON",
            }
        )
    )
    line = {"itemCount": 8, "md5Checksum": "sQ==", "etag": "f-1", "dataFileS3Key": f"{prefix}/data/asdl123.json.gz"}
    (tmp_path / "manifest-files.json").write_text(json.dumps(line))
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert (manifest.table, manifest.item_count, manifest.export_type, manifest.is_own) == ("Products", 8, FULL, False)
    assert manifest.files[0].path_in(tmp_path) == tmp_path / "data" / "asdl123.json.gz"


@pytest.mark.parametrize(
    ("summary", "files", "message"),
    [
        ("{", "", "manifest-summary.json' is not JSON"),
        ("[]", "", "manifest-summary.json' is not JSON, or no object"),
        ("{}", "", "has no itemCount"),
        ('{"itemCount": 1, "tableArn": 2}', "", "tableArn is no string"),
        ('{"itemCount": 1}', None, "no manifest-files.json. Copy the whole export"),
        (
            '{"itemCount": 1}',
            '{"itemCount": 1, "dataFileS3Key": "data/a.gz"}\n{"item',
            "manifest-files.json', line 2 is not",
        ),
        ('{"itemCount": 1}', '{"itemCount": 1}', "line 1, lacks dataFileS3Key or itemCount"),
        (None, "", "no manifest-summary.json. Copy the whole export"),
    ],
)
def test_a_manifest_that_is_not_whole_is_refused(
    tmp_path: Path, summary: str | None, files: str | None, message: str
) -> None:
    for name, content in (("manifest-summary.json", summary), ("manifest-files.json", files)):
        if content is not None:
            (tmp_path / name).write_text(content)
    with pytest.raises(InvalidDump, match=message):
        read_manifest(tmp_path)


def test_no_manifest_is_none(tmp_path: Path) -> None:
    assert (read_manifest(tmp_path), read_table(tmp_path)) == (None, None)


@pytest.mark.parametrize(
    "table",
    [
        DumpedTable(BOOKS, "expires", {"team": "shelves"}),
        DumpedTable(TableSpec("books", KeyAttribute("isbn", "S"))),
    ],
)
def test_a_table_is_read_back(tmp_path: Path, table: DumpedTable) -> None:
    write_table(tmp_path, table)
    assert read_table(tmp_path) == table


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "can't be read"),
        ("{}", "can't be read"),
        ('{"format": 2}', "has the format 2, and this version reads 1"),
        ('{"format": 1, "CreateTable": {"TableName": "books"}}', "does not describe a table"),
    ],
)
def test_a_table_file_that_does_not_fit_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "table.json").write_text(content)
    with pytest.raises(InvalidDump, match=message):
        read_table(tmp_path)

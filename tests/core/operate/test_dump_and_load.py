"""Dumps and loads fit together, and with the imports and exports of others."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from dynamorm import operate
from dynamorm.data import CreateTable, IndexSpec, Item, KeyAttribute, PutItem, TableSpec
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend
from tests.core.operate.exported import stored
from tests.core.operate.test_load import EVERY_TYPE

SPEC = TableSpec(
    "books",
    KeyAttribute("isbn", "S"),
    indexes=(IndexSpec("by-number", "global", KeyAttribute("number", "N")),),
)


@pytest.fixture
def other() -> Iterator[Backend]:
    """Another backend, without a table."""
    with open_backend("sqlite:///:memory:") as backend:
        yield backend


def odd_items() -> Iterator[Item]:
    """Items of all types, with what is easily lost on the way."""
    yield EVERY_TYPE
    values: list[Any] = [
        "",
        "line\nbreak\u2028\u0000",
        "\U0001f4da",
        Decimal("1E-130"),
        10**37,
        -(10**37),
        Decimal("0.1"),
        b"",
        bytes(range(256)),
        [],
        {},
        {"Item": {"S": "no type"}},
        {"": 1} and {"a.b": {"#c": [":d"]}},
        {f"{number}" for number in range(50)},
        {Decimal("1.5"), 2, -3},
        {b"\x00", b"\xff"},
    ]
    for number, value in enumerate(values):
        yield {"isbn": f"odd {number}", "value": value, "number": number}


def fill(backend: Backend) -> None:
    backend.execute(CreateTable(SPEC))
    for item in odd_items():
        backend.execute(PutItem("books", item))


def test_a_load_of_a_dump_gives_the_same_items_and_another_dump_the_same_bytes(
    backend: Backend, other: Backend, tmp_path: Path
) -> None:
    fill(backend)
    operate.dump("books", tmp_path / "first", backend=backend, segments=2)
    operate.load(tmp_path / "first", "books", create=True, check=True, backend=other)
    assert stored(other) == stored(backend)
    # Elsewhere the order of the items is another one: a table's segments are its own.
    operate.dump("books", tmp_path / "second", backend=other, segments=2)
    assert lines(tmp_path / "first") == lines(tmp_path / "second")
    with open_backend("sqlite:///:memory:") as third:
        operate.load(tmp_path / "second", "books", create=True, backend=third)
        operate.dump("books", tmp_path / "third", backend=third, segments=2)
    assert contents(tmp_path / "second") == contents(tmp_path / "third")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def lines(folder: Path) -> list[bytes]:
    return sorted(line for content in contents(folder).values() for line in gzip.decompress(content).splitlines())


def test_what_moto_exports_is_loaded(moto: Backend, moto_server: str, other: Backend, tmp_path: Path) -> None:
    fill(moto)
    arguments: dict[str, Any] = {
        "endpoint_url": moto_server,
        "region_name": "us-east-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "x",
    }
    client, s3 = boto3.client("dynamodb", **arguments), boto3.client("s3", **arguments)
    s3.create_bucket(Bucket="exports")
    client.update_continuous_backups(
        TableName="books", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    arn = client.describe_table(TableName="books")["Table"]["TableArn"]
    export = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="exports", S3Prefix="nightly")
    while (
        client.describe_export(ExportArn=export["ExportDescription"]["ExportArn"])["ExportDescription"]["ExportStatus"]
        == "IN_PROGRESS"
    ):
        time.sleep(0.01)
    for entry in s3.list_objects_v2(Bucket="exports")["Contents"]:
        path = tmp_path / entry["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket="exports", Key=entry["Key"])["Body"].read())
    other.execute(CreateTable(SPEC))
    result = operate.load(tmp_path, "books", backend=other)
    assert (result.written, result.failed) == (len(stored(moto)), 0)
    assert stored(other) == stored(moto)

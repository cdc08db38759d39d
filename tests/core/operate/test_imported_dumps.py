"""DynamoDB's own import, as moto does it, takes a dump."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import boto3

from dynamorm import operate
from dynamorm.data import CreateTable, DeleteTable, Item, PutItem, Scan
from dynamorm.ports.backends import Backend
from tests.support.dumps import NUMBERS, check_whole
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY, boto3_client

ITEMS: list[Item] = [
    {
        "n": number,
        "text": "ü" * number,
        "price": Decimal(number) / 4,
        "blob": bytes([number]),
        "tags": {f"{each}" for each in range(number + 1)},
        "list": [None, True, {"a": number}],
    }
    for number in range(60)
]


def s3_client(url: str) -> Any:
    return cast("Any", boto3).client(  # the stubs are installed for DynamoDB alone
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


def test_a_dump_is_imported_from_s3(moto: Backend, moto_server: str, sqlite_memory: Backend, tmp_path: Path) -> None:
    sqlite_memory.execute(CreateTable(NUMBERS))
    for item in ITEMS:
        sqlite_memory.execute(PutItem("numbers", item))
    operate.dump("numbers", tmp_path, backend=sqlite_memory, segments=2, part_bytes=2_000)
    check_whole(tmp_path)
    bucket = f"dumps-{uuid4()}"
    s3 = s3_client(moto_server)
    s3.create_bucket(Bucket=bucket)
    for path in (tmp_path / "data").iterdir():
        s3.upload_file(str(path), bucket, f"data/{path.name}")
    table = json.loads((tmp_path / "table.json").read_text())["CreateTable"]
    client = boto3_client(moto_server)
    imported = client.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": "data/"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters=table,
    )["ImportTableDescription"]
    while imported["ImportStatus"] == "IN_PROGRESS":
        imported = client.describe_import(ImportArn=imported["ImportArn"])["ImportTableDescription"]
    assert imported["ImportStatus"] == "COMPLETED", imported
    assert (imported["ImportedItemCount"], imported["ErrorCount"]) == (60, 0)
    found = moto.execute(Scan("numbers")).items
    assert sorted(found, key=lambda item: int(str(item["n"]))) == ITEMS
    moto.execute(DeleteTable("numbers"))

"""Exports of a table for the tests of this folder, as DynamORM, DynamoDB and moto write them, and the model of it."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any

from marshmallow import fields

from dynamorm import DynaModel
from dynamorm.data import Item, KeyAttribute, Scan, TableSpec
from dynamorm.operate.dumps.lines import encode_lines
from dynamorm.operate.dumps.manifests import DATA, SUMMARY, DataFile, Manifest, write_manifest
from dynamorm.operate.dumps.table_files import DumpedTable, write_table
from dynamorm.ports.backends import Backend

BOOKS = TableSpec("books", KeyAttribute("isbn", "S"))


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        ttl = "expires"

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String()
        year = fields.Integer()
        expires = fields.Integer()


def books(count: int, first: int = 0) -> list[Item]:
    """Return items of the table."""
    return [
        {"isbn": f"{number:06}", "title": f"Title {number}", "year": 1900 + number % 100, "tags": {"a", "b"}}
        for number in range(first, first + count)
    ]


def write_export(
    folder: Path,
    parts: Sequence[Sequence[Item]],
    *,
    table: DumpedTable | None = None,
    is_own: bool = True,
    export_type: str = "FULL_EXPORT",
    prefix: str = "",
) -> Path:
    """Write an export with a data file for each of the *parts*, and return its folder."""
    (folder / DATA).mkdir(parents=True)
    files = []
    for number, items in enumerate(parts):
        content = gzip.compress(encode_lines(items), mtime=0)
        name = f"{DATA}/{number:05}.json.gz"
        (folder / name).write_bytes(content)
        files.append(DataFile(f"{prefix}{name}", len(items), md5_of(content), None))
    write_manifest(
        folder, Manifest(sum(map(len, parts)), tuple(files), None, "books", is_own=is_own, export_type=export_type)
    )
    if not is_own:
        summary = folder / SUMMARY
        entries = json.loads(summary.read_text())
        # DynamoDB names the type of incremental exports only.
        own = {"writtenBy", "consistency", "tableName", "segments", *(() if "INC" in export_type else ("exportType",))}
        summary.write_text(json.dumps({name: value for name, value in entries.items() if name not in own}))
    if table is not None:
        write_table(folder, table)
    return folder


def md5_of(content: bytes) -> str:
    """Return the MD5 as a manifest has it."""
    return b64encode(md5(content, usedforsecurity=False).digest()).decode()


def write_lines(path: Path, entries: Iterable[Mapping[str, Any] | str]) -> Path:
    """Write a file of lines, of which each is JSON or text as it is, and return its path."""
    lines = (entry if isinstance(entry, str) else json.dumps(entry) for entry in entries)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def stored(backend: Backend, table: str = "books") -> list[Item]:
    """Return the items of a table, by their keys."""
    items: list[Item] = []
    start: Item | None = None
    while True:
        page = backend.execute(Scan(table, start_key=start, consistent=True))
        items += page.items
        start = page.last_key
        if start is None:
            return sorted(items, key=lambda item: str(item["isbn"]))

"""Dumps for tests: what is in one, and tables to dump."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

from dynamorm import wire
from dynamorm.data import BatchWrite, CreateTable, Item, KeyAttribute, PutRequest, TableSpec
from dynamorm.operate.dumps.manifests import read_manifest
from dynamorm.ports.backends import Backend

NUMBERS = TableSpec("numbers", KeyAttribute("n", "N"))


def fill(backend: Backend, count: int, *, size: int = 10, spec: TableSpec = NUMBERS) -> None:
    """Create the table of numbers, with so many items of about *size* bytes."""
    backend.execute(CreateTable(spec))
    for first in range(0, count, 25):
        numbers = range(first, min(first + 25, count))
        backend.execute(BatchWrite(tuple(PutRequest(spec.name, {"n": n, "text": "x" * size}) for n in numbers)))


def items_in(folder: Path) -> Iterator[Item]:
    """Return the items of the dump in a *folder*, from all files that are there."""
    for path in sorted((folder / "data").iterdir()):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield wire.JSON.decode_item(json.loads(line)["Item"])


def numbers_in(folder: Path) -> list[int]:
    """Return the numbers in the dump in a *folder*, in order."""
    return sorted(int(str(item["n"])) for item in items_in(folder))


def check_whole(folder: Path) -> None:
    """Fail unless the files in a *folder* are what its manifest says."""
    manifest = read_manifest(folder)
    assert manifest is not None
    assert {path.name for path in folder.iterdir()} == {
        "data",
        "manifest-files.json",
        "manifest-summary.json",
        "table.json",
    }
    assert sorted(each.key for each in manifest.files) == sorted(
        f"data/{path.name}" for path in (folder / "data").iterdir()
    )
    for each in manifest.files:
        content = each.path_in(folder).read_bytes()
        assert each.md5 == b64encode(md5(content).digest()).decode()
        assert each.etag == md5(content).hexdigest()
        assert each.item_count == gzip.decompress(content).count(b"\n")
    assert manifest.item_count == sum(each.item_count for each in manifest.files)

"""The manifest of an export: what it is of, and its data files with their MD5."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynamorm.data.records import record
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps.files import replace_file

SUMMARY = "manifest-summary.json"
FILES = "manifest-files.json"
DATA = "data"
PROGRESS = "_progress.json"
TABLE = "table.json"
#: The version of the manifest's format, which is DynamoDB's.
VERSION = "2020-06-30"
#: What the summary of a dump that DynamORM has written says of itself; DynamoDB's own exports say nothing.
WRITER = "dynamorm"
FULL, INCREMENTAL = "FULL_EXPORT", "INCREMENTAL_EXPORT"


@record
class DataFile:
    """A data file of an export.

    Attributes:
        key: The name that the manifest has: a path in the folder of the dump (``data/00000-00000.json.gz``) or, in an
            export of DynamoDB, the key of an S3 object.
        item_count: The number of lines.
        md5: The MD5 of the file's bytes, compressed as they are, in base64; ``None`` if the manifest has none.
        etag: What S3 called the object.
    """

    key: str
    item_count: int
    md5: str | None = None
    etag: str | None = None

    def path_in(self, folder: Path) -> Path:
        """Return the path of the file in the *folder* of an export: its prefix in S3 is not among the folders."""
        return folder / DATA / self.key.rpartition("/")[2]


@record
class Manifest:
    """What an export is of.

    Attributes:
        item_count: The number of items in all files.
        files: The data files.
        table_arn: The Amazon Resource Name of the table; ``None`` on backends that have none.
        table: The name of the table; ``None`` if neither the summary nor the ARN tells it.
        started: When the export began, in UTC, as text in ISO 8601.
        ended: When it was complete.
        export_type: ``"FULL_EXPORT"`` or ``"INCREMENTAL_EXPORT"``.
        output_format: ``"DYNAMODB_JSON"``, the only one that DynamORM reads, or ``"ION"``.
        consistency: ``"scan"`` if the items were read one after the other, so that they are those of no one moment;
            ``None`` for DynamoDB's own exports, which are those of one moment.
        is_own: Whether DynamORM has written it.
        segments: In how many segments the table was read; ``None`` for DynamoDB's own exports.
    """

    item_count: int
    files: tuple[DataFile, ...]
    table_arn: str | None = None
    table: str | None = None
    started: str | None = None
    ended: str | None = None
    export_type: str = FULL
    output_format: str = "DYNAMODB_JSON"
    consistency: str | None = None
    is_own: bool = False
    segments: int | None = None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the two files of a *manifest*: the summary last, because an export that has one is complete."""
    lines = (
        {"itemCount": each.item_count, "md5Checksum": each.md5, "etag": each.etag, "dataFileS3Key": each.key}
        for each in manifest.files
    )
    replace_file(folder / FILES, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    summary = {
        "version": VERSION,
        "exportArn": None,
        "startTime": manifest.started,
        "endTime": manifest.ended,
        "tableArn": manifest.table_arn,
        "exportTime": manifest.started,
        "manifestFilesS3Key": FILES,
        "itemCount": manifest.item_count,
        "outputFormat": manifest.output_format,
        "exportType": manifest.export_type,
        "tableName": manifest.table,
        "consistency": manifest.consistency,
        "segments": manifest.segments,
        "writtenBy": WRITER,
    }
    replace_file(folder / SUMMARY, f"{json.dumps(summary, indent=2)}\n".encode())


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a *folder*, DynamoDB's or our own; ``None`` if there is none.

    Raises:
        InvalidDump: There is one that can't be read, or only one of its two files.
    """
    path = folder / SUMMARY
    if not path.exists():
        if (folder / FILES).exists() and not (folder / PROGRESS).exists():
            raise InvalidDump(f"'{folder}' has a {FILES}, and no {SUMMARY}. Copy the whole export.")
        return None
    summary = _object(path, path.read_text(encoding="utf-8"))
    try:
        lines = (folder / FILES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InvalidDump(f"'{folder}' has a {SUMMARY}, and no {FILES}. Copy the whole export.") from None
    files = tuple(_data_file(folder / FILES, number, line) for number, line in enumerate(lines, 1) if line.strip())
    _check_names(folder / FILES, files)
    arn = _text(path, summary, "tableArn")
    count = summary.get("itemCount")
    if not isinstance(count, int):
        raise InvalidDump(f"'{path}' has no itemCount. It is not the summary of an export, or was changed.")
    segments = summary.get("segments")
    return Manifest(
        count,
        files,
        arn,
        _text(path, summary, "tableName") or (arn.partition(":table/")[2] or None if arn else None),
        _text(path, summary, "startTime"),
        _text(path, summary, "endTime"),
        _text(path, summary, "exportType") or FULL,
        _text(path, summary, "outputFormat") or "DYNAMODB_JSON",
        _text(path, summary, "consistency"),
        summary.get("writtenBy") == WRITER,
        segments if isinstance(segments, int) else None,
    )


def _data_file(path: Path, number: int, line: str) -> DataFile:
    entry = _object(path, line, f", line {number}")
    key, count = entry.get("dataFileS3Key"), entry.get("itemCount")
    if not isinstance(key, str) or not isinstance(count, int):
        raise InvalidDump(
            f"'{path}', line {number}, lacks dataFileS3Key or itemCount. It was changed, or is not whole."
        )
    return DataFile(key, count, _text(path, entry, "md5Checksum"), _text(path, entry, "etag"))


def _check_names(path: Path, files: tuple[DataFile, ...]) -> None:
    """Raise ``InvalidDump`` if the manifest at *path* has a file twice: its items would be counted twice."""
    names: set[str] = set()
    for file in files:
        name = file.key.rpartition("/")[2]
        if name in names:
            raise InvalidDump(f"'{path}' has the file '{name}' twice. It was changed: dump or export the table again.")
        names.add(name)


def _object(path: Path, text: str, where: str = "") -> Mapping[str, Any]:
    try:
        entries = json.loads(text)
    except ValueError:
        entries = None
    if not isinstance(entries, dict):
        raise InvalidDump(f"'{path}'{where} is not JSON, or no object. It was changed, or is not whole.")
    return entries


def _text(path: Path, entries: Mapping[str, Any], name: str) -> str | None:
    value = entries.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidDump(f"'{path}': {name} is no string. The file was changed, or is not that of an export.")
    return value

"""``_progress.json``: how far a dump has come that is not finished, so that it can go on after whatever ended it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynamorm.data.records import record
from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps.files import replace_file
from dynamorm.operate.dumps.lines import CODEC
from dynamorm.operate.dumps.manifests import PROGRESS, DataFile

FORMAT = 1


@record
class SegmentProgress:
    """How far one segment was read, as far as its items are in parts that are complete.

    Attributes:
        position: The key after which it goes on; ``None`` at its beginning.
        finished: Whether its end was reached.
        parts: How many parts it has, which is the number of the next one.
    """

    position: Item | None = None
    finished: bool = False
    parts: int = 0


@record
class UnfinishedDump:
    """A dump that was begun, and how far it has come.

    Attributes:
        table: The name of the table.
        arn: The Amazon Resource Name of the table; ``None`` on backends that have none.
        started: When the dump began, as text.
        consistent: Whether the table is read consistently.
        segments: How far each segment was read, in order.
        files: The parts that are complete.
    """

    table: str
    arn: str | None
    started: str
    consistent: bool
    segments: tuple[SegmentProgress, ...]
    files: tuple[DataFile, ...] = ()

    @property
    def item_count(self) -> int:
        """How many items are in the parts."""
        return sum(each.item_count for each in self.files)


def write_progress(folder: Path, unfinished: UnfinishedDump) -> None:
    """Replace the file in a *folder* by one that tells of this dump."""
    document = {
        "format": FORMAT,
        "table": unfinished.table,
        "tableArn": unfinished.arn,
        "startTime": unfinished.started,
        "consistent": unfinished.consistent,
        "segments": [
            {
                "startKey": None if each.position is None else CODEC.encode_item(each.position),
                "finished": each.finished,
                "parts": each.parts,
            }
            for each in unfinished.segments
        ],
        "files": [
            {"itemCount": each.item_count, "md5Checksum": each.md5, "etag": each.etag, "dataFileS3Key": each.key}
            for each in unfinished.files
        ],
    }
    replace_file(folder / PROGRESS, json.dumps(document).encode())


def read_progress(folder: Path) -> UnfinishedDump | None:
    """Return the progress of the dump in a *folder*; ``None`` if no dump is unfinished there.

    Raises:
        InvalidDump: The file can't be read, or has another format.
    """
    path = folder / PROGRESS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        document = None
    if not isinstance(document, dict) or "format" not in document:
        raise InvalidDump(f"'{path}' can't be read: it was changed. Dump into another folder.")
    if document["format"] != FORMAT:
        raise InvalidDump(
            f"'{path}' has the format {document['format']}, and this version reads {FORMAT}. Go on with the version "
            "of DynamORM that began this dump, or dump into another folder."
        )
    try:
        return _decode(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidDump(f"'{path}' can't be read: it was changed. Dump into another folder.") from None


def _decode(document: Mapping[str, Any]) -> UnfinishedDump:
    return UnfinishedDump(
        str(document["table"]),
        document["tableArn"],
        str(document["startTime"]),
        bool(document["consistent"]),
        tuple(
            SegmentProgress(
                None if each["startKey"] is None else CODEC.decode_item(each["startKey"]),
                bool(each["finished"]),
                int(each["parts"]),
            )
            for each in document["segments"]
        ),
        tuple(
            DataFile(str(each["dataFileS3Key"]), int(each["itemCount"]), each["md5Checksum"], each["etag"])
            for each in document["files"]
        ),
    )

"""The chunks of an export: its lines, decoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dynamorm.data.values import Item, normalise_item
from dynamorm.exceptions import InvalidDump, InvalidValue
from dynamorm.operate.loads.attribute_values import Malformed, decode_item
from dynamorm.operate.loads.building import ChunkBuilder
from dynamorm.operate.loads.chunks import Chunk, Place, Position
from dynamorm.operate.loads.exports import Export, ExportFile
from dynamorm.operate.loads.lines import read_lines
from dynamorm.operate.loads.selections import Selection


def read_chunks(
    export: Export, table: str, selection: Selection, *, incremental: bool, position: Position | None = None
) -> Iterator[Chunk]:
    """Yield the chunks of an *export*, behind a *position*, as requests to a *table*.

    What was read before an error is yielded before it is raised.

    Raises:
        InvalidDump: A file can't be read, a line is broken, or a file has not as many items as its manifest says.
    """
    names = [each.name for each in export.files]
    begun, lines, items = 0, 0, 0
    if position is not None:
        if position["file"] not in names:
            raise InvalidDump(
                f"The load that is to be continued stopped in '{position['file']}', which '{export.source}' does not "
                "have. Give the same source, or load it from its beginning."
            )
        begun, lines, items = names.index(position["file"]), position["line"], position["items"]
    builder = ChunkBuilder(table, selection)
    for file in export.files[begun:]:
        reader = _FileReader(file, builder, lines, items, incremental=incremental)
        yield from reader.chunks(selection)
        if selection.is_used_up:
            return
        reader.check_count()
        lines = items = 0


class _FileReader:
    """Reads one file, behind some of its *lines*, which had so many *items*."""

    def __init__(self, file: ExportFile, builder: ChunkBuilder, lines: int, items: int, *, incremental: bool) -> None:
        self._file = file
        self._builder = builder
        self._lines = lines
        self._items = items
        self._incremental = incremental

    def chunks(self, selection: Selection) -> Iterator[Chunk]:
        """Yield the chunks of the file, until the *selection* is used up."""
        builder, add = self._builder, self._add_change if self._incremental else self._add_item
        try:
            for number, line in read_lines(self._file.path, self._file.name, self._lines):
                if selection.is_used_up:
                    break
                if line and not line.isspace():
                    add(number, line)
                    self._items += 1
                self._lines = number
                if builder.is_full:
                    yield builder.take(self._position())
        except Exception:
            if builder.count:
                yield builder.take(self._position())
            raise
        if builder.count:
            yield builder.take(self._position())

    def check_count(self) -> None:
        """Raise ``InvalidDump`` if the file has not as many items as its manifest says."""
        expected = self._file.item_count
        if expected is not None and expected != self._items:
            raise InvalidDump(
                f"'{self._file.name}' has {self._items:,} items, and its manifest says {expected:,}. It was changed, "
                "or not copied completely. Its items were loaded."
            )

    def _position(self) -> Position:
        return {"file": self._file.name, "line": self._lines, "items": self._items}

    def _add_item(self, number: int, line: bytes) -> None:
        entry = self._object(number, line)
        if "Item" not in entry:
            if "Keys" in entry:
                raise self._broken(
                    number,
                    "is of an incremental export: it has a change, and not an item of a table. To apply the changes to "
                    "a table that has the items from before, load with incremental=True, on the command line "
                    "--incremental",
                )
            raise self._broken(number, 'has no "Item", as each line of an export has')
        place = Place(self._file.name, number)
        try:
            self._builder.put(_decode(entry["Item"], line), line, place)
        except InvalidValue as error:
            self._builder.refuse(line, place, error)
        except Malformed as error:
            raise self._broken(number, f"is not in DynamoDB JSON: {error}") from None

    def _add_change(self, number: int, line: bytes) -> None:
        entry = self._object(number, line)
        if "Keys" not in entry:
            what = "is of a full export, and has no change to apply. Load that without incremental"
            raise self._broken(number, what if "Item" in entry else 'has no "Keys", as each line of such an export has')
        place = Place(self._file.name, number)
        try:
            if (image := entry.get("NewImage")) is not None:
                self._builder.put(_decode(image, line), line, place)
            else:
                self._builder.delete(_decode(entry["Keys"], line), line, place)
        except InvalidValue as error:
            self._builder.refuse(line, place, error)
        except Malformed as error:
            raise self._broken(number, f"is not in DynamoDB JSON: {error}") from None

    def _object(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            entry = json.loads(line.decode())
        except UnicodeDecodeError:
            raise self._broken(number, "is not encoded as UTF-8") from None
        except json.JSONDecodeError as error:
            # Not all of its text: that has a part of the line in it on some versions of Python.
            raise self._broken(number, f"is not JSON: {error.msg} at column {error.colno:,}") from None
        except RecursionError:
            raise self._broken(number, "is nested deeper than any item") from None
        if type(entry) is not dict:
            raise self._broken(number, "is no JSON object")
        return entry

    def _broken(self, number: int, reason: str) -> InvalidDump:
        return InvalidDump(f"'{self._file.name}', line {number:,}, {reason}. The items before it were loaded.")


def _decode(attributes: object, line: bytes) -> Item:
    item = decode_item(attributes)
    # Only an escape can be half of a character. It is looked for in the rare lines that may have one.
    return normalise_item(item) if b"\\ud" in line or b"\\uD" in line else item

"""The chunks of an export: its lines, decoded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidDump, InvalidValue
from dynamorm.operate.dumps.attribute_values import Malformed, decode_item, entries_of, parse_line
from dynamorm.operate.transfers.chunk_builders import ChunkBuilder
from dynamorm.operate.transfers.chunks import Chunk, Place, Position
from dynamorm.operate.transfers.export_files import Export, ExportFile
from dynamorm.operate.transfers.export_lines import read_lines
from dynamorm.operate.transfers.selections import Selection

#: How many files of an export are read in turns. All items of one are of one partition ("DynamoDB table export output
#: format"), and a partition takes 1,000 write units a second: one after the other, they would leave the others idle.
FILES_AT_ONCE: Final = 8
#: How many lines of a file are read before it is the turn of the next one.
RUN_LINES: Final = 25


def read_chunks(
    export: Export, table: str, selection: Selection, *, incremental: bool, position: Position | None = None
) -> Iterator[Chunk]:
    """Yield the chunks of an *export*, behind a *position*, as requests to a *table*.

    What was read before an error is yielded before it is raised. Files without a manifest are read one after the other,
    because those of a later name may have later items with the same keys.

    Raises:
        InvalidDump: A file can't be read, a line is broken, or a file has not as many items as its manifest says.
    """
    builder = ChunkBuilder(table, selection)
    begun = _begun(export, position)
    following = 0 if position is None else position["following"]
    most = 1 if export.manifest is None else FILES_AT_ONCE
    readers = [
        _FileReader(file, builder, *begun[file.name], incremental=incremental)
        for file in export.files
        if file.name in begun
    ]

    def end() -> Position:
        places = {each.file.name: each.place for each in readers}
        return {"files": places, "following": following}

    try:
        while not selection.is_used_up:
            while len(readers) < most and following < len(export.files):
                readers.append(_FileReader(export.files[following], builder, 0, 0, incremental=incremental))
                following += 1
            if not readers:
                break
            for reader in [*readers]:
                if not reader.read(selection):
                    reader.check_count()
                    readers.remove(reader)
                if builder.is_full:
                    yield builder.take(end())
                if selection.is_used_up:
                    break
    except Exception:
        if builder.count:
            yield builder.take(end())
        raise
    finally:
        for reader in readers:
            reader.close()
    if builder.count:
        yield builder.take(end())


def names_left(export: Export, position: Position | None) -> frozenset[str]:
    """Return the names of the files of an *export* that are not read completely at a *position*.

    Raises:
        InvalidDump: The export has not the files that were being read.
    """
    following = 0 if position is None else position["following"]
    return frozenset({*_begun(export, position), *(file.name for file in export.files[following:])})


def _begun(export: Export, position: Position | None) -> dict[str, tuple[int, int]]:
    """Return, for each file that was begun at a *position*, how many lines and items of it were read."""
    if position is None:
        return {}
    names = {file.name for file in export.files}
    for name in position["files"]:
        if name not in names:
            raise InvalidDump(
                f"The load that is to be continued has read a part of '{name}', which '{export.source}' does not have. "
                "Give the same source, or load it from its beginning."
            )
    return {name: (lines, items) for name, (lines, items) in position["files"].items()}


class _FileReader:
    """Reads one file, behind some of its *lines*, which had so many *items*."""

    def __init__(self, file: ExportFile, builder: ChunkBuilder, lines: int, items: int, *, incremental: bool) -> None:
        self.file = file
        self._builder = builder
        self._lines = lines
        self._items = items
        self._add = self._add_change if incremental else self._add_item
        self._rest = read_lines(file.path, file.name, lines)

    @property
    def place(self) -> tuple[int, int]:
        """How many lines and items were read."""
        return self._lines, self._items

    def read(self, selection: Selection) -> bool:
        """Read some lines, as far as the *selection* and the chunk allow, and return whether there may be more."""
        builder, add, count = self._builder, self._add, 0
        for number, line in islice(self._rest, RUN_LINES):
            if line and not line.isspace():
                add(number, line)
                self._items += 1
            self._lines = number
            count += 1
            if builder.is_full or selection.is_used_up:
                return True
        return count == RUN_LINES

    def check_count(self) -> None:
        """Raise ``InvalidDump`` if the file has not as many items as its manifest says."""
        expected = self.file.item_count
        if expected is not None and expected != self._items:
            raise InvalidDump(
                f"'{self.file.name}' has {self._items:,} items, and its manifest says {expected:,}. It was changed, "
                "or not copied completely. Its items were loaded."
            )

    def close(self) -> None:
        """Close the file."""
        self._rest.close()

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
        self._take(number, line, entry["Item"], self._builder.put)

    def _add_change(self, number: int, line: bytes) -> None:
        entry = self._object(number, line)
        if "Keys" not in entry:
            what = "is of a full export, and has no change to apply. Load that without incremental"
            raise self._broken(number, what if "Item" in entry else 'has no "Keys", as each line of such an export has')
        if (image := entry.get("NewImage")) is not None:
            self._take(number, line, image, self._builder.put)
        else:
            self._take(number, line, entry["Keys"], self._builder.delete)

    def _take(self, number: int, line: bytes, encoded: Any, add: Callable[[Item, bytes, Place], None]) -> None:
        """Decode an item or a key, and *add* it to the chunk."""
        place = Place(self.file.name, number)
        try:
            add(decode_item(encoded, line), line, place)
        except InvalidValue as error:
            self._builder.refuse(line, place, error)
        except Malformed as error:
            raise self._not_dynamodb_json(number, error) from None

    def _object(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            parsed = parse_line(line.decode())
        except UnicodeDecodeError:
            raise self._broken(number, "is not encoded as UTF-8") from None
        except json.JSONDecodeError as error:
            # Not all of its text: that has a part of the line in it on some versions of Python.
            raise self._broken(number, f"is not JSON: {error.msg} at column {error.colno:,}") from None
        except ValueError:
            # Python refuses to read thousands of digits.
            raise self._broken(number, "has a number without quotes, and no type has those") from None
        except RecursionError:
            raise self._broken(number, "is nested deeper than any item") from None
        if type(parsed) is not tuple:
            raise self._broken(number, "is no JSON object")
        try:
            return entries_of(parsed)
        except Malformed as error:
            raise self._not_dynamodb_json(number, error) from None

    def _not_dynamodb_json(self, number: int, error: Malformed) -> InvalidDump:
        return self._broken(number, f"is not in DynamoDB JSON: {error}")

    def _broken(self, number: int, reason: str) -> InvalidDump:
        return InvalidDump(f"'{self.file.name}', line {number:,}, {reason}. The items before it were loaded.")

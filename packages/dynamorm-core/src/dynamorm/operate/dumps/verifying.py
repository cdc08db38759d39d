"""Verify a dump: its files against its manifest, and its items against a table."""

from __future__ import annotations

import gzip
import io
import zlib
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import IO, Any

from dynamorm.data.operations import DescribeTable, Scan
from dynamorm.data.positions import SegmentPositions
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import record
from dynamorm.data.sizes import size_of_item
from dynamorm.data.tables import TableDescription
from dynamorm.engine.plans import pages, segments
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import Blocking, Plan, StreamPlan, map_stream
from dynamorm.exceptions import InvalidDump, InvalidValue
from dynamorm.operate.dumps.attribute_values import Malformed, decode_item, entries_of, parse_line
from dynamorm.operate.dumps.contents import Contents, DumpDifference
from dynamorm.operate.dumps.estimates import default_segments
from dynamorm.operate.dumps.manifests import DATA, INCREMENTAL, PROGRESS, SUMMARY, DataFile, Manifest, read_manifest
from dynamorm.operate.dumps.table_files import read_table
from dynamorm.operate.resolved_tables import ResolvedTable

#: More wrong lines of one file than these are only counted.
MOST_LINES = 5
_CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"


@record
class DumpProblem:
    """An error in a dump.

    Attributes:
        file: The path of the file in the folder; empty for the dump as a whole.
        line: The number of the line, from 1; ``None`` for the whole file.
        message: What is wrong. It has no values of items.
    """

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{place}: {self.message}" if place else self.message


@record
class Verification:
    """The result of ``verify``.

    Attributes:
        folder: The folder.
        item_count: How many items could be read.
        files: How many data files were read.
        problems: What is wrong.
        warnings: What need not be wrong: checksums in manifests that DynamoDB has written.
        difference: How the items differ from those of the table that was given; ``None`` without one.
    """

    folder: Path
    item_count: int
    files: int
    problems: tuple[DumpProblem, ...]
    warnings: tuple[DumpProblem, ...] = ()
    difference: DumpDifference | None = None

    @property
    def is_whole(self) -> bool:
        """True if nothing is wrong with the files. The table may have changed since."""
        return not self.problems


def verify_plan(folder: Path, against: ResolvedTable | None, progress: ProgressCallback | None) -> Plan[Verification]:
    """Verify the dump in a *folder*, and compare its items with those of the table *against*."""
    description: TableDescription | None = None
    if against is not None:
        description = yield DescribeTable(against.name)
    checks: _Checks = yield Blocking(partial(_Checks, folder, description))
    reports = reporter(progress, str(folder), checks.manifest.item_count or None)
    if reports is not None:
        yield from reports.begin()
    for file in checks.manifest.files:
        count: int = yield Blocking(partial(checks.check, file))
        if reports is not None:
            yield reports.advance(count)
    checks.check_counts()
    difference = None
    if against is not None and description is not None:
        assert checks.contents is not None, "the keys are known"
        in_table = yield from _contents(against, description, reports)
        difference = checks.contents.compared_with(in_table, against.name)
    if reports is not None:
        yield from reports.end()
    return Verification(
        folder, checks.item_count, checks.files, tuple(checks.problems), tuple(checks.warnings), difference
    )


def _contents(table: ResolvedTable, description: TableDescription, reports: Reporter | None) -> Plan[Contents]:
    keys = [attribute.name for attribute in description.spec.key_attributes]
    contents = Contents(keys)

    def add(page: ReadPage) -> StreamPlan[Any]:
        for item in page.result.items:
            contents.add(item)
        if reports is not None:
            yield reports.advance(looked_at=len(page.result.items))

    number = default_segments(description, table.connection.backend)
    scan = Scan(table.name)
    if number == 1:
        found = pages.pages(scan, keys=keys)
    else:
        start = SegmentPositions.at_beginning(number)
        found = segments.pages(scan, start, max_concurrency=table.connection.max_concurrency, keys=keys)
    yield from map_stream(found, add)  # type: ignore[misc]  # it emits nothing
    return contents


class _Checks:
    """The checks of one dump, file by file."""

    def __init__(self, folder: Path, description: TableDescription | None) -> None:
        self.problems: list[DumpProblem] = []
        self.warnings: list[DumpProblem] = []
        self.item_count = self.files = 0
        self._folder = folder
        manifest = read_manifest(folder)
        if manifest is None:
            if not (folder / PROGRESS).exists():
                raise InvalidDump(f"'{folder}' has no dump: there is no {SUMMARY}.")
            raise InvalidDump(
                f"The dump in '{folder}' is not finished. Go on with it first, with --resume or resume=True."
            )
        if manifest.output_format != "DYNAMODB_JSON":
            raise InvalidDump(f"'{folder}' is an export as {manifest.output_format}. Export it as DYNAMODB_JSON.")
        if manifest.export_type == INCREMENTAL:
            raise InvalidDump(
                f"'{folder}' is an incremental export: it has changes, and not the items of a table. Only dumps and "
                "full exports are verified."
            )
        self.manifest: Manifest = manifest
        table = read_table(folder)
        spec = description.spec if description is not None else None if table is None else table.spec
        self._keys = () if spec is None else tuple(attribute.name for attribute in spec.key_attributes)
        #: The items, if the table's key is known.
        self.contents = Contents(self._keys) if self._keys else None
        if (folder / PROGRESS).exists():
            self._problem("", None, f"There is a {PROGRESS} beside the manifest: the dump was not finished.")
        self._check_names()

    def _check_names(self) -> None:
        known = {each.path_in(self._folder).name for each in self.manifest.files}
        data = self._folder / DATA
        for path in sorted(data.iterdir()) if data.is_dir() else ():
            if path.name not in known:
                self._problem(f"{DATA}/{path.name}", None, "The manifest does not have this file.")

    def check(self, file: DataFile) -> int:
        """Check one file, and return how many items it has."""
        path = file.path_in(self._folder)
        name = f"{DATA}/{path.name}"
        if not path.is_file():
            self._problem(name, None, "The file is missing.")
            return 0
        self.files += 1
        count, broken = 0, 0
        with path.open("rb") as stream:
            hashing = _Hashing(stream)
            try:
                for number, line in enumerate(_lines(hashing), 1):
                    count += 1
                    if (message := self._fault_of(line)) is not None:
                        broken += 1
                        if broken <= MOST_LINES:
                            self._problem(name, number, message)
            except (EOFError, OSError, zlib.error):
                self._problem(name, None, f"The file is damaged: it can't be decompressed after line {count}.")
            digest = hashing.finish()
        if broken > MOST_LINES:
            self._problem(name, None, f"{broken - MOST_LINES} more lines are wrong.")
        if count != file.item_count:
            self._problem(name, None, f"It has {count:,} lines, and the manifest says {file.item_count:,}.")
        if file.md5 is not None and file.md5 != digest:
            message = "The MD5 is another one than the manifest says."
            (self._problem if self.manifest.is_own else self._warning)(name, None, message)
        self.item_count += count - broken
        return count

    def check_counts(self) -> None:
        """Check what can only be said when all files are known."""
        in_files = sum(each.item_count for each in self.manifest.files)
        if in_files != self.manifest.item_count:
            self._problem(
                SUMMARY,
                None,
                f"It says {self.manifest.item_count:,} items, and manifest-files.json {in_files:,}.",
            )
        if self.contents is not None and (repeated := self.contents.repeated):
            self._problem("", None, f"{repeated:,} items have the key of another one.")

    def _fault_of(self, line: bytes) -> str | None:
        try:
            parsed = parse_line(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return "It is not JSON."
        try:
            entry = entries_of(parsed)
            if "Item" not in entry:
                return 'It has no "Item".'
            # As a load does: what is whole can be loaded.
            item = decode_item(entry["Item"], line)
            size_of_item(item)
        except Malformed as error:
            return f"It is not an item in DynamoDB's JSON: {error}."
        except InvalidValue as error:
            return str(error)
        except RecursionError:
            return "It is nested deeper than any item."
        if missing := [name for name in self._keys if name not in item]:
            return f"It lacks the key attribute '{missing[0]}'."
        if self.contents is not None:
            self.contents.add(item)
        return None

    def _problem(self, file: str, line: int | None, message: str) -> None:
        self.problems.append(DumpProblem(file, line, message))

    def _warning(self, file: str, line: int | None, message: str) -> None:
        self.warnings.append(DumpProblem(file, line, message))


class _Hashing(io.RawIOBase):
    """A file whose bytes are hashed as they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._digest = md5(usedforsecurity=False)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._stream.read(len(buffer))
        self._digest.update(content)
        buffer[: len(content)] = content
        return len(content)

    def finish(self) -> str:
        """Read the rest, and return the MD5 of all in base64."""
        while content := self._stream.read(_CHUNK):
            self._digest.update(content)
        return b64encode(self._digest.digest()).decode("ascii")


def _lines(stream: io.RawIOBase) -> Iterator[bytes]:
    buffered = io.BufferedReader(stream, _CHUNK)
    # DynamoDB's files are always compressed; those of other services that write this format are not.
    if buffered.peek(2)[:2] == _GZIP:
        with gzip.GzipFile(fileobj=buffered) as decompressed:
            yield from decompressed
    else:
        yield from buffered

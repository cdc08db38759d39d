"""What ``verify`` finds in dumps, and how they differ from tables."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamorm import operate
from dynamorm.data import DeleteItem, PutItem
from dynamorm.data.progress import Progress
from dynamorm.exceptions import InvalidDump, TableNotFound
from dynamorm.operate.dumps.manifests import DataFile, Manifest, read_manifest, write_manifest
from dynamorm.ports.backends import Backend
from tests.support.dumps import fill

VerifyIt = Callable[..., operate.Verification]
FIRST = "data/00000-00000.json.gz"
NO_ATTRIBUTE = (
    "It is not an item in DynamoDB's JSON: the value of an attribute is an object with one of DynamoDB's types, such as "
    '{"S": "…"}.'
)
TWICE = "It is not an item in DynamoDB's JSON: an object has a name twice, and only one of the values could be kept."


def verify_awaited(*args: Any, **arguments: Any) -> operate.Verification:
    return asyncio.run(operate.averify(*args, **arguments))


@pytest.fixture(params=["sync", "async"])
def verify(request: pytest.FixtureRequest) -> VerifyIt:
    """``verify``, and ``averify``."""
    return operate.verify if request.param == "sync" else verify_awaited


@pytest.fixture
def folder(sqlite_memory: Backend, tmp_path: Path) -> Path:
    """The folder of a dump of 40 numbers, in two files."""
    fill(sqlite_memory, 40)
    operate.dump("numbers", tmp_path / "dump", backend=sqlite_memory, segments=2)
    return tmp_path / "dump"


def problems(folder: Path) -> list[str]:
    return [str(each) for each in operate.verify(folder).problems]


def rewrite(folder: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the lines of the first file, and its checksum in the manifest."""
    path = folder / FIRST
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))
    manifest = read_manifest(folder)
    assert manifest is not None
    files = (DataFile(FIRST, manifest.files[0].item_count), *manifest.files[1:])
    write_manifest(folder, manifest.__replace__(files=files))  # type: ignore[attr-defined]


def test_a_whole_dump_has_no_problems(folder: Path, verify: VerifyIt) -> None:
    reports: list[Progress] = []
    found = verify(folder, progress=reports.append)
    assert (found.item_count, found.files, found.problems, found.warnings) == (40, 2, (), ())
    assert (found.is_whole, found.difference) == (True, None)
    assert [each.total for each in reports] == [40, 40, 40]
    assert (reports[0].done, reports[-1].done, reports[-1].finished) == (0, 40, True)


def test_a_missing_file_and_one_too_many_are_found(folder: Path) -> None:
    (folder / FIRST).rename(folder / "data" / "other.json.gz")
    assert problems(folder) == [
        "data/other.json.gz: The manifest does not have this file.",
        "data/00000-00000.json.gz: The file is missing.",
    ]


def test_a_changed_byte_is_found(folder: Path) -> None:
    path = folder / FIRST
    content = bytearray(path.read_bytes())
    content[4] ^= 1  # the time in the header, which no other check reads
    path.write_bytes(content)
    assert problems(folder) == [f"{FIRST}: The MD5 is another one than the manifest says."]


def test_a_file_that_is_cut_off_is_found(folder: Path) -> None:
    path = folder / FIRST
    path.write_bytes(path.read_bytes()[:-20])
    first, *others = problems(folder)
    assert first.startswith(f"{FIRST}: The file is damaged: it can't be decompressed after line ")
    assert others[-1] == f"{FIRST}: The MD5 is another one than the manifest says."


def test_a_dump_of_dynamodb_is_only_warned_of_checksums(folder: Path, verify: VerifyIt) -> None:
    summary = json.loads((folder / "manifest-summary.json").read_text())
    del summary["writtenBy"]
    (folder / "manifest-summary.json").write_text(json.dumps(summary))
    path = folder / FIRST
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=1))
    found = verify(folder)
    assert (found.is_whole, len(found.warnings)) == (True, 1)
    assert "MD5" in str(found.warnings[0])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "It is not JSON."),
        (b"[]", 'It has no "Item".'),
        (b'{"Keys": {}}', 'It has no "Item".'),
        (b'{"Item": {"n": {"N": "one"}}}', "An attribute of the type N holds no number that DynamoDB can store."),
        (b'{"Item": {"n": {"X": "one"}}}', NO_ATTRIBUTE),
        (b'{"Item": {"n": 5}}', NO_ATTRIBUTE),
        (b'{"Item": {"n": [["N", "1"]]}}', NO_ATTRIBUTE),
        (b'{"Item": {"n": {"N": "1"}, "n": {"N": "2"}}}', TWICE),
        (b'{"Item": {"n": {"N": "1"}}, "Item": {"n": {"N": "2"}}}', TWICE),
        (b'{"Item": {"m": {"N": "1"}}}', "It lacks the key attribute 'n'."),
    ],
)
def test_a_wrong_line_is_named(folder: Path, line: bytes, message: str) -> None:
    def change(lines: bytes) -> bytes:
        first, _, *others = lines.splitlines()
        return b"\n".join([first, line, *others])

    rewrite(folder, change)
    assert problems(folder) == [f"{FIRST}, line 2: {message}"]


def test_many_wrong_lines_are_counted(folder: Path) -> None:
    rewrite(folder, lambda lines: b"{\n" * lines.count(b"\n"))
    found = problems(folder)
    assert len(found) == 6
    assert found[-1].endswith(" more lines are wrong.")


def test_a_line_that_is_missing_or_there_twice_is_found(folder: Path) -> None:
    rewrite(folder, lambda lines: b"".join(lines.splitlines(keepends=True)[1:]))
    (message,) = problems(folder)
    assert "lines, and the manifest says" in message

    rewrite(folder, lambda lines: lines[: lines.index(b"\n") + 1] + lines)
    assert problems(folder) == ["1 items have the key of another one."]


def test_a_summary_that_counts_otherwise_is_found(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    write_manifest(folder, manifest.__replace__(item_count=41))  # type: ignore[attr-defined]
    assert problems(folder) == ["manifest-summary.json: It says 41 items, and manifest-files.json 40."]


def test_files_that_are_not_compressed_are_read(folder: Path) -> None:
    path = folder / FIRST
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert problems(folder) == [f"{FIRST}: The MD5 is another one than the manifest says."]


def test_no_dump_is_refused(tmp_path: Path, verify: VerifyIt) -> None:
    with pytest.raises(InvalidDump, match=r"has no dump: there is no manifest-summary\.json"):
        verify(tmp_path)
    (tmp_path / "_progress.json").touch()
    with pytest.raises(InvalidDump, match=r"is not finished\. Go on with it first"):
        verify(tmp_path)
    write_manifest(tmp_path, Manifest(0, ()))
    assert problems(tmp_path) == ["There is a _progress.json beside the manifest: the dump was not finished."]
    write_manifest(tmp_path, Manifest(0, (), output_format="ION"))
    with pytest.raises(InvalidDump, match=r"is an export as ION\. Export it as DYNAMODB_JSON"):
        verify(tmp_path)


def test_a_dump_is_compared_with_a_table(folder: Path, sqlite_memory: Backend, verify: VerifyIt) -> None:
    found = verify(folder, against="numbers", backend=sqlite_memory)
    assert found.difference == operate.DumpDifference("numbers", 40, 0, 0, 0)
    assert found.difference.is_none
    for number in range(3):
        sqlite_memory.execute(DeleteItem("numbers", {"n": number}))
    for number in range(38, 45):
        sqlite_memory.execute(PutItem("numbers", {"n": number, "text": {"a", "b"}}))
    found = verify(folder, against="numbers", backend=sqlite_memory)
    assert found.difference == operate.DumpDifference("numbers", equal=35, changed=2, missing=3, added=5)
    assert (found.difference.is_none, found.is_whole) == (False, True)
    with pytest.raises(TableNotFound):
        verify(folder, against="none", backend=sqlite_memory)


@pytest.mark.parametrize(
    "attribute", ['{"S":5}', '{"NULL":false}', '{"BOOL":"true"}', r'{"S":"\ud800"}', '{"N":"1_0"}', '{"SS":[]}']
)
def test_what_a_load_refuses_is_found(folder: Path, attribute: str) -> None:
    item = f'{{"Item":{{"id":{{"N":"1"}},"a":{attribute}}}}}\n'.encode()
    rewrite(folder, lambda lines: item + lines.partition(b"\n")[2])
    assert [each.partition(": ")[0] for each in problems(folder)] == [f"{FIRST}, line 1"]


def test_an_incremental_export_is_not_called_broken(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    write_manifest(folder, manifest.__replace__(export_type="INCREMENTAL_EXPORT"))  # type: ignore[attr-defined]
    with pytest.raises(InvalidDump, match=r"is an incremental export: it has changes"):
        operate.verify(folder)

"""Exports: the data files of a dump, or of an export of DynamoDB's, in whichever folders it was saved."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from hashlib import md5
from pathlib import Path

from dynamorm.data.records import record
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps.manifests import (
    DATA,
    FILES,
    INCREMENTAL,
    PROGRESS,
    SUMMARY,
    TABLE,
    DataFile,
    Manifest,
    read_manifest,
)
from dynamorm.operate.dumps.table_files import DumpedTable, read_table
from dynamorm.operate.transfers.export_lines import STANDARD_INPUT

#: How names begin or end of files that are beside the data: checksums, files of ours, what a listing hides.
_OTHER_PREFIXES = ("_", ".", "manifest-")
_OTHER_SUFFIXES = (".md5", ".checksum", ".tmp")
#: The manifest of an export is in ``AWSDynamoDB/<id of the export>`` below the prefix that was given to the export.
_MANIFESTS = tuple(f"{'*/' * depth}{SUMMARY}" for depth in (1, 2, 3))
#: How much of a file is read at once.
_BLOCK_BYTES = 1024 * 1024


@record
class ExportFile:
    """A data file.

    Attributes:
        name: Its path in the source.
        path: Where it is; ``None`` for the standard input.
        item_count: How many items the manifest says it has; ``None`` without a manifest.
        md5: The MD5 that the manifest says its bytes have.
    """

    name: str
    path: Path | None
    item_count: int | None = None
    md5: str | None = None


@record
class Export:
    """What is loaded.

    Attributes:
        source: What the program gave.
        files: The data files, in the order in which they are read.
        manifest: What the export says of itself; ``None`` if there is nothing, as for single files.
        table: The table that it is of, if a ``table.json`` says so.
        warnings: What is odd about it, and does not keep it from being loaded.
    """

    source: str
    files: tuple[ExportFile, ...]
    manifest: Manifest | None = None
    table: DumpedTable | None = None
    warnings: tuple[str, ...] = ()

    @property
    def item_count(self) -> int | None:
        """How many items the manifest says there are."""
        return None if self.manifest is None else self.manifest.item_count


def open_export(source: str | Path, *, incremental: bool) -> Export:
    """Return the export at a *source*: a folder, a file, or ``-`` for the standard input.

    Raises:
        InvalidDump: There is none, it is not whole, there are several, its manifest does not fit its files, it is in
            another format, or it is incremental and should not be, or the other way round.
    """
    if str(source) == STANDARD_INPUT:
        return Export(STANDARD_INPUT, (ExportFile("standard input", None),))
    path = Path(source)
    if path.is_file():
        return Export(str(path), (ExportFile(path.name, path),))
    if str(source).startswith("s3:"):
        raise InvalidDump(f"Copy the export to this machine first: aws s3 sync {source} FOLDER. Then load that folder.")
    if not path.is_dir():
        raise InvalidDump(f"There is no folder or file '{path}' to load.")
    folder = _folder_of_manifest(path)
    manifest = None if folder is None else read_manifest(folder)
    if folder is None or manifest is None:
        return Export(str(path), _files_without_manifest(path), table=read_table(path))
    _check_kind(folder, manifest, incremental=incremental)
    files = tuple(_files_of(path, folder, manifest))
    counted = sum(each.item_count for each in manifest.files)
    warnings: tuple[str, ...] = ()
    if counted != manifest.item_count:
        text = (
            f"'{folder / SUMMARY}' says that there are {manifest.item_count:,} items, and the files in {FILES} have "
            f"{counted:,}"
        )
        if manifest.is_own:
            raise InvalidDump(f"{text}. The dump was changed, or is not whole: dump the table again.")
        warnings = (f"{text}.",)
    return Export(str(path), files, manifest, read_table(folder), warnings)


def check_files(export: Export, names: Collection[str]) -> Iterator[str]:
    """Compare the data files of an *export* that have these *names* with the MD5 of its manifest, and yield warnings.

    A mismatch with a manifest of DynamoDB's is a
    warning, because its pages don't say whether the MD5 is that of the compressed bytes.

    Raises:
        InvalidDump: A file of a dump that DynamORM has written was changed.
    """
    for file in export.files:
        if file.name not in names or file.md5 is None or file.path is None or _md5_of(file.path) == file.md5:
            continue
        text = f"'{file.name}' in '{export.source}' does not have the MD5 that its manifest says"
        if export.manifest is not None and export.manifest.is_own:
            raise InvalidDump(f"{text}: it was changed, or not copied completely. Copy it again, or dump again.")
        yield f"{text}."


def _folder_of_manifest(path: Path) -> Path | None:
    if (path / SUMMARY).exists() or (path / FILES).exists():
        return path
    if (path / PROGRESS).exists():
        raise InvalidDump(
            f"The dump in '{path}' is not complete. Complete it first: operate.dump(…, resume=True), or dynamorm dump "
            "with --resume."
        )
    found = sorted({each.parent for pattern in _MANIFESTS for each in path.glob(pattern)})
    if len(found) > 1:
        raise InvalidDump(
            f"'{path}' has {len(found)} exports: {_listed(found)}. Load one after the other, a full one first, by its "
            "own folder."
        )
    return found[0] if found else None


def _check_kind(folder: Path, manifest: Manifest, *, incremental: bool) -> None:
    if manifest.output_format != "DYNAMODB_JSON":
        raise InvalidDump(
            f"The export in '{folder}' has the format {manifest.output_format}, and only DYNAMODB_JSON can be loaded. "
            "Export the table in that format."
        )
    if manifest.export_type == INCREMENTAL and not incremental:
        raise InvalidDump(
            f"The export in '{folder}' is incremental: it has the changes of some time, and not the items of a table. "
            "To apply them to a table that has the items from before, load it with incremental=True, on the command "
            "line --incremental."
        )
    if manifest.export_type != INCREMENTAL and incremental:
        raise InvalidDump(
            f"The export in '{folder}' is a full one, and has no changes to apply. Load it without incremental."
        )


def _files_of(path: Path, folder: Path, manifest: Manifest) -> Iterator[ExportFile]:
    missing = []
    for file in manifest.files:
        found = next((each for each in _places(folder, file) if each.is_file()), None)
        if found is not None:
            name = found.relative_to(path) if found.is_relative_to(path) else found.relative_to(folder.parent)
            yield ExportFile(name.as_posix(), found, file.item_count, file.md5)
        elif file.item_count:
            missing.append(file.key)
    if missing:
        raise InvalidDump(
            f"The export in '{folder}' lacks {len(missing)} of the {len(manifest.files)} files that its manifest has: "
            f"{_listed(missing)}. Copy the whole export."
        )


def _places(folder: Path, file: DataFile) -> Iterator[Path]:
    """Yield the paths where a *file* of the manifest in a *folder* may be."""
    name = file.key.rpartition("/")[2]
    yield folder / DATA / name
    # The data files of all incremental exports of one prefix are together.
    yield folder.parent / DATA / name
    yield folder / name


def _files_without_manifest(path: Path) -> tuple[ExportFile, ...]:
    found = [each for each in sorted(path.rglob("*")) if each.is_file() and _may_be_data(each)]
    exports = sorted({each.parent for each in found if each.parent.name == DATA})
    if len(exports) > 1:
        raise InvalidDump(
            f"'{path}' has the data of {len(exports)} exports: {_listed(exports)}. Load one after the other, by its "
            "own folder."
        )
    if exports:
        found = [each for each in found if each.parent == exports[0]]
    if not found:
        raise InvalidDump(f"The folder '{path}' has no data files. Give the folder of a dump, or of an export.")
    return tuple(ExportFile(each.relative_to(path).as_posix(), each) for each in found)


def _may_be_data(path: Path) -> bool:
    name = path.name
    return not (name == TABLE or name.startswith(_OTHER_PREFIXES) or name.endswith(_OTHER_SUFFIXES))


def _md5_of(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return b64encode(digest.digest()).decode("ascii")


def _listed(names: Sequence[object]) -> str:
    return ", ".join(f"'{name}'" for name in names[:5]) + (" and others" if len(names) > 5 else "")

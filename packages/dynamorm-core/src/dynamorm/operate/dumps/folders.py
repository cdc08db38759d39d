"""The folder that a dump is written into: one dump, by one process at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import Event, Lock
from weakref import finalize

from dynamorm.data.records import replace
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps.files import TEMPORARY, sync_folder, temporary
from dynamorm.operate.dumps.manifests import DATA, PROGRESS, SUMMARY, DataFile, Manifest, read_manifest, write_manifest
from dynamorm.operate.dumps.parts import PART_BYTES, Part, part_key
from dynamorm.operate.dumps.progress_files import SegmentProgress, UnfinishedDump, read_progress, write_progress
from dynamorm.operate.dumps.table_files import DumpedTable, read_table, write_table

_PART_NAME = r"\d{5,}-\d{5,}\.json\.gz"


class DumpFolder:
    """A folder that a dump is written into. Threads may call its methods at the same time.

    Raises:
        InvalidDump: A new dump is to begin, and the folder is not empty; or a dump is to go on, and there is none; or
            another process is writing into the folder.
    """

    def __init__(self, path: Path, *, resume: bool, part_bytes: int = PART_BYTES) -> None:
        self.path = path
        #: The dump that was begun here, if there is one.
        self.unfinished: UnfinishedDump | None = None
        #: The manifest of the dump, if it is finished already.
        self.manifest: Manifest | None = None
        self._part_bytes = part_bytes
        self._run = token_hex(4)
        self._stopping = Event()
        self._is_closed = self._is_made = False
        self._lock = Lock()
        self._release: Callable[[], object] = _nothing
        if resume:
            self._open_again()
        else:
            self._open_new()

    def _open_new(self) -> None:
        try:
            self.path.mkdir(parents=True)
            self._is_made = True
        except FileExistsError:
            if not self.path.is_dir():
                raise InvalidDump(
                    f"'{self.path}' is a file. A dump needs a folder of its own, which may not exist yet."
                ) from None
        self._lock_folder()
        try:
            self._refuse_content()
        except BaseException:
            self.close()
            raise

    def _refuse_content(self) -> None:
        # A run that was killed at its very beginning leaves this one.
        ignored = temporary(self.path / PROGRESS).name
        found = sorted(each.name for each in self.path.iterdir() if each.name != ignored)
        if PROGRESS in found:
            raise InvalidDump(
                f"'{self.path}' has a dump that is not finished. Go on with it (--resume, or resume=True), or choose "
                "another folder."
            )
        if SUMMARY in found:
            raise InvalidDump(f"'{self.path}' has a dump already. Choose another folder.")
        if found:
            raise InvalidDump(f"'{self.path}' is not empty: it has '{found[0]}'. Choose another folder.")

    def _open_again(self) -> None:
        if not (self.path / PROGRESS).exists():
            self.manifest = read_manifest(self.path) if self.path.is_dir() else None
            if self.manifest is None:
                raise InvalidDump(f"'{self.path}' has no dump to go on with. Begin one without --resume (resume=True).")
            return
        self._lock_folder()
        try:
            self.unfinished = read_progress(self.path)
        except BaseException:
            self.close()
            raise
        if self.unfinished is None:
            self.close()
            raise InvalidDump(f"Another process has finished the dump in '{self.path}' at this moment.")

    def _lock_folder(self) -> None:
        guard = _guarded(self.path)
        if guard is not None:
            # Also if nobody closes it: a task can be cancelled while a thread opens it.
            self._release = finalize(self, os.close, guard)

    def begin(self, unfinished: UnfinishedDump, table: DumpedTable) -> None:
        """Begin a dump, or go on: what was written since the last complete part is removed."""
        with self._lock:
            # If it was closed, a cancelled task has left the thread behind.
            if not self._is_closed:
                self._begin(unfinished, table)

    def _begin(self, unfinished: UnfinishedDump, table: DumpedTable) -> None:
        if self.unfinished is None:
            self.unfinished = unfinished
            write_progress(self.path, unfinished)
        (self.path / DATA).mkdir(exist_ok=True)
        sync_folder(self.path)
        known = {each.key for each in self.unfinished.files}
        for key in sorted(known):
            if not (self.path / key).is_file():
                raise InvalidDump(
                    f"'{self.path}' lacks '{key}', which the dump has written. Its items would be missing: dump into "
                    "another folder."
                )
        for each in (self.path / DATA).iterdir():
            key = f"{DATA}/{each.name}"
            if each.name.endswith(TEMPORARY) or (key not in known and re.fullmatch(_PART_NAME, each.name)):
                each.unlink()
        if read_table(self.path) is None:
            write_table(self.path, table)

    @property
    def is_stopping(self) -> bool:
        """Whether the segments are to end, because one of them has failed or the program was interrupted."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let all segments end."""
        self._stopping.set()

    def segment(self, number: int) -> SegmentProgress:
        """Return how far a segment was read."""
        assert self.unfinished is not None, "the dump was begun"
        return self.unfinished.segments[number]

    def new_part(self, segment: int) -> Part:
        """Return the next part of a *segment*."""
        return Part(self.path, part_key(segment, self.segment(segment).parts), self._run, self._part_bytes)

    def save(self, part: Part, segment: int) -> None:
        """Complete a *part*, and note how far its *segment* was read: the next run goes on after it.

        It may be called again after an interrupt, also while the thread that the interrupt has left behind is here.
        """
        with part.saving:
            if part.is_saved:
                return
            try:
                if not part.complete():
                    return
            except BaseException:
                # The disk may be full: what can't be used is not left there.
                part.discard()
                raise
            self._keep(part, segment)

    def _keep(self, part: Part, segment: int) -> None:
        with self._lock:
            if self._is_closed:
                # The thread was left behind. The next run reads this again.
                part.discard()
                return
            if part.file is not None and part.temporary.exists():
                part.temporary.replace(part.path)
                sync_folder(part.path.parent)
            self._note(segment, part)
            part.is_saved = True

    def _note(self, number: int, part: Part) -> None:
        assert self.unfinished is not None, "the dump was begun"
        segments, files = list(self.unfinished.segments), self.unfinished.files
        if part.file in files:
            return
        parts = segments[number].parts + (part.file is not None)
        segments[number] = SegmentProgress(part.position, part.position is None, parts)
        if part.file is not None:
            files = (*files, part.file)
        noted = replace(self.unfinished, segments=tuple(segments), files=files)
        write_progress(self.path, noted)
        self.unfinished = noted

    def finish(self, ended: str) -> Manifest:
        """Write the manifest of the dump, whose segments are all finished, and return it."""
        unfinished = self.unfinished
        assert unfinished is not None, "the dump was begun"
        assert all(each.finished for each in unfinished.segments), "all segments were read"
        files = tuple(sorted(unfinished.files, key=_key))
        self.manifest = Manifest(
            unfinished.item_count,
            files,
            unfinished.arn,
            unfinished.table,
            unfinished.started,
            ended,
            consistency="scan",
            is_own=True,
            segments=len(unfinished.segments),
        )
        with self._lock:
            if not self._is_closed:
                write_manifest(self.path, self.manifest)
                (self.path / PROGRESS).unlink()
                sync_folder(self.path)
        return self.manifest

    def close(self) -> None:
        """Change nothing any more, and let other processes write."""
        self._stopping.set()
        with self._lock:
            self._is_closed = True
        self._release()
        if self._is_made and self.unfinished is None:
            # Nothing was begun: there is no such table, for example.
            with suppress(OSError):
                self.path.rmdir()


def _nothing() -> None:
    """Do nothing."""


def _key(file: DataFile) -> str:
    return file.key


def _guarded(path: Path) -> int | None:
    """Lock a folder for this process, as long as what this returns is open; ``None`` where the system can't."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock  # not on Windows
    except ImportError:
        return None
    guard = os.open(path, os.O_RDONLY)
    try:
        flock(guard, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        os.close(guard)
        raise InvalidDump(
            f"Another dump is being written into '{path}'. Wait for it, or choose another folder."
        ) from None
    except OSError:
        # Some file systems of other machines have no locks.
        with suppress(OSError):
            os.close(guard)
        return None
    return guard

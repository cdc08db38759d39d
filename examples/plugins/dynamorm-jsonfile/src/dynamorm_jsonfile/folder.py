"""A folder of files, which are locked, and replaced all together or not at all."""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: The changes of several files, until all of them are made.
JOURNAL = "journal.json"


class Folder:
    """A folder of which any number of threads and processes read the files, or one of them writes them.

    Each operation opens the file "lock" anew: so it keeps threads apart, too, and a fork inherits no lock. Before a
    change, other random bytes are written into it: the stamp. While the stamp is the same, all files are the same.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).absolute()
        self.path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self, *, exclusive: bool) -> Generator[bytes, None, None]:
        """Keep others from writing, or with *exclusive* also from reading. Yield the stamp."""
        with open(self.path / "lock", "a+b") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
                if (self.path / JOURNAL).exists():  # of a process that ended in the middle
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    self._finish()
                yield os.pread(lock.fileno(), 16, 0)
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)  # a fork may have inherited the open file

    def read(self, name: str) -> str | None:
        """Return the text of a file, or ``None`` if there is none."""
        path = self.path / name
        return path.read_text("utf-8") if path.exists() else None

    def replace(self, texts: Mapping[str, str | None]) -> bytes:
        """Replace files by *texts*, or delete those with ``None``. Return the new stamp."""
        (self.path / "lock").write_bytes(stamp := os.urandom(16))
        if len(texts) > 1:
            texts = {JOURNAL: json.dumps(texts)}
        self._apply(texts)
        self._finish()
        return stamp

    def _finish(self) -> None:
        """Make the changes of the journal, some of which may have been made already."""
        if (journal := self.read(JOURNAL)) is not None:
            self._apply(json.loads(journal))
            self._apply({JOURNAL: None})

    def _apply(self, texts: Mapping[str, str | None]) -> None:
        for name, text in texts.items():
            if text is None:
                (self.path / name).unlink(missing_ok=True)
                continue
            with open(self.path / f"{name}.new", "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(file.name, self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

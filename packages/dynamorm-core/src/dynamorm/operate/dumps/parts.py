"""Parts: the data files of one segment, each written under a temporary name until it is complete."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO

from dynamorm.data.values import Item
from dynamorm.operate.dumps.files import TEMPORARY, sync_file
from dynamorm.operate.dumps.lines import encode_lines
from dynamorm.operate.dumps.manifests import DATA, DataFile

#: How large a part gets before it is compressed.
PART_BYTES = 64 * 1024 * 1024
#: How old a part gets, in seconds: a dump that is killed, and goes on, reads no more than this again. At a low rate it
#: would take much longer to fill a part.
PART_SECONDS = 300.0
_GZIP = zlib.MAX_WBITS + 16
_LEVEL = 6


def part_key(segment: int, number: int) -> str:
    """Return the path of a part in the folder of its dump."""
    return f"{DATA}/{segment:05}-{number:05}.json.gz"


class Part:
    """One part of a segment, which pages are added to. Threads may take turns to use it.

    A file is made for the first item, so that a segment without items has none.

    Args:
        folder: The folder of the dump.
        key: The path of the part there.
        run: A text that no other run of the dump has, for the temporary name.
        most_bytes: How large the part may get, before it is compressed.
    """

    def __init__(self, folder: Path, key: str, run: str, most_bytes: int = PART_BYTES) -> None:
        self.path = folder / key
        self.temporary = folder / f"{key}.{run}{TEMPORARY}"
        #: What the manifest says of the part; ``None`` if it has no items, or is not complete.
        self.file: DataFile | None = None
        #: The key of the last item that was read, after which the segment goes on; ``None`` at its end.
        self.position: Item | None = None
        #: Whether a page was added, with or without items.
        self.is_begun = False
        #: Held while the part is saved; and whether it is.
        self.saving, self.is_saved = Lock(), False
        #: The size of the lines so far.
        self.size = 0
        self._key = key
        self._most_bytes = most_bytes
        self._item_count = 0
        self._began = monotonic()
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._digest = md5(usedforsecurity=False)
        self._stream: IO[bytes] | None = None
        # An interrupt can come amid a page: the file can't be used then.
        self._is_whole = True
        self._is_closed = False
        self._lock = Lock()

    @property
    def is_full(self) -> bool:
        """Whether the next page belongs into another part."""
        return self.size >= self._most_bytes or (self._item_count > 0 and monotonic() - self._began >= PART_SECONDS)

    def add(self, items: Sequence[Item], position: Item | None) -> None:
        """Add the *items* of a page, and the *position* after it."""
        lines = encode_lines(items)
        with self._lock:
            if self._is_closed:
                # The task was cancelled, and has left this thread behind.
                return
            self._is_whole = False
            if lines:
                self._write(self._compressor.compress(lines))
            self._item_count += len(items)
            self.size += len(lines)
            self.position = position
            self._is_whole = self.is_begun = True

    def complete(self) -> bool:
        """Write the end of the temporary file, and wait until it is on the disk.

        Return whether the part can be used: ``False`` if no page was added, or an interrupt came amid one.
        """
        with self._lock:
            self._is_closed = True
            if self.file is not None:
                return True
            if not self._is_whole or not self.is_begun:
                self._discard()
                return False
            if not self._item_count:
                return True
            self._is_whole = False
            self._write(self._compressor.flush())
            assert self._stream is not None, "something was written"
            sync_file(self._stream)
            self._stream.close()
            digest = self._digest
            self.file = DataFile(
                self._key, self._item_count, b64encode(digest.digest()).decode("ascii"), digest.hexdigest()
            )
            return True

    def discard(self) -> None:
        """Remove what was written."""
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        self._is_closed, self._is_whole = True, False
        if self._stream is not None:
            self._stream.close()
            self.temporary.unlink(missing_ok=True)
            self._stream = None

    def _write(self, compressed: bytes) -> None:
        if self._stream is None:
            self._stream = self.temporary.open("xb")
        self._digest.update(compressed)
        self._stream.write(compressed)

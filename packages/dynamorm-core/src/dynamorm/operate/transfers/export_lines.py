"""The lines of a data file, which may be compressed, whatever it is called."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from dynamorm.exceptions import InvalidDump

#: The source that stands for the standard input.
STANDARD_INPUT: Final = "-"
#: How much of a file is read at once.
BLOCK_BYTES = 256 * 1024
#: No line of an export is longer: the old and the new image of an item of 400 KB, with each character escaped.
LINE_BYTES = 8 * 1024 * 1024

_GZIP = b"\x1f\x8b"
#: The first bytes of files that the service exports or imports, too, and that are not read here.
_OTHERS: Final = {
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard. Decompress it first: zstd -d",
    b"\xe0\x01\x00\xea": "in the format Ion. Export the table in the format DynamoDB JSON",
    b"$ion": "in the format Ion. Export the table in the format DynamoDB JSON",
    b"PK\x03\x04": "a ZIP archive. Unpack it first",
}


class _Stream(Protocol):
    """The part of a file that is used here."""

    def read1(self, size: int, /) -> bytes:
        """Return the next bytes, at most *size*; none at the end."""


def read_lines(path: Path | None, name: str, after: int = 0) -> Generator[tuple[int, bytes]]:
    """Yield the lines of a file behind its line number *after*, each with its number, which counts from 1.

    Args:
        path: The file; ``None`` for the standard input.
        name: What messages call it.
        after: How many lines are left out.

    Raises:
        InvalidDump: The file can't be read, is not whole, is in another format, or has a line that no item can have.
    """
    number = 0
    try:
        with _opened(path, name) as stream:
            rest = b""
            # What comes before a place where the file is broken is returned first.
            while block := stream.read1(BLOCK_BYTES):
                lines = (rest + block).split(b"\n")
                rest = lines.pop()
                if len(rest) > LINE_BYTES:
                    raise InvalidDump(
                        f"'{name}', line {number + len(lines) + 1:,}, has more than {LINE_BYTES // 1024**2} MB, and no "
                        "item is that large. It is no file of an export, with an item in each line."
                    )
                if number + len(lines) <= after:
                    number += len(lines)
                    continue
                for line in lines:
                    number += 1
                    if number > after:
                        yield number, line
            if rest and number >= after:
                yield number + 1, rest
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidDump(
            f"'{name}' is not whole, or was changed: it can't be decompressed behind line {number:,} ({error}). Copy "
            "it again."
        ) from error
    except OSError as error:
        raise InvalidDump(f"'{name}' can't be read: {error.strerror or error}.") from error


@contextmanager
def _opened(path: Path | None, name: str) -> Iterator[_Stream]:
    if path is None:
        # It stays open, as it is not ours.
        try:
            # A thread that waits for input must not hold the lock of sys.stdin when the interpreter ends.
            own = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115
        except OSError:
            yield _decompressed(sys.stdin.buffer, name)  # it is none of the operating system's
        else:
            yield _decompressed(own, name)
        return
    with path.open("rb") as file:
        yield _decompressed(file, name)


def _decompressed(file: Any, name: str) -> _Stream:
    # Files and the standard input are buffered.
    beginning: bytes = file.peek(4)[:4]
    for magic, what in _OTHERS.items():
        if beginning.startswith(magic):
            raise InvalidDump(f"'{name}' is {what}.")
    if beginning.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file)
    if beginning.startswith(b"\xef\xbb\xbf"):
        file.read(3)
    stream: _Stream = file
    return stream

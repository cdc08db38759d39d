"""The cassette of a test, if its mark has one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

#: The directory of cassettes that are named as their tests, beside the file of the tests.
DIRECTORY = "cassettes"
#: The most characters of the name of a test in that of its cassette: file systems take 255 bytes.
_LONGEST_NAME = 150


def in_cassette(
    item: pytest.Item, named: str | bool | None, options: Mapping[str, Any]
) -> AbstractContextManager[object]:
    """Play or record a test in the cassette that its mark has *named*, if it has."""
    if named is None:
        return nullcontext()
    from dynamorm.testing import cassette

    return cassette(item.path.parent / (named if isinstance(named, str) else _path_of(item)), **options)


def _path_of(item: pytest.Item) -> Path:
    """Return the path of the cassette of a test: ``cassettes/test_orders/TestCheckout.test_paid[1].jsonl``.

    A name that no file can have, or a long one, is changed. What makes it different from those of other tests is then a
    checksum.
    """
    test = item.nodeid.partition("::")[2].replace("::", ".")
    name = re.sub(r"[^\w.\[\]-]+", "-", test)[:_LONGEST_NAME]
    if name != test:
        name += f"-{zlib.crc32(test.encode()):08x}"
    return Path(DIRECTORY, item.path.stem, f"{name}.jsonl")

"""The cassette of a test, if its mark has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

#: The directory of cassettes that are named as their tests, beside the file of the tests.
DIRECTORY = "cassettes"


def in_cassette(
    item: pytest.Item, named: str | bool | None, options: Mapping[str, Any]
) -> AbstractContextManager[object]:
    """Play or record a test in the cassette that its mark has *named*, if it has."""
    if named is None:
        return nullcontext()
    from dynamorm.testing import cassette

    return cassette(item.path.parent / (named if isinstance(named, str) else _path_of(item)), **options)


def _path_of(item: pytest.Item) -> Path:
    """Return the path of the cassette of a test: ``cassettes/test_orders/TestCheckout.test_paid[1].jsonl``."""
    test = item.nodeid.partition("::")[2].replace("::", ".")
    return Path(DIRECTORY, item.path.stem, re.sub(r"[^\w.\[\]-]+", "-", test) + ".jsonl")

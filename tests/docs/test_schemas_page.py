"""The table of what schema libraries do each in their own way has a row for each test of it, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from tests.core.model import test_schema_differences
from tests.support.pages import sections
from tests.support.schema_libraries.installed import LIBRARIES

TABLE = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in sections(Path(__file__).parents[2] / "docs" / "guide" / "schemas.md")["Where they differ"].splitlines()
    if line.startswith("|")
]


def test_each_library_has_a_column() -> None:
    assert [name.lower() for name in TABLE[0][1:]] == list(LIBRARIES)
    assert {len(row) for row in TABLE[:1] + TABLE[2:]} == {len(TABLE[0])}


def test_each_row_has_a_test_and_each_test_a_row() -> None:
    tests = [name for name in vars(test_schema_differences) if name.startswith("test_")]
    assert ["test_" + "_".join(re.findall(r"\w+", row[0].lower())) for row in TABLE[2:]] == tests

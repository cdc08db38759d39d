"""Nothing is imported before it is needed: each program runs in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODEL = """
import dynamorm
from marshmallow import fields

class Book(dynamorm.DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
    class Schema:
        isbn = fields.String()
"""
# What an environment imports at the start of every interpreter is not the program's doing.
START = """
import sys
before = set(sys.modules)
"""
REPORT = """
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def imported_by(program: str, folder: Path) -> set[str]:
    """The top-level modules that are imported at the end of a *program*."""
    completed = subprocess.run(
        [sys.executable, "-c", START + program + REPORT], capture_output=True, text=True, check=True, cwd=folder
    )
    return set(completed.stdout.split())


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import dynamorm", {"marshmallow", "pluggy", "dynamorm_marshmallow"}),
        ("import dynamorm, dynamorm.signals, dynamorm.exceptions, dynamorm.data", {"marshmallow", "pluggy"}),
        (MODEL, set()),
        (MODEL + "Book(isbn='1').to_dict()", set()),
    ],
    ids=["import", "import-more", "model", "instance"],
)
def test_no_backend_is_loaded(program: str, absent: set[str], tmp_path: Path) -> None:
    imported = imported_by(program, tmp_path)
    assert "dynamorm" in imported
    assert not imported & ({"boto3", "botocore", "sqlite3", "dynamorm_boto3", "dynamorm_sqlite"} | absent)


def test_boto3_is_loaded_by_the_first_operation(tmp_path: Path) -> None:
    connected = MODEL + "dynamorm.connect('boto3://eu-west-1', endpoint_url='http://127.0.0.1:1')\n"
    assert "boto3" not in imported_by(connected + "list_later = Book.scan()", tmp_path)
    used = connected + "try:\n    Book.get(isbn='1')\nexcept dynamorm.exceptions.BackendException:\n    pass\n"
    assert "boto3" in imported_by(used, tmp_path)


def test_embedded_backend_needs_no_boto3(tmp_path: Path) -> None:
    used = MODEL + "dynamorm.connect('sqlite:///books.db')\nBook.Table.create_table()\nBook.put({'isbn': '1'})\n"
    imported = imported_by(used, tmp_path)
    assert "dynamorm_sqlite" in imported
    assert not imported & {"boto3", "botocore", "dynamorm_boto3"}

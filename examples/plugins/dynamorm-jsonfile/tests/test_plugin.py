"""The plugin is found by its name, and refuses settings that can't work."""

from __future__ import annotations

from pathlib import Path

import pytest

import dynamorm
from dynamorm.data import CreateTable, GetItem, KeyAttribute, PutItem, TableSpec
from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable


def test_a_program_connects_by_the_name(tmp_path: Path) -> None:
    with dynamorm.connect(f"jsonfile://{tmp_path}/new/folder") as connection:
        connection.execute(CreateTable(TableSpec("books", KeyAttribute("id", "S"))))
        connection.execute(PutItem("books", {"id": "1"}))
    with dynamorm.connect(f"jsonfile://{tmp_path}/new/folder") as connection:
        assert connection.execute(GetItem("books", {"id": "1"})).item == {"id": "1"}


@pytest.mark.parametrize(
    ("url", "options"),
    [("jsonfile", {}), ("jsonfile://", {}), ("jsonfile://data?fsync=no", {}), ("jsonfile://data", {"fsync": False})],
)
def test_wrong_settings_are_refused(url: str, options: dict[str, bool]) -> None:
    with pytest.raises(BackendMisconfigured):
        dynamorm.connect(url, **options)


def test_a_folder_that_can_not_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackendUnavailable, match="can't be made"):
        dynamorm.connect(f"jsonfile://{tmp_path}/file/folder")

"""URLs and options of the SQLite backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import BackendAddress
from dynamorm_sqlite.addresses import Location, location_of


def address(text: str) -> BackendAddress:
    scheme, _, location = text.partition("://")
    return BackendAddress(scheme, location, text)


@pytest.mark.parametrize("text", ["sqlite", "sqlite:///:memory:"])
def test_memory(text: str) -> None:
    assert location_of(address(text), {}).path is None


def test_relative_path_is_taken_from_the_folder_at_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert location_of(address("sqlite:///data/books.db"), {}).path == str(tmp_path / "data" / "books.db")


def test_absolute_path(tmp_path: Path) -> None:
    assert location_of(address(f"sqlite:///{tmp_path}/books.db"), {}).path == str(tmp_path / "books.db")


def test_options_of_the_url_and_of_the_call() -> None:
    expected = Location(os.path.abspath("books.db"), "normal", 2.5)
    assert location_of(address("sqlite:///books.db?synchronous=normal&timeout=2.5"), {}) == expected
    assert location_of(address("sqlite:///books.db?timeout=9"), {"synchronous": "normal", "timeout": 2.5}) == expected


def test_writes_are_durable_unless_told_otherwise() -> None:
    assert location_of(address("sqlite:///books.db"), {}).synchronous == "full"


@pytest.mark.parametrize("text", ["sqlite://", "sqlite://books.db", "sqlite:///", "sqlite:///folder/"])
def test_malformed_urls(text: str) -> None:
    with pytest.raises(BackendMisconfigured) as caught:
        open_backend(text)
    message = str(caught.value)
    assert f"'{text}'" in message
    for form in ("sqlite:///books.db", "sqlite:////", "sqlite:///:memory:"):
        assert form in message


def test_name_with_a_nul_character_opens_no_other_file(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="NUL"):
        open_backend(f"sqlite:///{tmp_path}/books.db\0.old")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["sqlite", "sqlite:///:memory:", "sqlite:///books.db"])
def test_unknown_option(text: str) -> None:
    with pytest.raises(BackendMisconfigured, match=r"no option 'region'.*synchronous.*timeout"):
        open_backend(text, region="eu-west-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("synchronous", "off"),
        ("synchronous", 2),
        ("timeout", "soon"),
        ("timeout", -1),
        ("timeout", "inf"),
        ("timeout", True),
    ],
)
def test_option_that_can_not_work(name: str, value: Any) -> None:
    with pytest.raises(BackendMisconfigured, match=name):
        open_backend("sqlite", **{name: value})


def test_plugin_is_light() -> None:
    program = """if True:
        import sys
        before = set(sys.modules)
        import dynamorm_sqlite.plugin
        dynamorm_sqlite.plugin.dynamorm_register_backend()
        print("sqlite3" in set(sys.modules) - before)
        """
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"

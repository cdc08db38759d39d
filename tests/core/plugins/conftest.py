"""A folder in which distributions are installed for a test, and a process in which none is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the import path, whose modules are forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def nothing_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder is the whole import path: no other distribution is there."""
    # What the finder imports later has to be there already.
    for name in ("importlib.metadata", "pluggy", "dynamorm.ports.hooks"):
        import_module(name)
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder

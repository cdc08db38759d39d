"""A folder in which distributions are installed for a test, and a process in which none is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path

import pytest

from tests.support.distributions import BACKENDS, OBSERVERS, SCHEMAS

OF_MAKERS = ("dynamorm_attrs", "dynamorm_msgspec")


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


@pytest.fixture
def without_plugins_of_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither dynamorm-attrs nor dynamorm-msgspec is installed, and everything else is."""
    everything = metadata.entry_points

    def others() -> metadata.EntryPoints:
        found = (each for group in (BACKENDS, SCHEMAS, OBSERVERS) for each in everything(group=group))
        return metadata.EntryPoints(each for each in found if each.module.partition(".")[0] not in OF_MAKERS)

    monkeypatch.setattr(metadata, "entry_points", others)

"""Copies of the repository on which each release is prepared, for tests to break.

These tests need the tools of releases, which the environment ``checks`` has: ``hatch run checks:releases`` runs them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from releases.sources import Source, Workspace

ROOT = Path(__file__).parents[2]
TOOLS = ("hatchling", "packaging", "tomlkit", "towncrier", "trove_classifiers", "twine", "uv", "yaml")

if any(find_spec(tool) is None for tool in TOOLS):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy on which each distribution is prepared; nothing is to change it."""
    from releases.rehearsal import prepared_copy
    from releases.sources import Workspace

    return prepared_copy(Workspace(ROOT), tmp_path_factory.mktemp("prepared")).root


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path) -> Workspace:
    """A copy of its own for the test, on which each distribution is prepared."""
    from releases.sources import Workspace

    return Workspace(shutil.copytree(prepared, tmp_path / "repository"))


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """A copy on which each distribution was released: the tags are there."""
    for source in workspace:
        workspace.git("tag", source.tag)
    (workspace.root / "later").write_text("There are commits since.", encoding="utf-8")
    save(workspace)
    return workspace


def save(workspace: Workspace) -> None:
    from releases.rehearsal import commit

    commit(workspace, "tests: a change")


def edit(path: Path, *replacements: tuple[str, str]) -> None:
    """Replace texts in a file, each of which has to be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text, f"{path} does not contain {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def change() -> Callable[..., None]:
    return edit


@pytest.fixture
def refused() -> Callable[..., str]:
    """Return what the sources of a distribution are refused for, which has to be one thing."""
    from releases import checks

    def refused(workspace: Workspace, name: str, tag: str | None = None) -> str:
        source: Source = workspace[name]
        (reason,) = checks.of_sources(workspace, source, tag)
        return reason

    return refused

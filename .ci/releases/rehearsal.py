"""A copy of the repository with a history of its own, on which releases are tried."""

from __future__ import annotations

import shutil
from pathlib import Path

from releases.changelogs import UNRELEASED, sections
from releases.prepare import prepare
from releases.sources import UMBRELLA, Source, Workspace
from releases.wheels import next_minor
from workspace import run

#: What the tools read.
PARTS = (".ci", "packages", "hatch.toml", "pyproject.toml", "towncrier.toml", "tests/upgrade")
IGNORED = shutil.ignore_patterns("__pycache__", "dist", "*.egg-info", ".mypy_cache", ".ruff_cache")


def copy(workspace: Workspace, folder: Path) -> Workspace:
    """Copy what the tools read into *folder*, and commit it there."""
    root = folder / "repository"
    for part in PARTS:
        target = root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (workspace.root / part).is_dir():
            shutil.copytree(workspace.root / part, target, ignore=IGNORED)
        else:
            shutil.copy(workspace.root / part, target)
    run("git", "init", "--quiet", folder=root)
    for name, value in (("user.name", "Nobody"), ("user.email", "nobody@example.invalid"), ("commit.gpgsign", "false")):
        run("git", "config", name, value, folder=root)
    commit(Workspace(root), "tests: a copy")
    return Workspace(root)


def commit(workspace: Workspace, subject: str) -> None:
    """Commit everything in the folder of a workspace."""
    workspace.git("add", "--all")
    workspace.git("commit", "--quiet", "--message", subject)


def prepared_copy(workspace: Workspace, folder: Path) -> Workspace:
    """Copy the repository, and prepare the next release of each distribution there, ``dynamorm`` last."""
    copied = copy(workspace, folder)
    for source in sorted(copied, key=lambda each: each.name == UMBRELLA):
        prepare(copied, source, next_version(source))
    copied.git("gc", "--quiet")
    return copied


def next_version(source: Source) -> str:
    """Return the version that a changelog has begun, or else the next minor one."""
    newest = sections(source.changelog.read_text(encoding="utf-8"))[0]
    return source.version if newest.date == UNRELEASED else next_minor(source)

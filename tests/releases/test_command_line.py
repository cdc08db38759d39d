"""The command line: what it prints, and with which status it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from releases.sources import Workspace

NAME = "dynamorm-sqlite"


def release(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ".ci/release.py", *arguments]
    return subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=False)


def test_refusals_are_told_together_and_nothing_is_installed(released: Workspace, tmp_path: Path) -> None:
    (released[NAME].folder / "src" / "dynamorm_sqlite" / "py.typed").unlink()
    done = release(released, "check", "--tag", f"{NAME}-v1.0.1", "--dist", str(tmp_path / "dist"))
    assert done.returncode == 1
    title, *reasons = done.stderr.splitlines()
    assert title == f"{NAME} 1.0.0 can't be released:"
    assert [reason[:40] for reason in reasons] == [
        f"- The tag is '{NAME}-v1.0.1', and the version in packages"[:40],
        f"- {NAME} 1.0.0 was released already"[:40],
        "- dynamorm_sqlite-1.0.0-py3-none-any.whl lacks dynamorm_sqlite/py.typed."[:40],
    ]
    assert "installations" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check"], "Name the distribution, or its tag with --tag."),
        (["check", "dynamorm-mysql"], "'dynamorm-mysql' is no distribution of this repository."),
        (["check", "--tag", "v1.0.0"], "The tag 'v1.0.0' is not of the form <distribution>-vX.Y.Z."),
        (["prepare", NAME, "1.0"], "The version '1.0' is not of the form X.Y.Z."),
    ],
)
def test_wrong_arguments(prepared: Path, arguments: list[str], told: str) -> None:
    done = release(Workspace(prepared), *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(told)


@pytest.mark.slow
def test_whole_check(workspace: Workspace, tmp_path: Path) -> None:
    done = release(workspace, "check", NAME, "--dist", str(tmp_path / "dist"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"{NAME} 1.0.0 can be released."
    assert len(list((tmp_path / "dist").iterdir())) == 2

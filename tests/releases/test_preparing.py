"""``release:prepare`` makes one commit: the version, the changelog, and the bound of ``dynamorm``."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from releases import checks
from releases.prepare import prepare
from releases.rehearsal import next_version
from releases.sources import Workspace
from tests.releases.conftest import save
from workspace import Fault

NAME = "dynamorm-sqlite"
Edit = Callable[..., None]


@pytest.fixture
def changed(released: Workspace) -> Workspace:
    """A copy on which something was added to the embedded backend since its release."""
    folder = released[NAME].folder / "changes"
    folder.mkdir(exist_ok=True)
    (folder / "+speed.added.md").write_text("It is faster.\n", encoding="utf-8")
    (folder / "7-lock.fixed.md").write_text("A lock is released.\n", encoding="utf-8")
    save(released)
    return released


def test_commit_has_version_changelog_and_bound(changed: Workspace) -> None:
    before = changed.git("rev-parse", "HEAD")
    told = prepare(changed, changed[NAME], "1.1.0")
    assert changed.git("log", "--format=%s", f"{before.strip()}..HEAD") == f"releases: {NAME} 1.1.0\n"
    assert changed.git("status", "--porcelain") == ""
    files = changed.git("show", "--format=", "--name-only", "HEAD").split()
    folder = f"packages/{NAME}"
    assert sorted(files) == sorted(
        [
            f"{folder}/CHANGELOG.md",
            f"{folder}/changes/+speed.added.md",
            f"{folder}/changes/7-lock.fixed.md",
            f"{folder}/src/dynamorm_sqlite/__about__.py",
            f"packages/dynamorm/changes/+{NAME}-1.1.0.changed.md",
            "packages/dynamorm/pyproject.toml",
        ]
    )
    assert told.splitlines() == [
        f"{NAME} 1.1.0 is committed.",
        "dynamorm asks for it: run 'hatch run release:prepare dynamorm 1.0.1' too.",
        f"Then run 'hatch run release:check {NAME}', and tag the commit '{NAME}-v1.1.0'.",
    ]


def test_changelog_has_the_fragments(changed: Workspace) -> None:
    prepare(changed, changed[NAME], "1.1.0")
    text = changed[NAME].changelog.read_text(encoding="utf-8")
    today = datetime.date.today().isoformat()
    new, _, before = text.partition("## 1.1.0 - ")[2].partition("## 1.0.0 - ")
    assert new.startswith(today)
    assert "- It is faster." in new
    assert "- A lock is released. (#7)" in new or "- A lock is released (#7)." in new or "#7" in new
    assert before


def test_bound_keeps_its_place_and_the_comments(changed: Workspace, change: Edit) -> None:
    settings = changed["dynamorm"].folder / "pyproject.toml"
    change(settings, ("[project.optional-dependencies]\n", "[project.optional-dependencies] # what else there is\n"))
    save(changed)
    before = settings.read_text(encoding="utf-8")
    prepare(changed, changed[NAME], "1.1.0")
    assert settings.read_text(encoding="utf-8") == before.replace(f"{NAME}>=1.0.0,<2", f"{NAME}>=1.1.0,<2")


def test_what_it_makes_can_be_released(changed: Workspace) -> None:
    prepare(changed, changed[NAME], "1.1.0")
    prepare(changed, changed["dynamorm"], "1.0.1")
    for name in (NAME, "dynamorm"):
        assert list(checks.of_sources(changed, changed[name], changed[name].tag)) == []
    text = changed["dynamorm"].changelog.read_text(encoding="utf-8")
    assert f"`{NAME}` 1.1.0 is the least version." in text


def test_next_major_version_has_the_next_range(released: Workspace) -> None:
    prepare(released, released[NAME], "2.0.0")
    assert f'"{NAME}>=2.0.0,<3"' in (released["dynamorm"].folder / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.0", "The version '1.0' is not of the form X.Y.Z"),
        ("1.1.0rc1", "The version '1.1.0rc1' is not of the form X.Y.Z"),
        ("1.0.0", "1.0.0 was released already: the tag dynamorm-sqlite-v1.0.0 exists"),
        ("0.9.0", "dynamorm-sqlite is at 1.0.0, and 0.9.0 is lower"),
    ],
)
def test_version_that_can_not_come_next(released: Workspace, version: str, told: str) -> None:
    before = released.git("rev-parse", "HEAD")
    with pytest.raises(Fault, match=told):
        prepare(released, released[NAME], version)
    assert released.git("rev-parse", "HEAD") == before
    assert released.git("status", "--porcelain") == ""


def test_version_that_is_prepared_already(workspace: Workspace) -> None:
    with pytest.raises(Fault, match=r"1\.0\.0 is prepared already"):
        prepare(workspace, workspace[NAME], "1.0.0")


def test_changes_that_are_not_committed(released: Workspace, change: Edit) -> None:
    change(released[NAME].about, ("1.0.0", "1.0.5"))
    with pytest.raises(Fault, match="Commit your changes first"):
        prepare(released, released[NAME], "1.1.0")


def test_files_that_git_does_not_know(released: Workspace) -> None:
    """They would become a part of the commit."""
    (released[NAME].folder / "notes.txt").write_text("To do.", encoding="utf-8")
    with pytest.raises(Fault, match="Commit your changes first"):
        prepare(released, released[NAME], "1.1.0")


def test_failure_leaves_nothing_behind(released: Workspace) -> None:
    folder = released[NAME].folder / "changes"
    folder.mkdir(exist_ok=True)
    (folder / "+speed.faster.md").write_text("There is no such type.\n", encoding="utf-8")
    save(released)
    before = released.git("rev-parse", "HEAD")
    with pytest.raises(Fault, match="faster"):
        prepare(released, released[NAME], "1.1.0")
    assert released.git("rev-parse", "HEAD") == before
    assert released.git("status", "--porcelain") == ""
    assert released[NAME].version == "1.0.0"


def test_section_that_another_version_has_begun(released: Workspace, change: Edit) -> None:
    marker = "<!-- fragments are written below this line -->\n"
    change(released[NAME].changelog, (marker, f"{marker}\n## 1.1.0 - unreleased\n\nBegun.\n"))
    save(released)
    with pytest.raises(Fault, match=r"has begun a section of 1\.1\.0: prepare that version"):
        prepare(released, released[NAME], "1.2.0")
    assert next_version(released[NAME]) == "1.0.0"

"""A release is refused when its version, its tag and its changelog differ."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from releases import checks, statements
from releases.changelogs import joined
from releases.prepare import prepare
from releases.sources import Workspace
from workspace import Fault

NAME = "dynamorm-sqlite"
Edit = Callable[..., None]
Refused = Callable[..., str]


def test_prepared_release_of_each_distribution_is_not_refused(workspace: Workspace) -> None:
    for source in workspace:
        assert list(checks.of_sources(workspace, source, source.tag)) == []
        workspace.git("tag", source.tag)
        assert list(checks.of_sources(workspace, source, source.tag)) == []


def test_repository_as_it_is_between_releases_is_refused(released: Workspace, refused: Refused) -> None:
    """Otherwise the same version would be released again, with other contents."""
    assert refused(released, NAME).startswith(
        f"{NAME} 1.0.0 was released already: the tag {NAME}-v1.0.0 names another commit."
    )


def test_tag_of_another_version(workspace: Workspace, refused: Refused) -> None:
    reason = refused(workspace, NAME, f"{NAME}-v1.0.1")
    assert reason.startswith(f"The tag is '{NAME}-v1.0.1', and the version in packages/{NAME}/src/dynamorm_sqlite/")
    assert f": the tag has to be '{NAME}-v1.0.0'," in reason


def test_tag_names_the_distribution(workspace: Workspace) -> None:
    assert workspace.of_tag(f"{NAME}-v1.0.0").name == NAME
    assert workspace.of_tag("dynamorm-v1.0.0").name == "dynamorm"
    with pytest.raises(Fault, match=r"'1\.0\.0' is not of the form <distribution>-vX\.Y\.Z"):
        workspace.of_tag("1.0.0")
    with pytest.raises(Fault, match="'dynamorm-mysql' is no distribution of this repository"):
        workspace.of_tag("dynamorm-mysql-v1.0.0")


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "1.0.0.dev0", "v1.0.0", "01.0.0"])
def test_version_of_another_form(workspace: Workspace, change: Edit, version: str) -> None:
    change(workspace[NAME].about, ("1.0.0", version))
    reasons = list(statements.refusals(workspace, workspace[NAME]))
    assert len(reasons) == 1
    assert reasons[0].startswith(f"The version of {NAME} is '{version}', and not of the form X.Y.Z")


def test_version_below_a_released_one(released: Workspace, change: Edit) -> None:
    prepare(released, released[NAME], "1.0.2")
    released.git("tag", f"{NAME}-v1.0.2")
    change(released[NAME].about, ("1.0.2", "1.0.1"))
    change(released[NAME].changelog, ("1.0.2", "1.0.1"))
    reasons = list(statements.refusals(released, released[NAME]))
    assert reasons == [f"{NAME} 1.0.2 was released already, and 1.0.1 is a lower version."]


def test_changelog_of_another_version(workspace: Workspace, change: Edit, refused: Refused) -> None:
    change(workspace[NAME].changelog, ("## 1.0.0 - ", "## 1.1.0 - "))
    assert refused(workspace, NAME).startswith(
        f"The newest section in the changelog of {NAME} is that of 1.1.0, and the version is 1.0.0."
    )


def test_changelog_without_a_section(workspace: Workspace, refused: Refused) -> None:
    changelog = workspace[NAME].changelog
    changelog.write_text(changelog.read_text(encoding="utf-8").partition("## ")[0], encoding="utf-8")
    assert refused(workspace, NAME).startswith(f"The changelog of {NAME} has no section.")


@pytest.mark.parametrize("heading", ["## 1.0.0 - unreleased"])
def test_changelog_that_says_unreleased(workspace: Workspace, change: Edit, refused: Refused, heading: str) -> None:
    text = workspace[NAME].changelog.read_text(encoding="utf-8")
    workspace[NAME].changelog.write_text(re.sub(r"## 1\.0\.0 - .+", heading, text), encoding="utf-8")
    reason = refused(workspace, NAME)
    assert reason == (f"The changelog of {NAME} calls 1.0.0 'unreleased'. Run hatch run release:prepare {NAME} 1.0.0.")


@pytest.mark.parametrize("date", ["soon", "2026-02-30", "20260228"])
def test_changelog_without_a_date(workspace: Workspace, refused: Refused, date: str) -> None:
    text = workspace[NAME].changelog.read_text(encoding="utf-8")
    workspace[NAME].changelog.write_text(re.sub(r"## 1\.0\.0 - .+", f"## 1.0.0 - {date}", text), encoding="utf-8")
    assert "has no date, as in '## 1.2.3 - 2026-01-31'" in refused(workspace, NAME)


def test_changelog_with_two_sections_of_the_version(workspace: Workspace, refused: Refused) -> None:
    with workspace[NAME].changelog.open("a", encoding="utf-8") as changelog:
        changelog.write("\n## 1.0.0 - 2020-01-01\n\nBefore.\n")
    assert refused(workspace, NAME) == f"The changelog of {NAME} has two sections of 1.0.0. Join them."


def test_fragments_that_the_changelog_lacks(workspace: Workspace, refused: Refused) -> None:
    folder = workspace[NAME].folder / "changes"
    folder.mkdir(exist_ok=True)
    (folder / "+late.fixed.md").write_text("A late correction.\n", encoding="utf-8")
    assert refused(workspace, NAME) == (
        f"{NAME} has fragments that its changelog lacks: +late.fixed.md. Run hatch run release:prepare {NAME} 1.0.0."
    )


BEGUN = """# Changelog

<!-- fragments are written below this line -->

## 1.0.0 - 2026-12-01

### Added

- New.

### Fixed

- A fault.

## 1.0.0 - unreleased

The first one.

### Added

- Begun.

### Changed

- Otherwise.

## 0.9.0 - 2026-01-01

- Earlier.
"""


def test_section_that_was_begun_takes_in_the_fragments() -> None:
    assert (
        joined(BEGUN)
        == """# Changelog

<!-- fragments are written below this line -->

## 1.0.0 - 2026-12-01

The first one.

### Added

- Begun.
- New.

### Changed

- Otherwise.

### Fixed

- A fault.

## 0.9.0 - 2026-01-01

- Earlier.
"""
    )
    assert joined(joined(BEGUN)) == joined(BEGUN)

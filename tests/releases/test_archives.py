"""A release is refused when an index, an installer or a type checker would miss something in its archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from releases import checks
from releases.sources import Workspace
from workspace import Fault

NAME = "dynamorm-sqlite"
Edit = Callable[..., None]


def refused(workspace: Workspace, name: str = NAME) -> list[str]:
    return list(checks.of_archives(workspace, workspace[name], workspace.root / "dist"))


@pytest.mark.parametrize("name", ["dynamorm", "dynamorm-core"])
def test_archives_as_they_are(workspace: Workspace, name: str) -> None:
    assert refused(workspace, name) == []
    stem = f"{name.replace('-', '_')}-1.0.0"
    assert {path.name for path in (workspace.root / "dist").iterdir()} == {
        f"{stem}-py3-none-any.whl",
        f"{stem}.tar.gz",
    }


def test_no_py_typed(workspace: Workspace) -> None:
    (workspace[NAME].folder / "src" / "dynamorm_sqlite" / "py.typed").unlink()
    assert refused(workspace) == ["dynamorm_sqlite-1.0.0-py3-none-any.whl lacks dynamorm_sqlite/py.typed."]


SETTINGS = "pyproject.toml"


def without(settings: Path, *beginnings: str) -> None:
    """Take the lines that begin so out of a file; each has to be there."""
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    for beginning in beginnings:
        assert any(line.strip().startswith(beginning) for line in lines)
        lines = [line for line in lines if not line.strip().startswith(beginning)]
    settings.write_text("".join(lines), encoding="utf-8")


def test_no_urls_no_classifiers_no_description(workspace: Workspace) -> None:
    settings = workspace[NAME].folder / SETTINGS
    without(settings, "Changelog = ", "Issues = ", '"Typing :: Typed"', '"Programming Language :: Python :: 3.12"')
    without(settings, '"Development Status', "requires-python", "description = ")
    found = refused(workspace)
    assert [reason.partition(".whl ")[2] for reason in found] == [
        "has no Project-URL for Changelog, Issues.",
        "has no description: add one line as 'description'.",
        "does not say which Pythons it runs on: add 'requires-python'.",
        "lacks the classifiers ['Programming Language :: Python :: 3.12', 'Typing :: Typed'].",
        "has no classifier of the family 'Development Status'.",
    ]


def test_classifier_that_the_index_does_not_know(workspace: Workspace, change: Edit) -> None:
    """Hatchling refuses most of them itself."""
    change(workspace[NAME].folder / SETTINGS, ('"Topic :: Database"', '"Topic :: Data Bases"'))
    with pytest.raises(Fault, match="Topic :: Data Bases"):
        refused(workspace)


@pytest.mark.parametrize("readme", ["rst", "none"])
def test_readme_that_the_index_can_not_show(workspace: Workspace, change: Edit, readme: str) -> None:
    folder: Path = workspace[NAME].folder
    if readme == "none":
        change(folder / SETTINGS, ('readme = "README.md"\n', ""))
    else:
        (folder / "README.rst").write_text("Title\n==\n\n.. nothing::\n\n`a\n", encoding="utf-8")
        change(folder / SETTINGS, ('"README.md"', '"README.rst"'))
        change(folder / SETTINGS, ('"src", "README.rst"', '"src", "README.md", "README.rst"'))
    assert any(reason.startswith("twine check --strict refuses an archive: ") for reason in refused(workspace))


def test_source_archive_without_the_changelog(workspace: Workspace, change: Edit) -> None:
    change(workspace[NAME].folder / SETTINGS, ('"README.md", "CHANGELOG.md", "LICENSE"]', '"README.md", "LICENSE"]'))
    assert refused(workspace) == ["dynamorm_sqlite-1.0.0.tar.gz lacks CHANGELOG.md."]


def test_file_of_version_0_11(workspace: Workspace) -> None:
    """pip would remove it in an upgrade in place."""
    (workspace["dynamorm-core"].folder / "src" / "dynamorm" / "table.py").write_text("", encoding="utf-8")
    (reason,) = refused(workspace, "dynamorm-core")
    assert "dynamorm/table.py of dynamorm_core-1.0.0-py3-none-any.whl was in dynamorm 0.11 too" in reason

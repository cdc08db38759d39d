"""A release is refused when its ranges admit what its code can't be imported with, or not what its code needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from releases import ranges
from releases.sources import Workspace, write_version
from releases.wheels import Wheels
from tests.releases.conftest import save

Edit = Callable[..., None]
SCHEMATICS = "dynamorm-schematics"
SQLITE = "dynamorm-sqlite"


def refused(workspace: Workspace, scratch: Path, name: str) -> list[str]:
    scratch.mkdir(exist_ok=True)
    wheels = Wheels(workspace, scratch, {"dynamorm-core", name})
    return list(ranges.refusals(wheels, workspace[name], scratch))


def test_ranges_as_they_are(workspace: Workspace, tmp_path: Path) -> None:
    assert refused(workspace, tmp_path / "scratch", SCHEMATICS) == []


def test_range_that_admits_what_can_not_be_imported(workspace: Workspace, tmp_path: Path, change: Edit) -> None:
    """Schematics 2.1.0 imports ``collections.Mapping``, which the supported Pythons do not have."""
    change(workspace[SCHEMATICS].folder / "pyproject.toml", ("schematics>=2.1.1,<3", "schematics>=2.1.0,<3"))
    (reason,) = refused(workspace, tmp_path / "scratch", SCHEMATICS)
    assert reason.startswith(
        f"{SCHEMATICS} 1.0.0 can't be imported with the least releases that it admits: dynamorm_schematics"
    )
    assert "schematics 2.1.0" in reason
    assert reason.endswith(f"Change the ranges in packages/{SCHEMATICS}/pyproject.toml.")


def test_requirement_that_is_not_declared(workspace: Workspace, tmp_path: Path, change: Edit) -> None:
    change(
        workspace[SCHEMATICS].folder / "pyproject.toml",
        ('    "schematics>=2.1.1,<3", # 2.1.0 can\'t be imported on a supported Python,\n', ""),
    )
    reasons = refused(workspace, tmp_path / "scratch", SCHEMATICS)
    assert len(reasons) == 2
    assert all("ModuleNotFoundError: No module named 'schematics'" in reason for reason in reasons)


def test_range_that_no_release_satisfies(workspace: Workspace, tmp_path: Path, change: Edit) -> None:
    change(workspace[SCHEMATICS].folder / "pyproject.toml", ("schematics>=2.1.1,<3", "schematics>=7000,<7001"))
    reasons = refused(workspace, tmp_path / "scratch", SCHEMATICS)
    assert len(reasons) == 2
    assert all(" can't be installed with the " in reason for reason in reasons)


@pytest.mark.parametrize("deferred", [False, True])
def test_range_that_admits_a_core_without_a_name_that_the_code_needs(
    released: Workspace, tmp_path: Path, change: Edit, deferred: bool
) -> None:
    """Also where the name is imported only when a function is called."""
    core = released["dynamorm-core"].folder / "src" / "dynamorm" / "data" / "limits.py"
    core.write_text(core.read_text(encoding="utf-8") + "\nNEW = 1\n", encoding="utf-8")
    plugin = released[SQLITE].folder / "src" / "dynamorm_sqlite" / "plugin.py"
    line = "from dynamorm.data.limits import NEW"
    added = f"\n\ndef later() -> int:\n    {line}\n\n    return NEW\n" if deferred else f"\n{line}\n"
    plugin.write_text(plugin.read_text(encoding="utf-8") + added, encoding="utf-8")
    write_version(released["dynamorm-core"], "1.1.0")
    write_version(released[SQLITE], "1.0.1")
    save(released)
    (reason,) = refused(released, tmp_path / "scratch", SQLITE)
    assert "can't be imported with the least releases that it admits: dynamorm_sqlite" in reason
    assert "cannot import name 'NEW' from 'dynamorm.data.limits'" in reason
    assert "dynamorm-core 1.0.0" in reason
    change(released[SQLITE].folder / "pyproject.toml", ("dynamorm-core>=1.0,<2", "dynamorm-core>=1.1,<2"))
    assert refused(released, tmp_path / "again", SQLITE) == []

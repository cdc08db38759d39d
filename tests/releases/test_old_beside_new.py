"""Old releases beside new ones work, or say once, when they are used, which command mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from releases import beside
from releases.environments import NEWEST_UV, Environment
from releases.sources import CORE, Workspace, write_version
from releases.wheels import Wheels
from tests.releases.conftest import save
from workspace import Fault

SQLITE = "dynamorm-sqlite"
SOME = {CORE, SQLITE}
Edit = Callable[..., None]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_pairs_of_a_first_release(workspace: Workspace, scratch: Path) -> None:
    """Nothing was released before: releases to come are made up."""
    found = list(beside.pairs(Wheels(workspace, scratch, SOME), workspace[SQLITE]))
    assert [(pair.core, *pair.plugins) for pair in found] == [
        (f"{CORE}==1.0.0", f"{SQLITE}==1.1.0"),
        (f"{CORE}==1.1.0", f"{SQLITE}==1.0.0"),
    ]


def test_pairs_with_the_oldest_and_the_newest_release(released: Workspace, scratch: Path) -> None:
    for version in ("1.0.1", "1.1.0", "1.2.0"):
        for name in (CORE, SQLITE):
            write_version(released[name], version)
        save(released)
        for name in (CORE, SQLITE) if version != "1.2.0" else ():
            released.git("tag", released[name].tag)
    found = list(beside.pairs(Wheels(released, scratch, SOME), released[SQLITE]))
    assert [(pair.core, *pair.plugins) for pair in found] == [
        (f"{CORE}==1.0.0", f"{SQLITE}==1.2.0"),
        (f"{CORE}==1.1.0", f"{SQLITE}==1.2.0"),
        (f"{CORE}==1.2.0", f"{SQLITE}==1.0.0"),
        (f"{CORE}==1.2.0", f"{SQLITE}==1.1.0"),
        (f"{CORE}==1.2.0", f"{SQLITE}==1.3.0"),
        (f"{CORE}==1.3.0", f"{SQLITE}==1.2.0"),
    ]


def test_old_release_that_does_not_admit_the_core_is_not_tried(
    released: Workspace, scratch: Path, change: Edit
) -> None:
    write_version(released[CORE], "2.0.0")
    change(released[SQLITE].folder / "pyproject.toml", ("dynamorm-core>=1.0,<2", "dynamorm-core>=2.0,<3"))
    found = list(beside.pairs(Wheels(released, scratch, SOME), released[SQLITE]))
    assert [(pair.core, *pair.plugins) for pair in found] == [
        (f"{CORE}==2.0.0", f"{SQLITE}==1.1.0"),
        (f"{CORE}==2.1.0", f"{SQLITE}==1.0.0"),
    ]


@pytest.mark.parametrize("newer", [CORE, SQLITE])
def test_what_does_not_fit_is_told_once_with_the_command_that_mends_it(
    workspace: Workspace, scratch: Path, newer: str
) -> None:
    wheels = Wheels(workspace, scratch, SOME)
    assert beside.misfit(wheels, workspace[SQLITE], workspace[newer], scratch, NEWEST_UV) is None


@pytest.mark.parametrize(
    ("newer", "told"),
    [(CORE, "Update"), (SQLITE, "Update"), (SQLITE, "Say pip install -U of one of them: pip install -U")],
)
def test_misfit_that_is_not_told_once_is_refused(
    workspace: Workspace, scratch: Path, newer: str, told: str, change: Edit
) -> None:
    """The check itself can fail: here the core names no command, or two."""
    loading = workspace[CORE].folder / "src" / "dynamorm" / "plugins" / "loading.py"
    change(loading, ("Update one of them: pip install -U", told))
    reason = beside.misfit(Wheels(workspace, scratch, SOME), workspace[SQLITE], workspace[newer], scratch, NEWEST_UV)
    assert reason is not None
    assert "which do not fit, is not told once, with a command that mends it" in reason


def test_plugin_that_needs_a_newer_core_is_told_with_a_command(
    workspace: Workspace, scratch: Path, change: Edit
) -> None:
    """Within one version of the contract: a name is new in the core, and pip was told to ignore requirements."""
    wheels = Wheels(workspace, scratch, SOME)
    folders = wheels.folders
    plugin = workspace[SQLITE]
    code = plugin.folder / "src" / "dynamorm_sqlite" / "plugin.py"
    change(
        code,
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom dynamorm.data.limits import NEW\n",
        ),
    )
    change(plugin.folder / "pyproject.toml", ("dynamorm-core>=1.0,<2", "dynamorm-core>=1.1,<2"))
    _, minor = wheels.later_minor(plugin)
    limits = workspace[CORE].folder / "src" / "dynamorm" / "data" / "limits.py"
    limits.write_text(limits.read_text(encoding="utf-8") + "\nNEW = 1\n", encoding="utf-8")
    environment = Environment(scratch, NEWEST_UV, (*folders, minor))
    environment.install(f"{CORE}==1.0.0")
    environment.install("--no-deps", f"{SQLITE}==1.1.0")
    (advice,) = beside.COMMAND.findall(environment.failure("use") or "")
    assert advice == f"-U {CORE} {SQLITE}"
    wheels.later_minor(workspace[CORE])
    environment.install(*advice.split())
    assert environment.failure("use") is None
    assert f"{CORE} 1.1.0" in environment.versions()


def test_old_plugin_that_a_new_core_breaks_is_refused(workspace: Workspace, scratch: Path, change: Edit) -> None:
    """The range of the plugin admits the core, and its code does not work with it."""
    wheels = Wheels(workspace, scratch, SOME)
    assert wheels.folders
    records = workspace[CORE].folder / "src" / "dynamorm" / "ports" / "backends.py"
    change(records, ("class BackendAddress", "class AddressOfBackend"))
    (pair,) = [each for each in beside.pairs(wheels, workspace[SQLITE]) if each.core == f"{CORE}==1.1.0"]
    with pytest.raises(Fault, match="BackendAddress"):
        beside.use(wheels, pair, [workspace[SQLITE]], NEWEST_UV, scratch)


@pytest.mark.slow
def test_each_installer_has_the_core_beside_each_plugin(workspace: Workspace, scratch: Path) -> None:
    assert list(beside.refusals(Wheels(workspace, scratch), workspace[CORE], scratch)) == []

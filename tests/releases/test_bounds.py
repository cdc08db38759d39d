"""A release is refused when the ranges between distributions don't bring what belongs together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from releases import bounds, checks
from releases.prepare import prepare
from releases.sources import Workspace
from tests.releases.conftest import save

Edit = Callable[..., None]
Refused = Callable[..., str]


def settings_of(workspace: Workspace, name: str) -> object:
    return workspace[name].folder / "pyproject.toml"


@pytest.mark.parametrize("name", ["dynamorm-core", "dynamorm-sqlite"])
def test_release_without_the_one_of_dynamorm(released: Workspace, change: Edit, name: str) -> None:
    """pip leaves a dependency as it is when it satisfies its range: the bound of ``dynamorm`` has to be raised."""
    prepare(released, released[name], "1.0.1")
    # The bound is raised, and dynamorm is not prepared: its present version was released with another bound.
    (reason,) = checks.of_sources(released, released[name])
    assert reason == (
        f"dynamorm 1.0.0 was released already, and requires '{name}<2,>=1.0.0': release the next version of dynamorm "
        f"with {name} 1.0.1. Run hatch run release:prepare dynamorm <version>."
    )
    prepare(released, released["dynamorm"], "1.0.1")
    assert list(checks.of_sources(released, released[name])) == []
    assert list(checks.of_sources(released, released["dynamorm"])) == []


def test_bound_of_dynamorm_that_was_not_raised(workspace: Workspace, change: Edit) -> None:
    change(settings_of(workspace, "dynamorm"), ("dynamorm-core>=1.0.0,<2", "dynamorm-core>=0.9,<2"))
    told = (
        "dynamorm requires 'dynamorm-core<2,>=0.9', so that 'pip install -U dynamorm' would not bring dynamorm-core "
        "1.0.0: write dynamorm-core>=1.0.0,<2, and release dynamorm with it. 'hatch run release:prepare' does both."
    )
    for name in ("dynamorm-core", "dynamorm"):
        assert list(checks.of_sources(workspace, workspace[name])) == [told]
    assert list(checks.of_sources(workspace, workspace["dynamorm-sqlite"])) == []


def test_release_beside_a_dynamorm_that_is_not_prepared(workspace: Workspace, refused: Refused, change: Edit) -> None:
    text = workspace["dynamorm"].changelog.read_text(encoding="utf-8")
    date = text.partition("## 1.0.0 - ")[2][:10]
    change(workspace["dynamorm"].changelog, (f"## 1.0.0 - {date}", "## 1.0.0 - unreleased"))
    assert refused(workspace, "dynamorm-core") == (
        "dynamorm-core 1.0.0 needs a release of dynamorm that asks for it: The changelog of dynamorm calls 1.0.0 "
        "'unreleased'. Run hatch run release:prepare dynamorm 1.0.0."
    )


def test_distribution_that_dynamorm_never_updates(workspace: Workspace, refused: Refused, change: Edit) -> None:
    change(settings_of(workspace, "dynamorm"), ('sqlite = ["dynamorm-sqlite>=1.0.0,<2"]\n', ""))
    assert refused(workspace, "dynamorm-sqlite") == (
        "Neither dynamorm nor an extra of it requires dynamorm-sqlite, so that 'pip install -U dynamorm' never updates "
        "it: add dynamorm-sqlite>=1.0.0,<2 to packages/dynamorm/pyproject.toml."
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("dynamorm-core==1.0.0", "Give a range, not one version"),
        ("dynamorm-core>=1.0", "a range without both ends"),
        ("dynamorm-core<2", "a range without both ends"),
        ("dynamorm-core", "a range without both ends"),
        ("dynamorm-core>=1.1,<2", "does not admit dynamorm-core 1.0.0, with which it is tested"),
        ("dynamorm-core>=0.9,<1", "does not admit dynamorm-core 1.0.0, with which it is tested"),
        ("dynamorm-core>=1.0,<3", "admits dynamorm-core 2.0.0, whose interface is unknown"),
    ],
)
def test_range_of_a_sibling(workspace: Workspace, refused: Refused, change: Edit, written: str, told: str) -> None:
    change(settings_of(workspace, "dynamorm-sqlite"), ("dynamorm-core>=1.0,<2", written))
    reason = refused(workspace, "dynamorm-sqlite")
    assert reason.startswith("dynamorm-sqlite requires 'dynamorm-core")
    assert told in reason
    assert reason.endswith(" dynamorm-core>=1.0.0,<2.")


def test_core_of_the_next_major_version_is_not_admitted_by_plugins(released: Workspace) -> None:
    prepare(released, released["dynamorm-core"], "2.0.0")
    reasons = list(bounds.refusals(released, released["dynamorm-sqlite"]))
    assert any("does not admit dynamorm-core 2.0.0, with which it is tested" in reason for reason in reasons)


def test_dynamorm_that_was_released_with_the_bound_need_not_be_released_again(released: Workspace) -> None:
    """The tag of the core may come after that of ``dynamorm``."""
    prepare(released, released["dynamorm-core"], "1.0.1")
    prepare(released, released["dynamorm"], "1.0.1")
    released.git("tag", "dynamorm-v1.0.1")
    (released.root / "later").write_text("More.", encoding="utf-8")
    save(released)
    assert list(checks.of_sources(released, released["dynamorm-core"])) == []

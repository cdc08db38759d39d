"""The settings of the workspace agree with one another."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
FLOOR = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?>=([\w.]+)(,<[\w.]+)?")


def settings(file: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


def environment(name: str) -> dict[str, Any]:
    found: dict[str, Any] = settings("hatch.toml")["envs"][name]
    return found


def required_by(package: str) -> list[str]:
    """Return what a distribution requires, its extras included, other than distributions of this workspace."""
    project = settings(f"packages/{package}/pyproject.toml")["project"]
    requirements = [*project["dependencies"]]
    for extra in project.get("optional-dependencies", {}).values():
        requirements += extra
    return [requirement for requirement in requirements if not requirement.startswith("dynamorm")]


@pytest.mark.parametrize("package", PACKAGES)
def test_oldest_environment_has_the_least_version_of_each_requirement(package: str) -> None:
    installed = environment("oldest")["dependencies"]
    for requirement in required_by(package):
        floor = FLOOR.fullmatch(requirement)
        assert floor is not None, f"{package} requires {requirement}, without a least version."
        assert f"{floor[1]}=={floor[2]}" in installed


def test_hooks_of_pre_commit_are_the_checks_of_ci() -> None:
    hooks = re.findall(r"entry: hatch run checks:(\w+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert sorted(hooks) == sorted(environment("checks")["scripts"]["all"])


def test_each_variable_that_ci_sets_is_read() -> None:
    """Otherwise a step of CI would run the usual way once more after a variable was renamed."""
    ours = set(re.findall(r"\b(DYNAMORM_\w+)=", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    sources = [*ROOT.glob("packages/*/src/**/*.py"), *ROOT.glob("tests/**/*.py")]
    read = {name for path in sources for name in re.findall(r'"(DYNAMORM_\w+)"', path.read_text(encoding="utf-8"))}
    assert len(ours) >= 3
    assert ours - read == set()


def test_folders_of_tests_share_only_what_is_in_support() -> None:
    tests = ROOT / "tests"
    for path in tests.glob("**/*.py"):
        allowed = {"support", path.relative_to(tests).parts[0]}
        text = path.read_text(encoding="utf-8")
        # A test may look at another test.
        imported = set(re.findall(r"^\s*from tests\.(\w+)[\w.]* import (?!test_)", text, re.MULTILINE))
        assert imported <= allowed, f"{path} imports from {', '.join(sorted(imported - allowed))}."

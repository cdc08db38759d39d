"""Each hook has a heading with its exact signature on the page on plugins, and a test of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from inspect import getmembers, isfunction, signature
from pathlib import Path

import pytest

from dynamorm.ports import hooks
from tests.support.pages import sections

ROOT = Path(__file__).parents[2]
PAGE = sections(ROOT / "docs" / "plugins" / "index.md")
HOOKS = {
    name: function for name, function in getmembers(hooks, isfunction) if name.startswith(f"{hooks.PROJECT_NAME}_")
}


def spelled(name: str, hook: Callable[..., object]) -> str:
    """The signature as the source spells it."""
    found = signature(hook)
    parameters = ", ".join(f"{parameter.name}: {parameter.annotation}" for parameter in found.parameters.values())
    return f"{name}({parameters}) -> {found.return_annotation}"


def names_of_tests() -> set[str]:
    """The names of all tests."""
    return {
        node.name
        for file in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_has_a_heading_with_its_signature(name: str) -> None:
    assert spelled(name, HOOKS[name]) in PAGE


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_is_explained(name: str) -> None:
    for part in ("**Why:**", "**What to do:**"):
        assert part in PAGE[spelled(name, HOOKS[name])], f"The section of {name} has no paragraph '{part}'."


def test_no_heading_describes_a_hook_that_is_not_there() -> None:
    described = {heading for heading in PAGE if heading.startswith(f"{hooks.PROJECT_NAME}_")}
    assert described == {spelled(name, hook) for name, hook in HOOKS.items()}


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_has_a_test(name: str) -> None:
    assert any(test.startswith(f"test_{name}") for test in names_of_tests()), (
        f"No test is named test_{name}… after the hook that it tries."
    )

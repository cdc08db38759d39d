"""What the page on developing names is there: commands, files, folders, rings, and the variable of DynamoDB Local."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import sections
from tests.support.servers.dynamodb_local import LOCAL_VARIABLE

ROOT = Path(__file__).parents[2]
#: The import paths of 0.11 that are packages.
FORMER_PATHS = {"indexes", "local", "relationships", "table"}
PAGE = (ROOT / "docs" / "project" / "developing.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: Names that contain a slash, or begin with a dot, and are a file or a folder here.
PATHS = sorted(set(re.findall(r"`((?:packages|tests|docs|examples|\.ci)/[\w./-]*|hatch\.toml|pyproject\.toml)`", PAGE)))
COMMANDS = sorted(set(re.findall(r"hatch run ([\w:-]+)", PAGE)))
#: What tests and builds make, and git ignores.
MADE = ("docs/_build",)


def settings(file: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in PATHS if path not in MADE])
def test_what_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_it_names_each_folder_of_tests() -> None:
    folders = {f"tests/{test.relative_to(ROOT / 'tests').parts[0]}" for test in (ROOT / "tests").glob("*/**/test_*.py")}
    assert folders <= set(PATHS)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_scripts(command: str) -> None:
    environment, _, script = command.rpartition(":")
    scripts = settings("hatch.toml")["envs"][environment or "default"]["scripts"]
    assert script in scripts


def test_its_first_commands_are_those_of_the_readme() -> None:
    commands = re.findall(r"^\$ python3 -m pip install hatch && .*$", PAGE, re.MULTILINE)
    assert commands == re.findall(r"^\$ python3 -m pip install hatch && .*$", README, re.MULTILINE)
    assert len(commands) == 2


def test_its_rings_are_those_that_are_checked() -> None:
    contracts = settings("pyproject.toml")["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["id"] == "rings")
    drawn = [f"({layer})" if "|" in layer else layer for layer in layers]
    assert " → ".join(drawn) in PAGE


def test_it_describes_each_ring() -> None:
    described = set(
        re.findall(r"^\| `(\w+)` \|", sections(ROOT / "docs" / "project" / "developing.md")["Rings"], re.MULTILINE)
    )
    core = ROOT / "packages" / "dynamorm-core" / "src" / "dynamorm"
    packages = {path.parent.name for path in core.glob("*/__init__.py")}
    assert packages - FORMER_PATHS == described
    assert all(f"`{name}`" in PAGE for name in FORMER_PATHS)


def test_it_names_the_variable_of_dynamodb_local() -> None:
    assert f"{LOCAL_VARIABLE}=1 hatch test" in PAGE

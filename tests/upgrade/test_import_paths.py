"""The import paths of 0.11: they work and name the new one, or say what to use instead."""

from __future__ import annotations

import subprocess
import sys

import pytest

import dynamorm

#: What 0.11's modules had of what programs use.
PATHS = {
    "dynamorm.indexes": ["GlobalIndex", "LocalIndex", "ProjectAll", "ProjectInclude", "ProjectKeys"],
    "dynamorm.model": ["DynaModel"],
    "dynamorm.relationships": ["ManyToOne", "OneToMany", "OneToOne"],
    "dynamorm.table": ["Q"],
}


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in PATHS.items() for name in names])
def test_import_path_works_and_names_the_new_one(module: str, name: str) -> None:
    program = f"from {module} import {name}\nimport dynamorm\nassert {name} is dynamorm.{name}"
    done = run(program, "-W", "always")
    assert done.returncode == 0, done.stderr
    assert f"<string>:1: DeprecationWarning: {module.removesuffix('.model')}" in done.stderr.replace("The module ", "")
    assert "Write: from dynamorm import " in done.stderr
    assert name in done.stderr.partition("import ")[2]


@pytest.mark.parametrize("module", PATHS)
def test_names_of_0_11_s_internals_are_gone(module: str) -> None:
    done = run(f"from {module} import DynamoTable3")
    assert "ImportError: cannot import name 'DynamoTable3'" in done.stderr


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        ("dynamorm.local", "dynamorm.using('sqlite:///:memory:')"),
        ("dynamorm.types", "an adapter of another library is a plugin"),
    ],
)
def test_module_that_is_gone_says_what_to_use(module: str, advice: str) -> None:
    done = run(f"from {module} import Anything")
    assert f"ImportError: {module}" in done.stderr
    assert advice in done.stderr


def test_paths_of_the_present_warn_of_nothing() -> None:
    program = "from dynamorm.exceptions import *\nfrom dynamorm.signals import pre_save\nfrom dynamorm import *"
    assert run(program, "-W", "error").returncode == 0


def test_public_names_are_not_among_them() -> None:
    assert not {"indexes", "local", "relationships", "table", "types"} & set(dynamorm.__all__)

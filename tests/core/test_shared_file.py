"""``dynamorm/__init__.py`` is in two distributions, and upgrades rely on both having the same file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dynamorm

PACKAGES = Path(__file__).parents[2] / "packages"
CORE = PACKAGES / "dynamorm-core"


def test_both_distributions_have_the_same_file() -> None:
    umbrella = PACKAGES / "dynamorm" / "stub" / "dynamorm" / "__init__.py"
    assert umbrella.read_bytes() == (CORE / "src" / "dynamorm" / "__init__.py").read_bytes()


def test_package_works_without_the_file(tmp_path: Path) -> None:
    shutil.copytree(CORE / "src" / "dynamorm", tmp_path / "dynamorm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CORE / "fallback" / "dynamorm.py", tmp_path)
    (tmp_path / "dynamorm" / "__init__.py").unlink()
    program = """
import importlib, dynamorm
from dynamorm.exceptions import ConditionFailed
importlib.reload(dynamorm)
print(dynamorm.__file__, *dynamorm.__all__)
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "dynamorm.py"), *dynamorm.__all__]

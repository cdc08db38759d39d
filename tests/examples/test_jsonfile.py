"""The plugin in ``examples/plugins/dynamorm-jsonfile`` is small, keeps its promises, and uses what plugins may use."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.distributions import describe

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/plugins/dynamorm-jsonfile"
MODULES = sorted(FOLDER.glob("src/**/*.py"))
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text("utf-8"))["project"]
#: What its readme shows of the report, and the suite writes at the end.
REPORT = "TestJsonFileBackend: basic tier kept; "


def report_in(text: str) -> str:
    """The paragraph about the plugin's test class, in one line."""
    return " ".join(f"{REPORT}{text.partition(REPORT)[2]}".partition("time to live")[0].split())


def test_its_own_tests_pass_and_report_what_the_readme_says(tmp_path: Path) -> None:
    (group, plugins), *_ = PROJECT["entry-points"].items()
    (entry_point,) = (f"{name} = {module}" for name, module in plugins.items())
    describe(tmp_path, PROJECT["name"], f"[{group}]\n{entry_point}\n", PROJECT["version"], PROJECT["dependencies"])
    search_path = os.pathsep.join((str(FOLDER / "src"), str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "tests")],
        cwd=FOLDER,
        env={**os.environ, "PYTHONPATH": search_path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert report_in(done.stdout) == report_in((FOLDER / "README.md").read_text("utf-8"))


def test_it_has_at_most_300_lines() -> None:
    assert len(MODULES) >= 4
    assert sum(len(module.read_text("utf-8").splitlines()) for module in MODULES) <= 300


def test_it_imports_only_what_plugins_may_import_and_the_standard_library() -> None:
    imported: set[str] = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                names = {f"dynamorm.{each.name}" for each in node.names}
                imported.update(names if node.module == "dynamorm" else {str(node.module)})
    own = {name for name in imported if name.startswith("dynamorm_jsonfile.")}
    core = {name for name in imported - own if name.split(".")[0] == "dynamorm"}
    assert {name.split(".")[1] for name in core} <= {"data", "exceptions", "ports", "rules", "wire"}
    assert {name.split(".")[0] for name in imported - own - core} <= sys.stdlib_module_names

"""``dynamorm plugins``: what is installed, and what is wrong with it."""

from __future__ import annotations

from importlib.metadata import EntryPoints
from pathlib import Path

import pytest

from dynamorm.plugins import PluginFinder
from dynamorm.ports.backends import Capability
from tests.cli.running import run
from tests.support.distributions import BACKEND, OBSERVER, OBSERVERS, SCHEMAS, install, schema


def test_our_own_plugins_are_as_they_should_be() -> None:
    reports = {report["name"]: report for report in run("plugins", "--json").json()}
    assert {"boto3", "sqlite", "marshmallow", "pydantic"} <= set(reports)
    assert reports["sqlite"] == {
        "name": "sqlite",
        "kind": "backend",
        "contract": 1,
        "distribution": "dynamorm-sqlite",
        "version": reports["sqlite"]["version"],
        "entry_point": "dynamorm_sqlite.plugin",
        "capabilities": reports["sqlite"]["capabilities"],
        "library": None,
        "error": None,
    }
    assert set(reports["boto3"]["capabilities"]) <= {each.name for each in Capability}
    assert reports["marshmallow"]["library"].startswith("marshmallow ")
    assert run("plugins").status == 0


def test_one_backend_by_its_name_tells_what_it_can_do() -> None:
    result = run("plugins", "sqlite")
    assert result.status == 0
    assert result.out.startswith("sqlite: backend of dynamorm-sqlite 1.")
    assert "  ✓ transactions\n" in result.out
    assert "  marshmallow " in run("plugins", "marshmallow").out


def test_a_name_that_no_plugin_has() -> None:
    result = run("plugins", "nothing")
    assert result.status == 64
    assert "No installed plugin is called 'nothing'." in result.err
    assert "No installed plugin is called 'sqlit'. Did you mean 'sqlite'?" in run("plugins", "sqlit").err


def test_a_table_on_a_terminal_has_the_same_rows() -> None:
    result = run("plugins", tty=True, env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "xterm"})
    plain = run("plugins")
    assert [line.split() for line in result.out.splitlines()] == [line.split() for line in plain.out.splitlines()]


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with plugins that can't be used, and some that can, which are all that is installed besides ours."""
    install(tmp_path, "dynamorm-old", "old", BACKEND.format(name="old", contract=0), version="0.1")
    install(tmp_path, "dynamorm-broken", "broken", "import nothing_like_this", version="0.1")
    install(tmp_path, "dynamorm-ends", "ends", "print('Loud.')\nraise SystemExit(1)")
    install(tmp_path, "dynamorm-one", "twice", BACKEND.format(name="twice", contract=1))
    install(tmp_path, "dynamorm-two", "twice", BACKEND.format(name="twice", contract=1))
    install(tmp_path, "dynamorm-good", "good", BACKEND.format(name="good", contract=1))
    install(tmp_path, "dynamorm-form", "form", schema("form", "formlib", contract=7), SCHEMAS)
    install(tmp_path, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    install(tmp_path, "dynamorm-blind", "blind", "", OBSERVERS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("dynamorm.plugins._finder", PluginFinder())
    return tmp_path


def test_each_bad_plugin_is_named_with_what_is_wrong(bad: Path) -> None:
    result = run("plugins", "--json", folder=bad)
    assert result.status == 1
    reports = {(report["name"], report["distribution"]): report for report in result.json()}
    errors = {name: report["error"] for (name, _), report in reports.items() if report["error"]}
    assert set(errors) == {"old", "broken", "ends", "twice", "form", "blind"}
    old = reports["old", "dynamorm-old"]
    assert (old["contract"], old["version"]) == (0, "0.1")
    assert "version 0 of DynamORM's plugin contract" in old["error"]
    assert "pip install -U dynamorm-old" in old["error"]
    assert "can't be imported: ModuleNotFoundError: No module named 'nothing_like_this'" in errors["broken"]
    assert "SystemExit" in errors["ends"]
    assert ("twice", "dynamorm-one") in reports
    assert "dynamorm-one 1.0 (dynamorm_one) and dynamorm-two 1.0 (dynamorm_two)" in errors["twice"]
    assert ("twice", "dynamorm-two") in reports
    assert reports["form", "dynamorm-form"]["contract"] == 7
    assert "no function dynamorm_operation_done" in errors["blind"]
    good = reports["good", "dynamorm-good"]
    assert (good["capabilities"], good["error"]) == (None, None)
    assert reports["watch", "dynamorm-watch"]["kind"] == "observer"
    assert reports["sqlite", "dynamorm-sqlite"]["error"] is None


def test_bad_plugins_are_marked_in_the_table(bad: Path) -> None:
    result = run("plugins", folder=bad)
    assert result.status == 1
    rows = {line.split()[0]: line for line in result.out.splitlines()}
    assert "0 ✗" in rows["old"]
    assert " ✗ " in rows["broken"]
    assert "✗" not in rows["good"]
    assert run("plugins", "good", folder=bad).status == 0
    broken = run("plugins", "broken", folder=bad)
    assert broken.status == 1
    assert "  ✗ The backend 'broken' of dynamorm-broken 0.1" in broken.out


def test_nothing_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: EntryPoints())
    monkeypatch.setattr("dynamorm.plugins._finder", PluginFinder())
    result = run("plugins", folder=tmp_path)
    assert result.status == 0
    assert result.err == "No plugins are installed: pip install dynamorm installs the backend boto3.\n"

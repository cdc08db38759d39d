"""A healthy program beside eight kinds of broken plugins: it runs as ever, and imports none of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dynamorm.exceptions import IncompatiblePlugin
from dynamorm.plugins import PluginFinder
from tests.support.distributions import BACKEND, BACKENDS, OBSERVERS, SCHEMAS, install, schema

ROOT = Path(__file__).parents[3]
HOOK = "from dynamorm.ports.hooks import hookimpl\n@hookimpl\ndef {hook}(): {body}\n"
# What tells that one was imported.
NOISE = "print('A broken plugin was imported.')\n"

PROGRAM = """
import sys
import dynamorm
from marshmallow import Schema, fields
from pydantic import BaseModel

class Annotated:
    isbn: str
class Fields:
    isbn = fields.String()
class Marshmallow(Schema):
    isbn = fields.String()
class Pydantic(BaseModel):
    isbn: str

def model(schema):
    class Book(dynamorm.DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"
        Schema = schema
    return Book

for schema in (Annotated, Fields, Marshmallow, Pydantic) * 2:
    with dynamorm.using("sqlite:///:memory:"):
        book = model(schema)
        book.Table.create_table()
        book.put({"isbn": "1"})
        assert book.get(isbn="1").isbn == "1"
"""


def install_all(folder: Path) -> None:
    for group, hook in ((BACKENDS, "dynamorm_register_backend"), (SCHEMAS, "dynamorm_register_schema")):
        kind = group.rpartition(".")[2]
        working = BACKEND if group == BACKENDS else schema("{name}", "formlib", contract=5).replace("5", "{contract}")
        codes = {
            "old": working.format(name="old", contract=0),
            "new": working.format(name="new", contract=2),
            "import": "import no_such_library",
            "exit": "raise SystemExit(1)",
            "typo": HOOK.format(hook=f"{hook}s", body="pass"),
            "raising": HOOK.format(hook=hook, body="raise KeyError(1)"),
            "nothing": HOOK.format(hook=hook, body="return 5"),
        }
        for name, code in codes.items():
            install(folder, f"broken-{kind}-{name}", name, NOISE + code, group)
        for one in ("one", "two"):
            install(folder, f"broken-{kind}-{one}", "twice", NOISE + "x = 1", group)
        module = install(folder, f"broken-{kind}-gone", "gone", "", group)
        (folder / f"{module}.py").unlink()


@pytest.mark.parametrize("name", ["old", "new", "import", "exit", "typo", "raising", "nothing", "twice", "gone"])
def test_who_asks_for_one_is_told(folder: Path, name: str) -> None:
    install_all(folder)
    plugins = PluginFinder()
    with pytest.raises(IncompatiblePlugin, match=f"'{name}'"):
        plugins.backend(name)
    with pytest.raises(IncompatiblePlugin, match=f"'{name}'"):
        plugins.schema_for("Book", type("Schema", (), {"isbn": type("Field", (), {"__module__": name})()}))


def test_program_runs_beside_broken_plugins_and_imports_none(tmp_path: Path) -> None:
    install_all(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quickstart_runs_beside_broken_plugins_and_imports_none(tmp_path: Path) -> None:
    quickstart = [sys.executable, str(ROOT / "examples" / "quickstart.py")]
    (tmp_path / "plain").mkdir()
    plain = subprocess.run(quickstart, cwd=tmp_path / "plain", capture_output=True, text=True, check=True)
    broken = tmp_path / "broken"
    broken.mkdir()
    install_all(broken)
    beside = subprocess.run(
        quickstart, cwd=broken, env={"PYTHONPATH": str(broken)}, capture_output=True, text=True, check=True
    )
    assert beside.stdout == plain.stdout
    assert "imported" not in beside.stdout


def test_broken_observers_are_warnings_and_all_else_works(tmp_path: Path) -> None:
    install_all(tmp_path)
    install(tmp_path, "broken-observer", "observer", "import no_such_library", OBSERVERS)
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("RuntimeWarning: The observer 'observer' of broken-observer 1.0") == 1

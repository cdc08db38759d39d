"""The page on schema plugins is a whole distribution: its files are made, and its program and its tests are run."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support import pages

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "write-a-schema-plugin.md"
FILE = "it is run as "
PART = "it is an example of a part"


def blocks(language: str) -> list[str]:
    """The blocks of the page in this *language*."""
    tokens = MarkdownIt().parse(PAGE.read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """A folder with the files of the page, and with what an installer writes down of them."""
    for example in pages.examples(PAGE):
        reason = example.reason_not_to_run or ""
        if reason == PART:
            continue
        assert reason.startswith(FILE), f"{PAGE}:{example.line} is run nowhere."
        file = tmp_path / reason.removeprefix(FILE)
        file.parent.mkdir(exist_ok=True)
        file.write_text(example.source, encoding="utf-8")
    (tmp_path / "dynamorm_records" / "__init__.py").touch()
    (settings,) = blocks("toml")
    project = tomllib.loads(settings)["project"]
    information = tmp_path / f"dynamorm_records-{project['version']}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8")
    entries = [
        f"[{group}]\n{name} = {value}"
        for group, named in project["entry-points"].items()
        for name, value in named.items()
    ]
    (information / "entry_points.txt").write_text("\n".join(entries), encoding="utf-8")
    return tmp_path


def run(distribution: Path, *arguments: str) -> str:
    """What Python prints when it is run there with these *arguments*."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=distribution,
        env={**os.environ, "PYTHONPATH": str(distribution)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def test_programs_print_what_the_page_shows(distribution: Path) -> None:
    books, mistakes = blocks("text")
    assert run(distribution, "mistakes.py") == books + mistakes


def test_adapter_passes_the_suite(distribution: Path) -> None:
    report = run(distribution, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "-q", "tests")
    passed = int(report.rpartition(" passed")[0].split()[-1])
    assert passed > 40
    assert "skipped" in report

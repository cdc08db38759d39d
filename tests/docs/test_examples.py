"""Every example of the documentation runs, on a backend that the page itself chooses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import pages

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md")})
EXAMPLES = {page: pages.examples(page) for page in PAGES}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if EXAMPLES[page]], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_examples_of_a_page_run_in_their_order(page: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(Path(pages.__file__)), str(page)],
        cwd=tmp_path,
        env={**os.environ, "DYNAMORM_URL": _backend_of(page)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def _backend_of(page: Path) -> str:
    """Return what the page tells its reader to set, or a value with which it has to connect itself."""
    told = re.search(r"^\$ export DYNAMORM_URL=(sqlite:\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return "none" if told is None else told[1]


def test_an_example_that_is_not_run_is_valid_and_says_why() -> None:
    for example in (example for found in EXAMPLES.values() for example in found):
        if example.reason_not_to_run is not None:
            assert example.reason_not_to_run, f"{example.page}:{example.line} gives no reason not to run."
            example.compiled()


def test_the_readme_has_an_example_that_is_run() -> None:
    assert any(example.reason_not_to_run is None for example in EXAMPLES.get(README, ()))

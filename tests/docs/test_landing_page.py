"""The landing page has a model for each schema library, and its program runs with each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.schema_libraries.installed import LIBRARIES

PAGE = Path(__file__).parents[2] / "docs" / "index.md"
TEXT = PAGE.read_text(encoding="utf-8")
TABS = re.findall(r"^:::\{tab-item\} (\w+)$", TEXT, re.MULTILINE)


def test_there_is_a_tab_for_each_library() -> None:
    assert sorted(name.lower() for name in TABS) == sorted(LIBRARIES)


@pytest.mark.parametrize("tab", TABS)
def test_the_program_runs_with_the_model_of_a_tab(tab: str, tmp_path: Path) -> None:
    rest = TEXT.partition(f":::{{tab-item}} {tab}\n")[2]
    model = rest.partition("\n:::\n")[0]
    program = TEXT.rpartition("\n::::\n\nFrom here on")[2].partition("\n::::{grid}")[0]
    page = tmp_path / "page.md"
    page.write_text(f"{model}\n\n{program}\n", encoding="utf-8")
    assert [example.language for example in pages.examples(page)] == ["python", "python", "pycon", "pycon"]
    pages.run(page)
    assert f'"dynamorm[{tab.lower()},sqlite]"' in model

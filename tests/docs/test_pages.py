"""What runs the examples of a page finds the faults that they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import pages


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_blocks_run_in_one_namespace(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page.write_text(
        "```python\nx = 1\n```\n\n- a list\n\n  ```pycon\n  >>> x + 1\n  2\n  >>> y = 3\n  ```\n\n```python\nprint(y)\n```\n"
    )
    pages.run(page)
    assert capsys.readouterr().out == "3\n"


def test_a_session_that_shows_something_else_is_a_fault(page: Path) -> None:
    page.write_text("```pycon\n>>> 1 + 1\n3\n```\n")
    with pytest.raises(SystemExit, match=r"page\.md:2: the session shows something else"):
        pages.run(page)


def test_a_traceback_names_the_line_of_the_page(page: Path) -> None:
    page.write_text("# Title\n\n```python\nx = 1\nraise ValueError(x)\n```\n")
    with pytest.raises(ValueError, match="1") as raised:
        pages.run(page)
    assert raised.traceback[-1].lineno == 4  # counted from 0


def test_a_block_that_is_marked_is_not_run(page: Path) -> None:
    page.write_text("```python not-run: needs an account\nraise ValueError\n```\n")
    pages.run(page)
    assert [example.reason_not_to_run for example in pages.examples(page)] == ["needs an account"]

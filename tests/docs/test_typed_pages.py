"""What type checkers are given of a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.typed_pages import program_of

PAGE = """# Two files

```python not-run: it is tickets.py
def close(number: int) -> bool:
    return number > 0
```

<!-- typing: import json
import re -->
<!-- typing-modules: tickets other.part -->
```python
from tickets import (
    close,
)

def closed() -> bool:
    from other.part import close
    return close(1)
```
"""


def test_comments_above_a_block_give_what_it_needs_and_the_modules_that_the_page_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    found = program_of(page)
    assert found is not None
    lines = found.source.splitlines()
    shown = {number: line for number, line in enumerate(PAGE.splitlines()) if line.startswith(("def ", "    return"))}
    assert {number: lines[number] for number in shown} == shown
    imported = [ast.unparse(node) for node in ast.walk(ast.parse(found.source)) if isinstance(node, ast.Import)]
    assert imported == ["import json", "import re"]
    assert "from" not in found.source


def test_module_from_which_nothing_is_imported_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("tickets other.part", "tickets others"))
    with pytest.raises(ValueError, match="imports nothing from others"):
        program_of(page)

"""Every session of the command ``dynamorm`` in the documentation runs, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import console_sessions

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md")})


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if console_sessions.runs_commands(page)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_sessions_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    console_sessions.run(page, tmp_path)


SESSION = """
```toml
# pyproject.toml
[tool.dynamorm]
url = "sqlite:///x.db"
```

<!-- prepare:
from pathlib import Path
Path("made").touch()
-->

```console
$ pip install nothing
whatever
$ dynamorm --version
dynamorm-cli ...
$ dynamorm plugins \\
>     nothing --json
{"error": ...}
$ echo $?
64
$ dynamorm --version | wc -l
1
```
"""


def test_a_session_runs(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(SESSION)
    console_sessions.run(page, tmp_path)
    assert (tmp_path / "made").exists()


def test_a_session_that_prints_something_else_is_a_fault(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(SESSION.replace("64", "65"))
    with pytest.raises(AssertionError, match=r"page\.md:21: \$ echo \$\?"):
        console_sessions.run(page, tmp_path)


def test_a_block_that_is_marked_is_not_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console not-run: needs an account\n$ dynamorm nothing\n```\n")
    assert not console_sessions.runs_commands(page)

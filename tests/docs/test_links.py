"""Links of the Markdown outside of docs/ lead to files and headings that are there; Sphinx checks those inside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.pages import sections

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("packages/*/*.md"), *ROOT.glob("examples/**/*.md"), *ROOT.glob("benchmarks/*.md")}
)


def links() -> list[tuple[Path, str]]:
    """Each page with each of its links to other files of the repository."""
    found = []
    for page in PAGES:
        for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
            for child in token.children or ():
                target = str(child.attrs.get("href", ""))
                if child.type == "link_open" and "://" not in target:
                    found.append((page, target))
    return found


def anchor(heading: str) -> str:
    """What a heading is called in a link."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(("page", "target"), links(), ids=lambda value: str(value).removeprefix(f"{ROOT}/"))
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    file, _, fragment = target.partition("#")
    destination = page.parent / file if file else page
    assert destination.exists()
    if fragment:
        assert fragment in map(anchor, sections(destination))


def test_the_readme_leads_to_the_documentation() -> None:
    targets = {target.partition("#")[0] for page, target in links() if page == ROOT / "README.md"}
    assert {"docs/index.md", "docs/how-to/upgrading.md", "docs/project/developing.md", "LICENSE"} <= targets

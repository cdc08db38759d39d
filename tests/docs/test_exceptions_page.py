"""The page on exceptions has a section for each, and none for any other."""

from __future__ import annotations

from inspect import getmembers, isclass
from pathlib import Path

import pytest

from dynamorm import exceptions
from tests.support.pages import sections

PAGE = sections(Path(__file__).parents[2] / "docs" / "reference" / "exceptions.md")
CLASSES = {name: member for name, member in getmembers(exceptions, isclass) if not name.startswith("_")}
EXCEPTIONS = {name for name, member in CLASSES.items() if issubclass(member, Exception)}


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_an_exception_is_explained(name: str) -> None:
    assert name in PAGE, f"docs/reference/exceptions.md has no section '{name}'."
    for part in ("**Why:**", "**What to do:**"):
        assert part in PAGE[name], f"The section '{name}' of docs/reference/exceptions.md has no paragraph '{part}'."


def test_no_section_explains_an_exception_that_is_not_there() -> None:
    explained = {heading for heading, text in PAGE.items() if "**Why:**" in text}
    assert explained == EXCEPTIONS

"""The list of checks, and the documentation of it."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Iterable
from typing import Any

import pytest

from dynamorm_boto3.checks import CLIENT_CHECKS, ENVIRONMENT_CHECKS, REQUEST_CHECKS, Check
from dynamorm_boto3.originals import replaced_code, replaced_socket

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "dynamodb.md"
GROUPS: dict[str, Iterable[Check[Any]]] = {
    "client": (*CLIENT_CHECKS, *REQUEST_CHECKS),
    "environment": ENVIRONMENT_CHECKS,
}


def as_markdown(checks: Iterable[Check[Any]]) -> str:
    """The list of *checks* as it is in the documentation."""
    reasons = ";\n".join(check.reason for check in checks) + "."
    return "\n".join(
        textwrap.fill(reason, 120, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        for reason in reasons.split("\n")
    )


@pytest.mark.parametrize("group", GROUPS)
def test_documentation_has_each_check(group: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = text.partition(f"% {group} checks\n")[2].partition("% end\n")[0]
    expected = f"\n{as_markdown(GROUPS[group])}\n\n"
    assert written == expected, f"Put this between the two comments in {PAGE.name}:\n{expected}"


@pytest.mark.parametrize("group", ["client", "environment"])
def test_names_are_known_by_one_check_each(group: str) -> None:
    names = [check.name for check in GROUPS[group]]
    assert len(set(names)) == len(names)


def test_code_of_botocore_is_found_to_be_its_own() -> None:
    """In whatever version is installed: a check that finds too much would switch the direct path off for everybody."""
    assert replaced_code() == ""
    assert replaced_socket() == ""

"""Who is asked before something is written, and what happens where nobody can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dynamorm_cli.command_table import COMMANDS, Entry
from tests.cli.running import Result, run

PROTECTED = "[tool.dynamorm.env.prod]\nurl = 'sqlite:///prod.db'\nprotect = true\n"


def write(folder: Path, *arguments: str, **settings: Any) -> Result:
    with patch.dict(COMMANDS, {"write": Entry("tests.cli.probes:write", "For tests.")}):
        return run("write", *arguments, folder=folder, **settings)


@pytest.mark.parametrize("answer", ["y", "Yes", " yes "])
def test_yes_at_a_terminal_goes_on(answer: str, tmp_path: Path) -> None:
    result = write(tmp_path, "books", tty=True, input=f"{answer}\n")
    assert (result.status, result.out, result.err) == (0, "Done.\n", "Change them? [y/N] ")


@pytest.mark.parametrize("answer", ["\n", "n\n", "books\n"])
def test_anything_else_does_nothing(answer: str, tmp_path: Path) -> None:
    result = write(tmp_path, "books", tty=True, input=answer)
    assert (result.status, result.out) == (1, "")
    assert result.err.endswith("[y/N] Nothing was done.\n")


def test_the_end_of_the_input_does_nothing(tmp_path: Path) -> None:
    result = write(tmp_path, "books", tty=True, input="")
    assert result.status == 1
    assert "Nothing was typed. Nothing was done." in result.err


@pytest.mark.parametrize("given", [["--yes"], ["--confirm", "books", "--confirm", "orders"]])
def test_options_answer_in_advance(given: list[str], tmp_path: Path) -> None:
    assert write(tmp_path, "books", "orders", *given).out == "Done.\n"


@pytest.mark.parametrize("given", [[], ["--confirm", "books"]])
def test_without_a_terminal_the_option_is_named(given: list[str], tmp_path: Path) -> None:
    result = write(tmp_path, "books", "orders", *given, input="y\n")
    assert (result.status, result.out) == (64, "")
    assert result.err == (
        "Error: Change them? There is no terminal to ask at, so this needs --yes. Nothing was done.\n"
    )


def test_in_a_protected_environment_yes_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROTECTED)
    result = write(tmp_path, "books", "orders", "--yes", "--confirm", "books", "--env", "prod")
    assert result.status == 64
    assert result.err == (
        "Error: Change them? 'prod' is protected, so --yes is not enough, and there is no terminal to type the table's name at. "
        "This needs --confirm orders. Nothing was done.\n"
    )
    assert write(tmp_path, "books", "--confirm", "books", "--env", "prod").out == "Done.\n"
    assert write(tmp_path, "books", "--yes").out == "Done.\n"


def test_in_a_protected_environment_the_name_is_typed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROTECTED)
    result = write(tmp_path, "books", "--yes", "--env", "prod", tty=True, input="books\n")
    assert (result.status, result.out) == (0, "Done.\n")
    assert result.err == "Change them?\nType the table's name to go on: books\n> "
    result = write(tmp_path, "books", "--env", "prod", tty=True, input="yes\n")
    assert result.status == 1
    assert result.err.endswith("> That is not 'books'. Nothing was done.\n")


def test_the_url_of_a_protected_environment_is_protected_however_it_is_named(tmp_path: Path) -> None:
    """Otherwise --url, or the variable, would be a way round the protection."""
    (tmp_path / "pyproject.toml").write_text(PROTECTED)
    for arguments, env in [
        (["--url", "sqlite:///prod.db"], {}),
        (["--url", "sqlite:///prod.db?table_prefix=my-"], {}),
        ([], {"DYNAMORM_URL": "sqlite:///prod.db"}),
    ]:
        result = write(tmp_path, "books", "--yes", *arguments, env=env)
        assert result.status == 64
        assert "'prod' is protected" in result.err


@pytest.mark.parametrize(
    ("place", "protected"),
    [
        ("boto3://eu-west-1", True),
        ("boto3://eu-west-1 at https://x.vpce.amazonaws.com", True),
        ("boto3://eu-west-1 at http://localhost:8000", False),
        ("boto3://eu-west-2", False),
    ],
)
def test_a_connection_to_where_a_protected_environment_is(place: str, protected: bool, tmp_path: Path) -> None:
    from dynamorm_cli.configuration import read_configuration

    (tmp_path / "pyproject.toml").write_text(
        "[tool.dynamorm.env.prod]\nurl = 'boto3://eu-west-1'\nprotect = true\n"
        "options = {endpoint_url = 'https://x.vpce.amazonaws.com'}\n"
    )
    assert (read_configuration(tmp_path, None).protected_at(place) == "prod") is protected


def test_environments_are_protected_as_the_table_is(tmp_path: Path) -> None:
    environments = "[tool.dynamorm.env.a]\nurl = 'sqlite:///a.db'\n[tool.dynamorm.env.b]\nurl = 'sqlite:///b.db'\n"
    (tmp_path / "pyproject.toml").write_text(f"[tool.dynamorm]\nprotect = true\n{environments}protect = false\n")
    assert "'a' is protected" in write(tmp_path, "books", "--yes", "--env", "a").err
    assert write(tmp_path, "books", "--yes", "--env", "b").status == 0
    assert "'a' is protected" in write(tmp_path, "books", "--yes", "--env", "b", "--to", "sqlite:///a.db").err


def test_the_other_side_of_a_copy_is_protected_by_itself(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROTECTED)
    assert write(tmp_path, "books", "--yes", "--env", "prod", "--to", "sqlite:///mine.db").status == 0
    assert "'prod' is protected" in write(tmp_path, "books", "--yes", "--to", "sqlite:///prod.db").err


def test_what_is_always_asked_by_name(tmp_path: Path) -> None:
    assert "This can't be undone, so --yes is not enough" in write(tmp_path, "books", "--by-name", "--yes").err
    assert write(tmp_path, "books", "--by-name", "--confirm", "books").status == 0

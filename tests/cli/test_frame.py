"""What all commands share: the help, options, exit statuses, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from dynamorm_cli.command_table import COMMANDS, Entry
from tests.cli.running import Result, run, run_process

#: A program that lists the modules that ``dynamorm --help`` imports.
HELP_IMPORTS = """
import sys
import click
before = set(sys.modules)
from dynamorm_cli.main import main
main(["--help"])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


def run_probe(*arguments: str, name: str = "probe", **settings: object) -> Result:
    """Run a command of :mod:`tests.cli.probes`."""
    with patch.dict(COMMANDS, {"probe": Entry(f"tests.cli.probes:{name}", "For tests.")}):
        return run("probe", *arguments, **settings)  # type: ignore[arg-type]


def test_help_lists_the_commands() -> None:
    result = run("--help")
    assert result.status == 0
    assert all(f"  {name} " in result.out for name in COMMANDS)


def test_help_imports_neither_rich_nor_boto3_nor_models() -> None:
    done = subprocess.run([sys.executable, "-c", HELP_IMPORTS], text=True, capture_output=True, check=True)
    imported = set(done.stderr.split())
    assert not {"rich", "boto3", "dynamorm.model"} & imported
    # Nor anything else that takes long. It is 30 ms of CPU in all, of which click takes most.
    assert not {"asyncio", "importlib.metadata", "json", "logging", "pathlib", "tomllib"} & imported
    others = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert others == {"click", "dynamorm_cli"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_the_help_that_the_list_promises(name: str) -> None:
    result = run(name, "--help")
    assert result.status == 0
    assert f"Usage: dynamorm {name}" in result.out
    own, common = result.out.split("\nCommon options:\n")
    assert "--url URL" in common
    assert "--url URL" not in own


def test_an_unknown_command_gets_a_suggestion(tmp_path: Path) -> None:
    result = run("plugns")
    assert result.status == 64
    assert "There is no command 'plugns'. Did you mean 'plugins'?" in result.err


@pytest.mark.parametrize("name", ["migrate", "makemigrations", "syncdb"])
def test_commands_of_other_tools_lead_to_plan_and_apply(name: str) -> None:
    result = run(name)
    assert result.status == 64
    assert f"There is no command '{name}'. 'plan' shows how tables differ from their models, and 'apply'" in result.err


def test_wrong_usage_is_64_as_json_too() -> None:
    assert run("plugins", "--nothing").status == 64
    result = run("plugins", "--json", "--nothing")
    assert result.status == 64
    assert result.json()["error"] == "UsageError"
    assert "--nothing" in result.json()["message"]


def test_the_version_names_both_distributions() -> None:
    assert run("--version").out.startswith("dynamorm-cli 1.")
    assert ", dynamorm-core 1." in run("--version").out


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    result = run_process("--version", folder=tmp_path)
    assert result.status == 0
    assert result.out.startswith("dynamorm-cli 1.")


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("pl", {"plan", "plugins"}),
        ("plugins --j", {"--json"}),
        ("--env p", {"prod"}),
        ("plugins --u", {"--url"}),
        ("plugins --env ", {"prod", "local"}),
    ],
)
def test_a_shell_completes_commands_options_and_environments(typed: str, completions: set[str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.dynamorm.env.prod]\n[tool.dynamorm.env.local]\n", encoding="utf-8")
    words = f"dynamorm {typed}"
    shell = {
        "_DYNAMORM_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    result = run(folder=tmp_path, env=shell)
    assert {line.removeprefix("plain,") for line in result.out.splitlines()} == completions


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = run("plugins", "--app-dir", "nothing", folder=tmp_path)
    assert result.status == 64
    assert "Directory 'nothing' does not exist" in result.err


def test_colours_are_for_terminals_alone_and_may_be_switched_off() -> None:
    def has_colours(*, tty: bool, **variables: str) -> bool:
        return "\x1b[" in run("plugins", tty=tty, env={"TERM": "xterm-256color", "NO_COLOR": "", **variables}).out

    assert has_colours(tty=True)
    assert not has_colours(tty=True, NO_COLOR="1")
    assert not has_colours(tty=False)


def test_quiet_leaves_out_notes(tmp_path: Path) -> None:
    url = ("--url", "sqlite:///a.db")
    assert run_probe(*url, name="show", folder=tmp_path).err == "A note.\n"
    assert run_probe("-q", *url, name="show", folder=tmp_path).err == ""


@pytest.mark.parametrize("arguments", [("--url", "sqlite:///a.db"), ("--url=sqlite:///a.db", "-q")])
def test_options_may_stand_before_or_behind_the_command(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with patch.dict(COMMANDS, {"probe": Entry("tests.cli.probes:show", "For tests.")}):
        before = run(*arguments, "--json", "probe", folder=tmp_path)
        behind = run("probe", *arguments, "--json", folder=tmp_path)
    assert before.json() == behind.json()
    assert before.json()["target"] == "sqlite:///a.db"
    assert before.json()["quiet"] == ("-q" in arguments)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        ("difference", 2, ""),
        ("failed", 1, "Error: It failed.\n"),
        ("unavailable", 1, "Error: The table is not there.\n"),
        ("file", 1, "Error: [Errno 2] No such file or directory: 'nothing'\n"),
        ("truncated", 1, "Error: The file ends too early.\n"),
        ("interrupt", 130, "Interrupted.\n"),
        ("saved", 130, "Interrupted. The state is saved.\nGo on with: dynamorm probe saved --resume\n"),
        ("throttled", 3, "Error: Stopped: Too much.\nGo on with: dynamorm probe throttled --resume\n"),
        (
            "usage",
            64,
            "Usage: dynamorm probe [OPTIONS] KIND\nTry 'dynamorm probe --help' for help.\n\nError: Not so.\n",
        ),
    ],
)
def test_exit_statuses(error: str, status: int, message: str) -> None:
    result = run_probe(error, name="fail")
    assert (result.status, result.out) == (status, "")
    assert result.err == message


def test_an_unexpected_exception_shows_its_traceback() -> None:
    result = run_probe("fault", name="fail")
    assert result.status == 1
    assert "probes.py" in result.err
    assert "\nZeroDivisionError: " in result.err


def test_errors_as_json() -> None:
    assert run_probe("unavailable", "--json", name="fail").json() == {
        "error": "TableNotFound",
        "message": "The table is not there.",
    }
    assert run_probe("throttled", "--json", name="fail").json() == {
        "error": "Throttled",
        "message": "Stopped: Too much.",
        "resume": "dynamorm probe throttled --json --resume",
    }
    streaming = run_probe("--json", name="stream")
    assert streaming.json_lines() == [{"item": 1}]
    assert json.loads(streaming.err) == {"error": "TableNotFound", "message": "It is gone."}

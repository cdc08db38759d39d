"""Command lines in processes of their own: Ctrl-C, and a pipe that is closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import interrupt, run_process
from tests.support.command_lines import environment

ROOT = Path(__file__).parents[2]
#: The command, with a command ``probe`` for tests.
PROBE = """
import sys
from dynamorm_cli.command_table import COMMANDS, Entry
from dynamorm_cli.main import main
COMMANDS["probe"] = Entry("tests.cli.probes:fail", "For tests.")
sys.exit(main())
"""


def test_ctrl_c_is_130_and_says_how_to_go_on(tmp_path: Path) -> None:
    result = interrupt(
        "probe",
        "wait",
        folder=tmp_path,
        when=lambda line: line == "Waiting.\n",
        env={"PYTHONPATH": str(ROOT)},
        program=("-c", PROBE),
    )
    assert (result.status, result.out) == (130, "")
    assert result.err == "Waiting.\nInterrupted. The state is saved.\nGo on with: dynamorm probe wait --resume\n"


def test_a_closed_pipe_is_no_failure_with_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "dynamorm_cli", "plugins"],
        cwd=tmp_path,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.skipif(os.name == "nt", reason="Shells of Windows close no streams.")
def test_a_process_without_stdout_prints_nothing(tmp_path: Path) -> None:
    line = f'"{sys.executable}" -m dynamorm_cli plugins nothing >&-'
    closed = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert closed.returncode == 64
    assert closed.stderr.endswith("Error: No installed plugin is called 'nothing'.\n")
    both = subprocess.run(["sh", "-c", f"{line} 2>&-"], cwd=tmp_path, check=False, env=environment())
    assert both.returncode == 64


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full stands for a full disk.")
def test_a_full_disk_is_told_to_stderr(tmp_path: Path) -> None:
    line = f'"{sys.executable}" -m dynamorm_cli plugins --json >/dev/full'
    full = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert full.returncode == 1
    assert json.loads(full.stderr)["error"] == "OSError"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_characters_that_an_encoding_lacks_are_printed_as_codes(encoding: str, tmp_path: Path) -> None:
    """As in a pipe on Windows. JSON stays JSON."""
    plain = run_process("plugins", "sqlite", folder=tmp_path, PYTHONIOENCODING=encoding)
    assert (plain.status, plain.err) == (0, "")
    assert "  \\u2713 transactions\n" in plain.out
    (tmp_path / "pyproject.toml").write_text("[tool.dynamorm]\n'→é😀' = 1\n", encoding="utf-8")
    error = run_process("plugins", "--json", folder=tmp_path, PYTHONIOENCODING=encoding)
    assert error.status == 64
    assert error.out.isascii()
    assert "Unknown key '→é😀'" in error.json()["message"]

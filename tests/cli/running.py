"""Command lines, for the tests in this folder."""

from __future__ import annotations

from tests.support.command_lines import Result, interrupt, run, run_process

__all__ = ["Result", "interrupt", "run", "run_process"]

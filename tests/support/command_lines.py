"""Command lines in this process, as if they were typed in a folder; and in a process of their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from types import ModuleType
from typing import Any
from unittest.mock import patch

from dynamorm_cli.main import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    """What a command line has ended with and printed."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    def json_lines(self) -> list[Any]:
        """The documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Stream(io.TextIOWrapper):
    """A standard stream, which may be a terminal, and which takes bytes as well, as a process's own streams do."""

    def __init__(self, content: str | bytes = "", *, tty: bool = False) -> None:
        self._bytes = io.BytesIO(content.encode() if isinstance(content, str) else content)
        super().__init__(self._bytes, encoding="utf-8", newline="", write_through=True)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def getvalue(self) -> str:
        """What was written."""
        self.flush()
        return self._bytes.getvalue().decode()


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Run the block in a *folder*.

    What a command leaves in the process is undone: the default connection, ``sys.path``, modules from the folder. Other
    modules with names of the folder's, such as those of the examples, are out of the way meanwhile.
    """
    before, place = Path.cwd(), folder.resolve()
    hidden = _pop_modules({each.stem for each in place.iterdir()}) if place != ROOT else {}
    modules = set(sys.modules)
    os.chdir(place)
    try:
        with patch("sys.path", [*sys.path]), patch("dynamorm.engine.run.connections._default", None):
            yield
    finally:
        os.chdir(before)
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None)
            # In the folder of the repository there are also the modules that are tested.
            if file is not None and Path(file).is_relative_to(place) and place != ROOT:
                del sys.modules[name]
        sys.modules.update(hidden)


def _pop_modules(packages: set[str]) -> dict[str, ModuleType]:
    """Take modules of these top-level names out of those that are imported, and return them."""
    names = [name for name in sys.modules if name.partition(".")[0] in packages]
    return {name: sys.modules.pop(name) for name in names}


def run(
    *arguments: str,
    folder: Path | None = None,
    input: str | bytes | None = None,  # noqa: A002 - as subprocess.run calls it
    tty: bool = False,
    env: dict[str, str] | None = None,
) -> Result:
    """Run a command line in this process.

    Args:
        *arguments: The command line, without ``dynamorm``.
        folder: The folder that it is typed in; by default the current one.
        input: What is typed, or piped into it.
        tty: Whether stdin, stdout and stderr are a terminal.
        env: Environment variables besides those of this process.

    What it leaves in the process is undone.
    """
    out, err = Stream(tty=tty), Stream(tty=tty)
    with (
        in_folder(folder or Path.cwd()),
        patch("sys.stdin", Stream(input or "", tty=tty)),
        patch("sys.stdout", out),
        patch("sys.stderr", err),
        patch.dict(os.environ, env or {}),
    ):
        try:
            status = main(arguments)
        except SystemExit as ended:
            # Of a shell that completes a command line.
            status = ended.code if isinstance(ended.code, int) else 1
    return Result(status, out.getvalue(), err.getvalue())


def environment(**variables: str) -> dict[str, str]:
    """The environment of a process that runs a command line."""
    return {**os.environ, "PYTHONSAFEPATH": "1", "COLUMNS": "200", **variables}


def run_process(*arguments: str, folder: Path, input: str | None = None, **variables: str) -> Result:  # noqa: A002
    """Run a command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "dynamorm_cli", *arguments],
        cwd=folder,
        env=environment(**variables),
        input=input,
        text=True,
        capture_output=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def interrupt(
    *arguments: str,
    folder: Path,
    when: Callable[[str], bool],
    signal: int = SIGINT,
    env: dict[str, str] | None = None,
    program: Sequence[str] = ("-m", "dynamorm_cli"),
) -> Result:
    """Run a command line in a process of its own, and send it a *signal* when a line of its stderr is as expected.

    *program* is what Python runs, by default the command.
    """
    process = subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=environment(**(env or {})),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    err = ""
    for line in process.stderr:
        err += line
        if when(line):
            process.send_signal(signal)
            break
    out, rest = process.communicate()
    return Result(process.returncode, out, err + rest)

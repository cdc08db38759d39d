"""Sessions of the command ``dynamorm`` in pages of Markdown: they run, and what they print is compared with the page.

Each page runs in a folder of its own, in which the files of ``docs/operating/index.md`` are. A block of Python or TOML
whose first line is a comment with a path, such as ``# shop/models.py``, is written to that file. Of a block marked
``console``, each line ``$ dynamorm …`` is run, and ``$ echo $?`` prints its exit status; a line that needs a shell, with
``|`` or ``>``, runs in one. The lines below it, up to the next ``$``, are what it prints to stdout and stderr, where
``...`` stands for anything, and the widths of columns don't matter. Where the page shows nothing, a command may print
anything, and must end with 0. Other commands, such as ``pip install``, are not run.

HTML comments say what a page does not show::

    <!-- prepare:
    from shop.models import Book              Python, with the connection of pyproject.toml
    -->
    <!-- typed: shop-orders -->               what is typed into the next block's commands, a line for each
    ```console not-run: needs an account

A page that runs ``dynamorm`` and is elsewhere in the documentation is treated in the same way.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from textwrap import dedent
from unittest.mock import patch

from markdown_it import MarkdownIt

from tests.support.command_lines import in_folder
from tests.support.pages import NOT_RUN

ROOT = Path(__file__).parents[2]
#: The page whose files every session finds.
COMMON = ROOT / "docs" / "operating" / "index.md"
#: A comment in the first line of a block that is a file: its path.
FILE = re.compile(r"#:? ([\w./-]+\.(?:py|toml|json))\s*\n")
COMMENT = re.compile(r"<!-- (?P<kind>prepare|typed):(?P<text>.*?)-->", re.DOTALL)
#: What only a shell understands.
SHELL = re.compile(r"[|<>&;$`*]")


@dataclass(frozen=True)
class Block:
    """A part of a page that does something: ``file``, ``prepare`` or ``console``. ``line`` counts from 1."""

    kind: str
    line: int
    text: str
    path: str = ""
    typed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A command of a session: its line in the page, what is typed, and what the page says that it prints."""

    line: int
    text: str
    printed: str


@dataclass
class Session:
    """The state of a page that runs: its folder, and the exit status of the last command."""

    page: Path
    folder: Path
    status: int = 0
    faults: list[str] = field(default_factory=list)

    def run(self, block: Block) -> None:
        """Run one part of the page."""
        if block.kind == "file":
            path = self.folder / block.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            if path.suffix == ".py" and path.parent != self.folder:
                # A package without it would yield to another one of its name, such as that of the examples.
                (path.parent / "__init__.py").touch()
        elif block.kind == "prepare":
            self._prepare(block)
        else:
            typed = Keyboard(block.typed)
            for command in commands(block):
                self._run(command, typed)

    def _prepare(self, block: Block) -> None:
        import dynamorm

        settings = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dynamorm"]
        code = compile(dedent(block.text), f"{self.page}, line {block.line}", "exec", dont_inherit=True)
        with in_folder(self.folder):
            sys.path.insert(0, str(self.folder))
            with dynamorm.connect(settings["url"]):
                exec(code, {"__name__": "prepare"})

    def _run(self, command: Command, typed: Keyboard) -> None:
        printed = self._printed(command.text, typed)
        if printed is None:
            return
        flags = doctest.ELLIPSIS
        checker = doctest.OutputChecker()
        wanted, got = _stripped(command.printed), _stripped(printed)
        shows_nothing = not wanted and self.status == 0
        if not (shows_nothing or checker.check_output(wanted, got, flags)):
            example = doctest.Example(f"{command.text}\n", wanted)
            difference = checker.output_difference(example, got, flags | doctest.REPORT_NDIFF)
            self.faults.append(f"{self.page}:{command.line}: $ {command.text}\n{difference}")

    def _printed(self, text: str, typed: Keyboard) -> str | None:
        """Return what a command prints; ``None`` for one that is not run."""
        if text == "echo $?":
            return f"{self.status}\n"
        if not text.startswith("dynamorm "):
            return None
        if SHELL.search(re.sub(r"'[^']*'", "", text)):
            return self._in_shell(text)
        screen = StringIO()
        typed.screen = screen
        with (
            in_folder(self.folder),
            patch("sys.stdin", typed),
            patch("sys.stdout", Screen(screen)),
            patch("sys.stderr", Screen(screen, tty=bool(typed.lines))),
            patch.dict(os.environ, {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}),
        ):
            from dynamorm_cli.main import main

            self.status = main(shlex.split(text)[1:])
        return screen.getvalue()

    def _in_shell(self, text: str) -> str:
        folder = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.status = done.returncode
        return done.stdout


class Screen(StringIO):
    """A standard stream whose text comes to a common screen."""

    def __init__(self, screen: StringIO, *, tty: bool = False) -> None:
        super().__init__()
        self._screen = screen
        self._tty = tty

    def write(self, text: str) -> int:
        """Write to the screen."""
        return self._screen.write(text)

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._tty


class Keyboard(StringIO):
    """What is typed: a terminal that shows it on the screen, if anything is typed."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__()
        self.lines = list(lines)
        self.screen = StringIO()

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override] # as StringIO's
        """Return the next line that is typed."""
        line = f"{self.lines.pop(0)}\n" if self.lines else ""
        self.screen.write(line)
        return line

    def isatty(self) -> bool:
        """Return whether anything is typed."""
        return bool(self.lines)


def blocks(page: Path) -> list[Block]:
    """Return the parts of a *page* that do something, in their order."""
    found: list[Block] = []
    typed: tuple[str, ...] = ()
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        line = 0 if token.map is None else token.map[0] + 2
        language, _, mark = token.info.partition(" ")
        if token.type == "html_block":
            for comment in COMMENT.finditer(token.content):
                if comment["kind"] == "typed":
                    typed = tuple(each.strip() for each in comment["text"].strip().splitlines())
                else:
                    found.append(Block("prepare", line, comment["text"]))
        elif token.type == "fence" and language in {"python", "toml", "json"} and (named := FILE.match(token.content)):
            found.append(Block("file", line, token.content, path=named[1]))
        elif token.type == "fence" and language == "console" and not mark.startswith(NOT_RUN):
            found.append(Block("console", line, token.content, typed=typed))
            typed = ()
    return found


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a *block*; one that ends with a backslash goes on in the next line."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text, below = lines[start][2:], start + 1
        while text.endswith("\\") and below < end:
            text, below = f"{text[:-1].rstrip()} {lines[below].lstrip('> ')}", below + 1
        yield Command(block.line + start, text, "".join(f"{line}\n" for line in lines[below:end]))


def runs_commands(page: Path) -> bool:
    """Return whether a *page* has a command ``dynamorm`` that is run."""
    return any(
        command.text.startswith("dynamorm ")
        for block in blocks(page)
        if block.kind == "console"
        for command in commands(block)
    )


def run(page: Path, folder: Path) -> None:
    """Run the sessions of a *page* in a *folder*; raise ``AssertionError`` if they print something else."""
    session = Session(page, folder)
    common = [block for block in blocks(COMMON) if block.kind == "file"] if page != COMMON else []
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ))
        os.environ.pop("DYNAMORM_URL", None)
        for block in (*common, *blocks(page)):
            session.run(block)
    assert not session.faults, "\n".join(session.faults)


def _stripped(text: str) -> str:
    """Return a *text* without blanks at the ends of lines, and with two between columns, however wide they are."""
    return "".join(re.sub(r"(?<=\S) {2,}", "  ", line.rstrip()) + "\n" for line in text.strip("\n").splitlines())

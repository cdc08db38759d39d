"""Empty environments, and the installers that fill them: the oldest and the newest pip and uv."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workspace import Fault, run

PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Installer:
    """One release of pip or uv, and how it is asked for."""

    name: str
    requirement: str

    @property
    def is_uv(self) -> bool:
        """Return whether it is a release of uv."""
        return self.requirement.startswith("uv")


INSTALLERS = (
    Installer("the oldest pip", "pip==22.3"),  # came with Python 3.11.0
    Installer("the newest pip", "pip"),
    Installer("the oldest uv", "uv==0.4.0"),  # of August 2024
    Installer("the newest uv", "uv"),
)
NEWEST_PIP, NEWEST_UV = INSTALLERS[1], INSTALLERS[3]


def _uv(*arguments: str | Path, folder: Path) -> str:
    return run(sys.executable, "-m", "uv", *arguments, folder=folder)


@cache
def _tool(installer: Installer, scratch: Path) -> Path:
    """Return the Python of an environment in *scratch* that has an *installer*."""
    folder = scratch / f"tool-{installer.requirement.replace('==', '-')}"
    _uv("venv", "--quiet", "--python", sys.executable, folder, folder=scratch)
    python = folder / "bin" / "python"
    _uv("pip", "install", "--quiet", "--python", python, installer.requirement, folder=scratch)
    return python


class Environment:
    """An environment in a new folder in *scratch*, which one *installer* changes."""

    def __init__(self, scratch: Path, installer: Installer, wheels: Sequence[Path]) -> None:
        number = sum(1 for _ in scratch.glob("environment-*"))
        self.folder = scratch / f"environment-{number}"
        _uv("venv", "--quiet", "--python", sys.executable, self.folder, folder=scratch)
        self.python = self.folder / "bin" / "python"
        self._installer = installer
        self._tool = _tool(installer, scratch)
        self._found = [text for folder in wheels for text in ("--find-links", str(folder))]

    def _command(self, verb: str) -> list[str | Path]:
        if self._installer.is_uv:
            return [self._tool.with_name("uv"), "pip", verb, "--python", self.python]
        return [self._tool, "-m", "pip", "--disable-pip-version-check", "--python", self.python, verb]

    def install(self, *arguments: str) -> None:
        """Install what *arguments* say."""
        quiet = ["--quiet"] if self._installer.is_uv else ["-qq"]
        run(*self._command("install"), *quiet, *self._found, *arguments, folder=self.folder)

    def check(self) -> None:
        """Raise a fault if a requirement is not satisfied."""
        run(*self._command("check"), folder=self.folder)

    def versions(self) -> str:
        """Return the distributions that are installed, with their versions."""
        program = (
            "from importlib.metadata import distributions as d\n"
            "print(', '.join(sorted(f'{each.name} {each.version}' for each in d())))"
        )
        return run(self.python, "-c", program, folder=self.folder).strip()

    def program(self, name: str, *arguments: str) -> str:
        """Run one of the programs beside this module, and return what it prints."""
        return run(self.python, PROGRAMS / f"{name}.py", *arguments, folder=self.folder)

    def failure(self, name: str, *arguments: str) -> str | None:
        """Return what a program prints when it fails; ``None`` when it does not."""
        try:
            self.program(name, *arguments)
        except Fault as fault:
            return str(fault).partition("\n")[2].strip()
        return None

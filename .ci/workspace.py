"""The distributions of the workspace, for the checks in this folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


class Fault(Exception):
    """A distribution is not as it should be."""


@dataclass(frozen=True)
class Distribution:
    """One folder of ``packages/``: its name, its version and the import package that its wheel holds."""

    name: str
    version: str
    package: str

    @property
    def stem(self) -> str:
        """Return what the names of its archives begin with."""
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def wheel(self) -> str:
        """Return the name of its wheel."""
        return f"{self.stem}-py3-none-any.whl"


def about_file(folder: Path) -> Path:
    """Return the file that states the version of the distribution in *folder*."""
    return next(folder.glob("src/*/__about__.py"), folder / "__about__.py")


def distributions(repository: Path = REPOSITORY) -> Iterable[Distribution]:
    """Yield every distribution of the workspace, as its sources describe it."""
    for folder in sorted((repository / "packages").iterdir()):
        about = about_file(folder)
        version = re.search(r'__version__ = "(.+)"', about.read_text(encoding="utf-8"))
        if version is None:
            raise Fault(f"{about} states no version.")
        package = "dynamorm" if about.parent == folder else about.parent.name
        yield Distribution(folder.name, version[1], package)


def run(*command: str | Path, folder: Path, **variables: str) -> str:
    """Run *command* in *folder* with *variables* in its environment, and return what it prints."""
    # A PYTHONPATH into the repository would hide a file that a wheel lacks. Bytecode that is kept elsewhere would be of
    # another version, since files of one size in two wheels may have one time, too.
    left_out = {"PYTHONPATH", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV"}
    settings = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(command, cwd=folder, env=settings | variables, text=True, capture_output=True, check=False)
    if done.returncode:
        raise Fault(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout

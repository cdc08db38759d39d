"""The workspace as its sources and its tags describe it: distributions, versions, requirements, released versions."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from workspace import Fault, about_file, run

#: The distribution whose users run ``pip install -U dynamorm``, and nothing else.
UMBRELLA = "dynamorm"
CORE = "dynamorm-core"

#: A version of this project: three numbers.
VERSION = re.compile(r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)")
STATED_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """The sources of one distribution, in *folder*."""

    folder: Path

    @property
    def name(self) -> str:
        """Return its name, which is that of its folder."""
        return self.folder.name

    @property
    def about(self) -> Path:
        """Return the file that states its version."""
        return about_file(self.folder)

    @property
    def version(self) -> str:
        """Return its version as it is written."""
        found = STATED_VERSION.search(self.about.read_text(encoding="utf-8"))
        if found is None:
            raise Fault(f"{self.about} states no version.")
        return found[1]

    @property
    def changelog(self) -> Path:
        """Return its changelog."""
        return self.folder / "CHANGELOG.md"

    @property
    def fragments(self) -> list[str]:
        """Return the names of the changelog fragments that no release has taken yet."""
        return sorted(path.name for path in self.folder.glob("changes/*.md"))

    @property
    def tag(self) -> str:
        """Return the tag of its release."""
        return f"{self.name}-v{self.version}"

    @property
    def package(self) -> str:
        """Return the import package that its wheel holds."""
        return UMBRELLA if self.about.parent == self.folder else self.about.parent.name

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return what it requires, its extras included."""
        return requirements_in(tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8")))


def requirements_in(settings: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """Return the requirements of a ``pyproject.toml``, those of its extras included."""
    project = settings["project"]
    written = list(project.get("dependencies", ()))
    for extra in project.get("optional-dependencies", {}).values():
        written += extra
    return tuple(Requirement(text) for text in written)


def lower_bound(requirement: Requirement) -> Version | None:
    """Return the least version that a requirement admits; ``None`` if it names none."""
    bounds = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
    return max(bounds, default=None)


class Workspace:
    """The repository in the folder *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def __iter__(self) -> Iterator[Source]:
        """Iterate over the distributions, by their names."""
        return iter(Source(each.parent) for each in sorted(self.root.glob("packages/*/pyproject.toml")))

    def __getitem__(self, name: str) -> Source:
        """Return the distribution with a *name*."""
        known = {source.name: source for source in self}
        if name not in known:
            raise Fault(f"'{name}' is no distribution of this repository. There are {', '.join(known)}.")
        return known[name]

    def of_tag(self, tag: str) -> Source:
        """Return the distribution that a *tag* is for."""
        name, separator, _ = tag.rpartition("-v")
        if not separator:
            raise Fault(f"The tag '{tag}' is not of the form <distribution>-vX.Y.Z.")
        return self[name]

    def git(self, *arguments: str) -> str:
        """Return what a command of git prints."""
        return run("git", *arguments, folder=self.root)

    def tags(self, source: Source) -> dict[Version, str]:
        """Return the tags of earlier releases of *source*, those in the repository, by their versions."""
        found: dict[Version, str] = {}
        for tag in self.git("tag", "--list", f"{source.name}-v*").split():
            try:
                found[Version(tag.removeprefix(f"{source.name}-v"))] = tag
            except InvalidVersion:
                continue
        return dict(sorted(found.items()))

    def tagged_elsewhere(self, tag: str) -> bool:
        """Return whether a *tag* exists and names another commit than the current one."""
        if not self.git("tag", "--list", tag):
            return False
        return self.git("rev-parse", f"{tag}^{{commit}}") != self.git("rev-parse", "HEAD")

    def requirements_at(self, tag: str, source: Source) -> tuple[Requirement, ...]:
        """Return what *source* required when it was released with a *tag*."""
        return requirements_in(tomllib.loads(self.git("show", f"{tag}:packages/{source.name}/pyproject.toml")))

    def at(self, tag: str, name: str, folder: Path) -> Source:
        """Write the sources of the distribution *name*, as they were at a *tag*, into *folder*."""
        command = ["git", "archive", "--format=tar", tag, f"packages/{name}"]
        archive = subprocess.run(command, cwd=self.root, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            members.extractall(folder, filter="data")
        return Source(folder / "packages" / name)


def write_version(source: Source, version: str) -> None:
    """State another *version* in the sources of a distribution."""
    text = source.about.read_text(encoding="utf-8")
    source.about.write_text(STATED_VERSION.sub(f'__version__ = "{version}"', text), encoding="utf-8")


def copy_of(source: Source, folder: Path) -> Source:
    """Copy the sources of a distribution into *folder*."""
    copied = shutil.copytree(source.folder, folder / source.name, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    return Source(Path(copied))


def build(source: Source, folder: Path, *targets: str) -> list[Path]:
    """Build the *targets* of a distribution (``wheel``, ``sdist``) into *folder*, and return the archives."""
    folder.mkdir(parents=True, exist_ok=True)
    options = [text for target in targets for text in ("--target", target)]
    run(sys.executable, "-m", "hatchling", "build", "--directory", str(folder), *options, folder=source.folder)
    stem = f"{source.name.replace('-', '_')}-{source.version}"
    names = {"wheel": f"{stem}-*-none-any.whl", "sdist": f"{stem}.tar.gz"}
    return [next(folder.glob(names[target])) for target in targets]

"""Wheels of the current sources, of earlier releases, and of releases that are made up to come later."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from releases.sources import CORE, Source, Workspace, build, copy_of, write_version

CONTRACT = re.compile(r"^CONTRACT_VERSION = (\d+)$", re.MULTILINE)
#: Where a plugin says which contract it was made for.
STATED_CONTRACT = re.compile(r'(contract=|Provider\("\w+", )\d+')


class Wheels:
    """The wheels of a *workspace*, built into folders in *scratch* when they are first needed.

    Earlier releases are built from their tags. A clone without tags knows of none. *names* are the distributions to
    build, where not all are needed.
    """

    def __init__(self, workspace: Workspace, scratch: Path, names: Collection[str] | None = None) -> None:
        self.workspace = workspace
        self._scratch = scratch
        self._sources = [source for source in workspace if names is None or source.name in names]

    @cached_property
    def current(self) -> Path:
        """Return the folder with the wheels of the workspace."""
        folder = self._scratch / "current"
        for source in self._sources:
            build(source, folder, "wheel")
        return folder

    def earlier(self, source: Source) -> list[Version]:
        """Return the versions of *source* that were released before the current one, the oldest first."""
        return [version for version in self.workspace.tags(source) if version < Version(source.version)]

    def released(self, source: Source, version: Version) -> Source:
        """Return the sources of an earlier release, and build their wheel."""
        folder = self._scratch / "sources" / str(version)
        found = Source(folder / "packages" / source.name)
        if not found.folder.exists():
            found = self.workspace.at(self.workspace.tags(source)[version], source.name, folder)
            build(found, self._scratch / "released", "wheel")
        return found

    @cached_property
    def _released(self) -> Path:
        folder = self._scratch / "released"
        folder.mkdir(exist_ok=True)
        for source in self._sources:
            for version in self.earlier(source):
                self.released(source, version)
        return folder

    @property
    def folders(self) -> tuple[Path, Path]:
        """Return the folders of what there is: the current wheels and those of all earlier releases."""
        return self.current, self._released

    def later_minor(self, source: Source) -> tuple[str, Path]:
        """Build the code of *source* as its next minor version; return that, and the folder of the wheel."""
        version, folder = next_minor(source), self._scratch / "minor"
        if not (self._scratch / "sources" / "minor" / source.name).exists():
            copied = copy_of(source, self._scratch / "sources" / "minor")
            write_version(copied, version)
            build(copied, folder, "wheel")
        return version, folder

    def later_major(self, source: Source) -> tuple[str, Path]:
        """Build *source* as its next major version; return that, and the folder of the wheel.

        It has the next version of the plugin contract, and asks for the next major version of the core.
        """
        version, folder = next_major(source), self._scratch / "major"
        if not (self._scratch / "sources" / "major" / source.name).exists():
            copied = copy_of(source, self._scratch / "sources" / "major")
            write_version(copied, version)
            self._raise_contract(copied)
            build(copied, folder, "wheel")
        return version, folder

    def _raise_contract(self, source: Source) -> None:
        core = self.workspace[CORE]
        contract = Path("src", "dynamorm", "ports", "backends.py")
        found = CONTRACT.search((core.folder / contract).read_text(encoding="utf-8"))
        assert found is not None, "dynamorm.ports.backends states the version of the contract"
        newer = int(found[1]) + 1
        if source.name == CORE:
            _replace(source.folder / contract, CONTRACT, f"CONTRACT_VERSION = {newer}")
            return
        for plugin in source.folder.glob("src/*/plugin.py"):
            _replace(plugin, STATED_CONTRACT, rf"\g<1>{newer}")
        asked = f'"{CORE}>={next_major(core)},<{Version(core.version).major + 2}"'
        _replace(source.folder / "pyproject.toml", re.compile(rf'"{CORE}[<>=~!][^"]*"'), asked)


def _replace(path: Path, pattern: re.Pattern[str], text: str) -> None:
    path.write_text(pattern.sub(text, path.read_text(encoding="utf-8")), encoding="utf-8")


def next_minor(source: Source) -> str:
    """Return the next minor version after that of *source*."""
    version = Version(source.version)
    return f"{version.major}.{version.minor + 1}.0"


def next_major(source: Source) -> str:
    """Return the next major version after that of *source*."""
    return f"{Version(source.version).major + 1}.0.0"

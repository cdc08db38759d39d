"""The archives of a distribution, built once: their contents, and what they tell an index and an installer."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from packaging.metadata import InvalidMetadata, Metadata
from trove_classifiers import classifiers as known_classifiers

from check_distributions import check_paths, check_source_archive, check_wheel
from releases.sources import Source, Workspace
from workspace import Distribution, Fault, run

#: What each distribution says of itself, beside the Pythons that it is tested on.
CLASSIFIERS = ("Typing :: Typed",)
#: One of each of these families.
FAMILIES = ("Development Status", "Intended Audience", "Operating System", "Topic")


def refusals(workspace: Workspace, source: Source, archives: list[Path]) -> Iterator[str]:
    """Say what is wrong with the wheel and the source archive of a distribution."""
    described = Distribution(source.name, source.version, source.package)
    (wheel,) = (path for path in archives if path.suffix == ".whl")
    (sources,) = (path for path in archives if path.suffix == ".gz")
    checks: tuple[Callable[[], None], ...] = (
        partial(check_wheel, described, wheel),
        partial(check_source_archive, described, sources),
        partial(check_paths, [wheel]),
    )
    for check in checks:
        try:
            check()
        except Fault as fault:
            yield str(fault)
    yield from _metadata(workspace, wheel)
    yield from _twine(archives, workspace.root)


def _metadata(workspace: Workspace, wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        text = archive.read(name)
    try:
        metadata = Metadata.from_email(text)
    except (InvalidMetadata, ExceptionGroup) as error:
        causes = error.exceptions if isinstance(error, ExceptionGroup) else [error]
        yield f"{wheel.name} has invalid metadata: {'; '.join(map(str, causes))}."
        return
    if metadata.summary is None:
        yield f"{wheel.name} has no description: add one line as 'description'."
    if metadata.requires_python is None:
        yield f"{wheel.name} does not say which Pythons it runs on: add 'requires-python'."
    yield from _classifiers(wheel, metadata.classifiers or [], tested_pythons(workspace))


def tested_pythons(workspace: Workspace) -> list[str]:
    """Return the Pythons that ``hatch test`` knows, the oldest first."""
    settings = tomllib.loads((workspace.root / "hatch.toml").read_text(encoding="utf-8"))
    (matrix,) = settings["envs"]["hatch-test"]["matrix"]
    return sorted(matrix["python"], key=lambda text: [int(part) for part in text.split(".")])


def _classifiers(wheel: Path, given: list[str], pythons: list[str]) -> Iterator[str]:
    wanted = {*CLASSIFIERS, *(f"Programming Language :: Python :: {python}" for python in pythons)}
    if missing := sorted(wanted.difference(given)):
        yield f"{wheel.name} lacks the classifiers {missing}."
    for family in FAMILIES:
        if not any(each.startswith(f"{family} :: ") for each in given):
            yield f"{wheel.name} has no classifier of the family '{family}'."
    if unknown := sorted(set(given) - known_classifiers):
        yield f"{wheel.name} has classifiers that the index does not know: {unknown}."


def _twine(archives: list[Path], folder: Path) -> Iterator[str]:
    try:
        run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *archives, folder=folder)
    except Fault as fault:
        reason = " ".join(str(fault).partition("\n")[2].split())
        yield f"twine check --strict refuses an archive: {reason}"

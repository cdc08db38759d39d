"""All checks of one release, in the order in which they are cheap."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import check_upgrade
from releases import archives, beside, bounds, ranges, statements
from releases.sources import Source, Workspace, build
from releases.wheels import Wheels
from workspace import Fault


def of_sources(workspace: Workspace, source: Source, tag: str | None = None) -> Iterator[str]:
    """Say what in the sources keeps a distribution from being released."""
    yield from statements.refusals(workspace, source, tag)
    yield from bounds.refusals(workspace, source)


def of_archives(workspace: Workspace, source: Source, dist: Path) -> Iterator[str]:
    """Build the distribution into the folder *dist*, once, and say what is wrong with the archives."""
    yield from archives.refusals(workspace, source, build(source, dist, "wheel", "sdist"))


def of_installations(workspace: Workspace, source: Source, dist: Path, scratch: Path) -> Iterator[str]:
    """Say what goes wrong when the distribution is installed."""
    wheels = Wheels(workspace, scratch)
    for wheel in dist.glob(f"{source.name.replace('-', '_')}-{source.version}-*.whl"):
        # The one that will be published, and not another build of it.
        shutil.copy(wheel, wheels.current)
    for check in (ranges.refusals, beside.refusals):
        yield from check(wheels, source, scratch)
    if source.name in check_upgrade.INSTALLED:
        try:
            check_upgrade.check(wheels.current, full=False, repository=workspace.root)
        except Fault as fault:
            yield f"The upgrade from dynamorm {check_upgrade.OLD} in place fails: {fault}"


def check(
    workspace: Workspace, source: Source, dist: Path, scratch: Path, *, tag: str | None, report: Callable[[str], None]
) -> list[str]:
    """Return all that speaks against the release of a distribution; *report* is told of each step.

    What is wrong with the sources or the archives is told before anything is installed.
    """
    steps: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
        ("version, tag, changelog and bounds", lambda: of_sources(workspace, source, tag)),
        ("archives", lambda: of_archives(workspace, source, dist)),
        ("installations", lambda: of_installations(workspace, source, dist, scratch)),
    )
    found: list[str] = []
    for noun, step in steps:
        if found and noun == "installations":
            break
        began = time.monotonic()
        found += step()
        report(f"{source.name} {source.version}: {noun}, {time.monotonic() - began:.1f} s")
    return found

"""Prepare and check the release of one distribution.

``python .ci/release.py prepare DISTRIBUTION VERSION`` commits the version, the changelog and the bounds.
``python .ci/release.py check DISTRIBUTION`` does all that the release does except for the upload, and says what speaks
against it. ``--tag TAG`` takes the distribution from the tag, and compares the tag with the sources; ``--dist FOLDER``
keeps the archives that were checked, for the upload. ``python .ci/release.py rehearse`` prepares every distribution on
a copy of the repository, and checks each there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from releases import checks
from releases.prepare import prepare
from releases.rehearsal import prepared_copy
from releases.sources import Source, Workspace
from workspace import REPOSITORY, Fault


def check(workspace: Workspace, source: Source, dist: Path | None, tag: str | None) -> None:
    """Check one distribution, and raise a fault with everything that speaks against its release."""
    with TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        archives = (dist or scratch / "dist").resolve()
        found = checks.check(workspace, source, archives, scratch, tag=tag, report=lambda line: print(line, flush=True))
    if found:
        reasons = "\n".join(f"- {reason}" for reason in found)
        raise Fault(f"{source.name} {source.version} can't be released:\n{reasons}")
    print(f"{source.name} {source.version} can be released.", flush=True)


def chosen(workspace: Workspace, name: str | None, tag: str | None) -> Source:
    """Return the distribution that the command line names, itself or by its tag."""
    if name is not None:
        return workspace[name]
    if tag is not None:
        return workspace.of_tag(tag)
    raise Fault("Name the distribution, or its tag with --tag.")


def rehearse(names: list[str]) -> None:
    """Prepare all distributions on a copy of the repository, and check those with these *names* there, or all."""
    faults = []
    with TemporaryDirectory() as folder:
        workspace = prepared_copy(Workspace(REPOSITORY), Path(folder))
        for source in workspace:
            if not names or source.name in names:
                try:
                    check(workspace, source, None, None)
                except Fault as fault:
                    faults.append(str(fault))
    if faults:
        raise Fault("\n".join(faults))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(description="Prepare and check the release of one distribution.")
    commands = whole.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare", help="commit version, changelog and bounds")
    preparing.add_argument("distribution")
    preparing.add_argument("version")
    checking = commands.add_parser("check", help="do everything but the upload")
    checking.add_argument("distribution", nargs="?")
    checking.add_argument("--tag", help="the tag that starts the release")
    checking.add_argument("--dist", type=Path, help="the folder that keeps the archives")
    rehearsing = commands.add_parser("rehearse", help="prepare and check all distributions on a copy")
    rehearsing.add_argument("distribution", nargs="*")
    return whole


def main() -> None:
    """Do what the command line says."""
    arguments = parser().parse_args()
    workspace = Workspace(REPOSITORY)
    try:
        if arguments.command == "prepare":
            print(prepare(workspace, workspace[arguments.distribution], arguments.version))
        elif arguments.command == "rehearse":
            rehearse(arguments.distribution)
        else:
            source = chosen(workspace, arguments.distribution, arguments.tag)
            check(workspace, source, arguments.dist, arguments.tag)
    except Fault as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()

"""Whether the code works with what its ranges admit: it is imported with the least and with the newest of all."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from releases.environments import NEWEST_UV, Environment
from releases.sources import Source
from releases.wheels import Wheels
from workspace import Fault

#: How uv chooses among the releases that the ranges of a distribution admit. What those require in turn is the newest.
CHOICES = {"least": ("--resolution", "lowest-direct"), "newest": ()}


def refusals(wheels: Wheels, source: Source, scratch: Path) -> Iterator[str]:
    """Say with which releases that a distribution admits its code can't be imported."""
    settings = tomllib.loads((source.folder / "pyproject.toml").read_text(encoding="utf-8"))
    extras = ",".join(settings["project"].get("optional-dependencies", {}))
    itself = f"{source.name}[{extras}]=={source.version}" if extras else f"{source.name}=={source.version}"
    # Given as well, they are what uv calls direct.
    given = [itself, *(str(each) for each in source.requirements if each.name != source.name)]
    for choice, options in CHOICES.items():
        environment = Environment(scratch, NEWEST_UV, wheels.folders)
        try:
            environment.install(*options, *given)
        except Fault as fault:
            reason = " ".join(str(fault).partition("\n")[2].split())
            yield (
                f"{source.name} {source.version} can't be installed with the {choice} releases that it admits: {reason}"
            )
            continue
        if failed := environment.failure("imports", source.package):
            first, *others = failed.splitlines()
            more = f" (and {len(others)} more)" if others else ""
            yield (
                f"{source.name} {source.version} can't be imported with the {choice} releases that it admits: {first}"
                f"{more}. Installed were {environment.versions()}. Change the ranges in "
                f"packages/{source.name}/pyproject.toml."
            )

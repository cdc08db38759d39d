"""What the distributions of this repository require of one another.

``pip install -U dynamorm`` leaves a dependency as it is when it satisfies its range. Users of ``dynamorm`` therefore
get a release of the core or of a plugin only through a release of ``dynamorm`` that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.version import Version

from releases import statements
from releases.sources import UMBRELLA, Source, Workspace, lower_bound


def refusals(workspace: Workspace, source: Source) -> Iterator[str]:
    """Say what is wrong with the ranges that a distribution requires, and with those of ``dynamorm``."""
    yield from _siblings(workspace, source)
    if source.name == UMBRELLA:
        for each in workspace:
            if each.name != UMBRELLA:
                yield from _bound_of_umbrella(source, each)
        return
    umbrella = workspace[UMBRELLA]
    unraised = list(_bound_of_umbrella(umbrella, source)) or list(_released_without(workspace, umbrella, source))
    yield from unraised
    if not unraised:
        for reason in statements.refusals(workspace, umbrella):
            if not _is_released(workspace, umbrella):
                yield f"{source.name} {source.version} needs a release of {UMBRELLA} that asks for it: {reason}"


def _siblings(workspace: Workspace, source: Source) -> Iterator[str]:
    known = {each.name: each for each in workspace}
    for requirement in source.requirements:
        sibling = known.get(requirement.name)
        if sibling is None or sibling.name == source.name:
            continue
        if any(each.operator in {"==", "==="} for each in requirement.specifier):
            yield f"{source.name} requires '{requirement}'. Give a range, not one version: {range_of(sibling)}."
        elif lower_bound(requirement) is None or not any(each.operator == "<" for each in requirement.specifier):
            yield f"{source.name} requires '{requirement}', a range without both ends: write {range_of(sibling)}."
        elif not requirement.specifier.contains(sibling.version, prereleases=True):
            yield (
                f"{source.name} requires '{requirement}', which does not admit {sibling.name} {sibling.version}, with "
                f"which it is tested: write {range_of(sibling)}."
            )
        elif requirement.specifier.contains(f"{Version(sibling.version).major + 1}.0.0"):
            yield (
                f"{source.name} requires '{requirement}', which admits {sibling.name} "
                f"{Version(sibling.version).major + 1}.0.0, whose interface is unknown: write {range_of(sibling)}."
            )


def range_of(source: Source) -> str:
    """Return the range that admits a distribution's version and those that are compatible with it."""
    return f"{source.name}>={source.version},<{Version(source.version).major + 1}"


def _bound_of_umbrella(umbrella: Source, source: Source) -> Iterator[str]:
    found = _requirements_of(umbrella.requirements, source)
    if not found:
        yield (
            f"Neither {UMBRELLA} nor an extra of it requires {source.name}, so that 'pip install -U {UMBRELLA}' never "
            f"updates it: add {range_of(source)} to packages/{UMBRELLA}/pyproject.toml."
        )
    for requirement in found:
        if lower_bound(requirement) != Version(source.version):
            yield (
                f"{UMBRELLA} requires '{requirement}', so that 'pip install -U {UMBRELLA}' would not bring "
                f"{source.name} {source.version}: write {range_of(source)}, and release {UMBRELLA} with it. "
                "'hatch run release:prepare' does both."
            )


def _released_without(workspace: Workspace, umbrella: Source, source: Source) -> Iterator[str]:
    if not _is_released(workspace, umbrella):
        return
    for requirement in _requirements_of(workspace.requirements_at(umbrella.tag, umbrella), source):
        if lower_bound(requirement) != Version(source.version):
            yield (
                f"{UMBRELLA} {umbrella.version} was released already, and requires '{requirement}': release the next "
                f"version of {UMBRELLA} with {source.name} {source.version}. Run hatch run release:prepare {UMBRELLA} "
                "<version>."
            )


def _is_released(workspace: Workspace, source: Source) -> bool:
    return Version(source.version) in workspace.tags(source)


def _requirements_of(requirements: tuple[Requirement, ...], source: Source) -> list[Requirement]:
    return [each for each in requirements if each.name == source.name]

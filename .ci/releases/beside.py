"""Old releases beside new ones: an old core with a new plugin, and the reverse, as pip and uv install them.

What fits works. What does not fit says so once, when it is used, with a command that mends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from releases.environments import INSTALLERS, NEWEST_PIP, Environment, Installer
from releases.sources import CORE, UMBRELLA, Source
from releases.wheels import Wheels, next_minor
from workspace import Fault

#: The command that an error gives.
COMMAND = re.compile(r"pip install ([^\n]+?)\.?$", re.MULTILINE)


@dataclass(frozen=True)
class Pair:
    """A release of the core and releases of plugins, as requirements, for one environment."""

    noun: str
    core: str
    plugins: tuple[str, ...]


def plugins_of(wheels: Wheels, source: Source) -> list[Source]:
    """Return the plugins that have to work beside a release of *source*: itself, or all if it is the core."""
    plugins = [each for each in wheels.workspace if each.name not in {CORE, UMBRELLA}]
    return [each for each in plugins if source.name in {CORE, each.name}]


def pairs(wheels: Wheels, source: Source) -> Iterator[Pair]:
    """Yield an old core with new plugins, and old plugins with a new core, each the oldest and the newest."""
    core, plugins = wheels.workspace[CORE], plugins_of(wheels, source)
    present = tuple(f"{each.name}=={each.version}" for each in plugins)
    admitted = [each for each in wheels.earlier(core) if all(_admits(plugin.requirements, each) for plugin in plugins)]
    for version in dict.fromkeys([*admitted[:1], *admitted[-1:]]):
        yield Pair("an old core beside new plugins", f"{CORE}=={version}", present)
    for age in (0, -1):
        old = tuple(_release(wheels, each, age) for each in plugins)
        if old != present:
            yield Pair("old plugins beside a new core", f"{CORE}=={core.version}", old)
    # Releases to come, of the same code: the present ones are the old ones then.
    later = tuple(f"{each.name}=={next_minor(each)}" for each in plugins)
    yield Pair("this core beside later plugins", f"{CORE}=={core.version}", later)
    yield Pair("these plugins beside a later core", f"{CORE}=={next_minor(core)}", present)


def _admits(requirements: Iterable[Requirement], core: Version) -> bool:
    return all(each.specifier.contains(core) for each in requirements if each.name == CORE)


def _release(wheels: Wheels, plugin: Source, age: int) -> str:
    """Return the oldest (*age* 0) or newest (-1) earlier release of a plugin that admits the core, or the current."""
    workspace = wheels.workspace
    tags, core = workspace.tags(plugin), Version(workspace[CORE].version)
    found = [each for each in wheels.earlier(plugin) if _admits(workspace.requirements_at(tags[each], plugin), core)]
    return f"{plugin.name}=={found[age] if found else plugin.version}"


def refusals(wheels: Wheels, source: Source, scratch: Path) -> Iterator[str]:
    """Say which releases that may be installed together with *source* do not work beside it."""
    if source.name == UMBRELLA:
        return  # it holds no code
    plugins = plugins_of(wheels, source)
    for pair in dict.fromkeys(pairs(wheels, source)):
        for installer in INSTALLERS:
            try:
                use(wheels, pair, plugins, installer, scratch)
            except Fault as fault:
                releases = ", ".join((pair.core, *pair.plugins))
                yield f"{pair.noun} ({releases}) with {installer.name}: {fault}"
    for plugin in _contracted(plugins)[:1]:
        for newer in (wheels.workspace[CORE], plugin):
            if reason := misfit(wheels, plugin, newer, scratch):
                yield reason


def use(wheels: Wheels, pair: Pair, plugins: Iterable[Source], installer: Installer, scratch: Path) -> None:
    """Install a pair of releases of *plugins* and the core, and use it; raises a fault when that is not possible."""
    for each in (wheels.workspace[CORE], *plugins):
        _, later = wheels.later_minor(each)
    environment = Environment(scratch, installer, (*wheels.folders, later))
    # One after the other, as users come to have an old release beside a new one.
    environment.install(pair.core)
    environment.install("-U", *pair.plugins, pair.core)
    environment.check()
    environment.program("imports", *(each.package for each in plugins))
    environment.program("use")


def _contracted(plugins: list[Source]) -> list[Source]:
    """Return the plugins that the core finds and checks itself, those that a program can use alone first."""
    found = [each for each in plugins if '[project.entry-points."dynamorm.' in _settings(each)]
    return sorted(found, key=lambda each: each.name != "dynamorm-sqlite")


def _settings(source: Source) -> str:
    return (source.folder / "pyproject.toml").read_text(encoding="utf-8")


def misfit(
    wheels: Wheels, plugin: Source, newer: Source, scratch: Path, installer: Installer = NEWEST_PIP
) -> str | None:
    """Say what is wrong with the error of what does not fit; ``None`` if nothing is.

    Installs *newer* as its next major version beside the other one, and follows the advice that a program gets.
    """
    version, folder = wheels.later_major(newer)
    environment = Environment(scratch, installer, (*wheels.folders, folder))
    environment.install(f"{CORE}=={wheels.workspace[CORE].version}", f"{plugin.name}=={plugin.version}")
    # pip installs a distribution that does not fit what is there, with a warning at most.
    environment.install("--no-deps", f"{newer.name}=={version}")
    noun = f"{newer.name} {version} beside {(plugin if newer.name == CORE else wheels.workspace[CORE]).name}"
    printed = environment.failure("use") or ""
    advice = COMMAND.findall(printed)
    if len(advice) != 1 or printed.count("pip install") != 1:
        return f"{noun}, which do not fit, is not told once, with a command that mends it: {printed or 'nothing'}"
    for each in (wheels.workspace[CORE], plugin):
        wheels.later_major(each)
    environment.install(*advice[0].split())
    if failed := environment.failure("use"):
        return f"{noun}: 'pip install {advice[0]}' does not mend it: {failed}"
    return None

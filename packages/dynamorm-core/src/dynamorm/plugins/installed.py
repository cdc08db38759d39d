"""The plugins of installed distributions, as their entry points name them. Nothing is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dynamorm.ports.processes import ForkSafeLock

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The groups of entry points.
BACKENDS = "dynamorm.backends"
SCHEMAS = "dynamorm.schemas"
OBSERVERS = "dynamorm.observers"
#: One group for everything, which no release of DynamORM has read.
OLD_GROUP = "dynamorm"

#: The entry points of one name: more than one if several distributions use the name.
EntryPoints: TypeAlias = "tuple[EntryPoint, ...]"


class InstalledPlugins:
    """Reads the entry points of this process, once, when they are first asked for."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._groups: Mapping[str, Mapping[str, EntryPoints]] | None = None

    def of(self, group: str) -> Mapping[str, EntryPoints]:
        """Return the entry points of a *group* by their names."""
        if self._groups is None:
            with self._lock:
                if self._groups is None:
                    self._groups = _by_group(_entry_points())
        return self._groups[group]


def distribution_of(entry_point: EntryPoint) -> str:
    """Return the distribution, its version and the module of an entry point: ``dynamorm-mydb 1.0 (dynamorm_mydb)``."""
    name = distribution_name(entry_point)
    try:
        version = "" if entry_point.dist is None else f" {entry_point.dist.version}"
    except Exception:  # noqa: BLE001 - metadata that is damaged
        version = ""
    return f"{name}{version} ({entry_point.value})" if name else entry_point.value


def distribution_name(entry_point: EntryPoint | None) -> str | None:
    """Return the name of the distribution that an entry point belongs to; ``None`` when it is not known."""
    try:
        return None if entry_point is None or entry_point.dist is None else entry_point.dist.name
    except Exception:  # noqa: BLE001 - metadata that is damaged: the module says enough
        return None


def core_requirement(entry_point: EntryPoint) -> str | None:
    """Return which releases of dynamorm-core the distribution asks for; ``None`` when its metadata does not tell."""
    try:
        requirements = [] if entry_point.dist is None else entry_point.dist.requires or []
    except Exception:  # noqa: BLE001 - metadata that is damaged
        return None
    found = (line.partition(";")[0].strip() for line in requirements if line.startswith("dynamorm-core"))
    return next(found, None)


def _by_group(found: Iterable[EntryPoint]) -> Mapping[str, Mapping[str, EntryPoints]]:
    groups: dict[str, dict[str, EntryPoints]] = {BACKENDS: {}, SCHEMAS: {}, OBSERVERS: {}, OLD_GROUP: {}}
    for entry_point in found:
        named = groups.get(entry_point.group)
        if named is not None:
            named[entry_point.name] = (*named.get(entry_point.name, ()), entry_point)
    return groups


def _entry_points() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points

    try:
        found = entry_points()
        return [each for group in (BACKENDS, SCHEMAS, OBSERVERS, OLD_GROUP) for each in found.select(group=group)]
    except Exception:  # noqa: BLE001 - one damaged distribution must not hide the plugins of the others
        return _entry_points_of_sound_distributions()


def _entry_points_of_sound_distributions() -> Iterable[EntryPoint]:
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions():
        try:
            name, found = distribution.metadata["Name"], list(distribution.entry_points)
        except Exception:  # noqa: BLE001 - this is the damaged one
            continue
        # The first one of a name is the one that is imported.
        if name not in seen:
            seen.add(name)
            yield from found

"""What is installed: a report on each plugin, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from dynamorm.data.records import record
from dynamorm.exceptions import PluginException
from dynamorm.plugins.installed import OBSERVERS, EntryPoints, InstalledPlugins, distribution_name
from dynamorm.plugins.kinds import KINDS, Kind
from dynamorm.plugins.loading import attempt, hooks_of, import_plugin, load_provider
from dynamorm.plugins.observers import installed_observer
from dynamorm.ports.backends import BackendProvider, Capability

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@record
class PluginReport:
    """What is known of one installed plugin.

    Attributes:
        name: The name of its entry point.
        kind: ``"backend"``, ``"schema adapter"`` or ``"observer"``.
        contract: The version of the plugin contract that it was made for; ``None`` where it does not tell.
        distribution: The distribution that brings it; ``None`` if its metadata is damaged.
        version: The version of that distribution.
        entry_point: The module, as the entry point names it.
        capabilities: What a backend says that it can do, if it says so without being opened.
        library: A schema adapter's library and its version.
        error: Why it can't be used; ``None`` if it can.
    """

    name: str
    kind: str
    contract: int | None
    distribution: str | None
    version: str | None
    entry_point: str
    capabilities: frozenset[Capability] | None = None
    library: str | None = None
    error: str | None = None


def survey(installed: InstalledPlugins) -> tuple[PluginReport, ...]:
    """Load each *installed* plugin by itself, and report on all of them. It raises nothing."""
    reports: list[PluginReport] = []
    for kind in KINDS:
        for name, entry_points in sorted(installed.of(kind.group).items()):
            reports += _reports(kind, name, entry_points)
    for name, entry_points in sorted(installed.of(OBSERVERS).items()):
        reports += (_observer(name, each) for each in _distinct(entry_points))
    return tuple(reports)


def _reports(kind: Kind[Any], name: str, entry_points: EntryPoints) -> Iterator[PluginReport]:
    distinct = _distinct(entry_points)
    for entry_point in distinct:
        try:
            # Several distributions that use one name are an error of each.
            provider = load_provider(kind, name, entry_points)
        except PluginException as error:
            yield _report(kind.noun, name, entry_point, contract=_contract(kind, entry_point), error=str(error))
        else:
            is_backend = isinstance(provider, BackendProvider)
            yield _report(
                kind.noun,
                name,
                entry_point,
                contract=provider.contract,
                capabilities=provider.capabilities if is_backend else None,
                library=None if is_backend else _library(provider.name),
            )


def _observer(name: str, entry_point: EntryPoint) -> PluginReport:
    try:
        installed_observer(entry_point)
    except PluginException as error:
        return _report("observer", name, entry_point, error=str(error))
    return _report("observer", name, entry_point)


def _report(kind: str, name: str, entry_point: EntryPoint, **known: Any) -> PluginReport:
    return PluginReport(
        **{"contract": None}
        | known
        | {
            "name": name,
            "kind": kind,
            "distribution": distribution_name(entry_point),
            "version": _version(entry_point),
            "entry_point": entry_point.value,
        }
    )


def _distinct(entry_points: EntryPoints) -> list[EntryPoint]:
    """Return the entry points, each once: an editable installation may be found twice."""
    return list({(distribution_name(each), _version(each), each.value): each for each in entry_points}.values())


def _contract(kind: Kind[Any], entry_point: EntryPoint) -> int | None:
    """Return the contract of a plugin that can't be used, if it tells that much."""
    try:
        (function,) = hooks_of(import_plugin(entry_point, ""), "")[kind.hook]
        contract: object = getattr(attempt(function.function, ""), "contract", None)
    except (PluginException, ValueError):
        # What is wrong with it is known already.
        return None
    return contract if isinstance(contract, int) else None


def _library(name: str) -> str | None:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        # Its distribution has another name than its module, or it is not installed.
        return None


def _version(entry_point: EntryPoint) -> str | None:
    try:
        return None if entry_point.dist is None else entry_point.dist.version
    except Exception:  # noqa: BLE001 - metadata that is damaged
        return None

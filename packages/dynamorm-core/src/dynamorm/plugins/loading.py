"""Loads one plugin and checks it.

Whatever is wrong with it, however it shows, becomes one :class:`IncompatiblePlugin`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm.__about__ import __version__
from dynamorm.exceptions import IncompatiblePlugin
from dynamorm.plugins.installed import EntryPoints, core_requirement, distribution_name, distribution_of
from dynamorm.plugins.kinds import KINDS, Kind, Provider
from dynamorm.ports.backends import CONTRACT_VERSION, BackendProvider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pluggy import HookImpl

Answer = TypeVar("Answer")


def load_provider(kind: Kind[Provider], name: str, entry_points: EntryPoints) -> Provider:
    """Import the plugin called *name*, and return the provider that it registers.

    Raises :class:`~dynamorm.exceptions.IncompatiblePlugin` when that is not possible.
    """
    distinct = {(distribution_of(each), each.value): each for each in entry_points}
    if len(distinct) > 1:
        both = " and ".join(sorted(text for text, _ in distinct))
        raise IncompatiblePlugin(
            f"Two installed distributions provide a {kind.noun} called '{name}': {both}. Uninstall one of them."
        )
    entry_point = entry_points[0]
    label = f"The {kind.noun} '{name}' of {distribution_of(entry_point)}"
    plugin = import_plugin(entry_point, label)
    provider = provider_of(kind, hooks_of(plugin, label), label, entry_point)
    if provider.name != name:
        raise IncompatiblePlugin(
            f"{label} registers the name '{provider.name}'. A plugin can register only the name of its entry point."
        )
    return provider


def import_plugin(entry_point: EntryPoint, label: str) -> object:
    """Import what an entry point names; errors call it by its *label*."""
    return attempt(entry_point.load, f"{label} can't be imported", entry_point)


def hooks_of(plugin: object, label: str) -> Mapping[str, Sequence[HookImpl]]:
    """Return a *plugin*'s functions for each hook, checked against what the hooks say."""
    if isinstance(plugin, type):
        raise IncompatiblePlugin(f"{label} is the class {plugin.__name__}. Give an instance or a module.")
    from pluggy import PluginManager, PluginValidationError

    from dynamorm.ports import hooks

    # A manager for each plugin: what is wrong with one can't reach another.
    manager = PluginManager(hooks.PROJECT_NAME)
    manager.add_hookspecs(hooks)

    def register() -> None:
        try:
            manager.register(plugin, name="plugin")
            manager.check_pending()
        except PluginValidationError as error:
            reason = str(error).strip().splitlines()[-1]
            raise IncompatiblePlugin(
                f"{label} does not fit the hooks: {reason}. dynamorm.ports.hooks has them all."
            ) from error

    attempt(register, f"{label} can't be registered")
    names = [name for name in vars(hooks) if name.startswith(f"{hooks.PROJECT_NAME}_")]
    return {name: getattr(manager.hook, name).get_hookimpls() for name in names}


def provider_of(
    kind: Kind[Provider], hooks: Mapping[str, Sequence[HookImpl]], label: str, entry_point: EntryPoint | None = None
) -> Provider:
    """Have a plugin register itself with its *hooks*, and return the provider, checked."""
    functions = hooks[kind.hook]
    if len(functions) != 1:
        raise IncompatiblePlugin(f"{label} {_wrong_number(kind, hooks)}")
    function = functions[0]
    if function.wrapper or function.hookwrapper or is_coroutine(function):
        raise IncompatiblePlugin(
            f"{label} implements {kind.hook} as a wrapper or a coroutine. Make it a plain function."
        )
    provider = attempt(function.function, f"{label} can't be registered", entry_point)
    if not isinstance(provider, kind.provider):
        raise IncompatiblePlugin(
            f"{label} returns {type(provider).__name__} from {kind.hook}, and not a {kind.provider.__name__}."
        )
    _check_contract(provider.contract, label, entry_point)
    for field, need in kind.functions.items():
        given = getattr(provider, field)
        if not callable(given) and not (given is None and need == "optional"):
            raise IncompatiblePlugin(f"{label} gives {type(given).__name__} as '{field}', which is a function.")
    if isinstance(provider, BackendProvider) and provider.connect is None and provider.connect_async is None:
        raise IncompatiblePlugin(f"{label} has neither 'connect' nor 'connect_async', and one of them is needed.")
    return provider


def is_coroutine(function: HookImpl) -> bool:
    """Return whether calling a hook's function only makes something that would have to be awaited."""
    return iscoroutinefunction(function.function) or isasyncgenfunction(function.function)


def attempt(call: Callable[[], Answer], label: str, entry_point: EntryPoint | None = None) -> Answer:
    """Return what a *call* of a plugin's code returns; whatever it raises becomes an ``IncompatiblePlugin``."""
    try:
        return call()
    except (KeyboardInterrupt, IncompatiblePlugin):
        raise
    except BaseException as error:
        # SystemExit too: a plugin that can't work here must not end a program that has no use for it.
        raise IncompatiblePlugin(f"{label}: {told(error)}.{_other_core(error, entry_point)}") from error


def told(error: BaseException) -> str:
    """Return an *error* in words."""
    try:
        text = str(error).strip().rstrip(".")
    except Exception:  # noqa: BLE001 - an exception of a plugin, whose __str__ may do anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _wrong_number(kind: Kind[Any], hooks: Mapping[str, Sequence[HookImpl]]) -> str:
    if hooks[kind.hook]:
        return f"implements {kind.hook} {len(hooks[kind.hook])} times, and a plugin registers one {kind.noun}."
    reason = f"has no function {kind.hook} that is marked with hookimpl, of dynamorm.ports.hooks."
    others = [f"{other.group} is the group for its {other.hook}" for other in KINDS if hooks[other.hook]]
    return " ".join([reason, *(f"{each}." for each in others)])


def _check_contract(contract: object, label: str, entry_point: EntryPoint | None) -> None:
    if contract == CONTRACT_VERSION and not isinstance(contract, bool):
        return
    newer = isinstance(contract, int) and contract > CONTRACT_VERSION
    update = "dynamorm-core" if newer else distribution_name(entry_point)
    raise IncompatiblePlugin(
        f"{label} was made for version {contract} of DynamORM's plugin contract, and dynamorm-core {__version__} "
        f"has version {CONTRACT_VERSION}. "
        + (f"Update one of them: pip install -U {update}." if update else "Change the plugin.")
    )


def _other_core(error: BaseException, entry_point: EntryPoint | None) -> str:
    """Say which releases of the core a plugin asks for, if its error may come from another release."""
    requirement = None if entry_point is None else core_requirement(entry_point)
    if requirement is None or not (isinstance(error, TypeError) or "dynamorm." in told(error)):
        return ""
    # Which of the two is too old is for the installer to find: it knows what each release asks for.
    return (
        f" It asks for {requirement}, and dynamorm-core {__version__} is installed. Update both: "
        f"pip install -U dynamorm-core {distribution_name(entry_point)}"
    )

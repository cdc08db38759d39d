"""The observers of operations: those that a program adds, and those of installed plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import local
from typing import TYPE_CHECKING, Any

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.operations import Operation
from dynamorm.exceptions import IncompatiblePlugin, InvalidObserver, PluginException
from dynamorm.ports.processes import ForkSafeLock

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pluggy import HookImpl

    from dynamorm.plugins.installed import InstalledPlugins

#: The hook of observers.
OBSERVER_HOOK = "dynamorm_operation_done"


class Observers:
    """Tells observers about operations; safe for threads.

    *installed* returns the plugins of installed distributions.
    """

    def __init__(self, installed: Callable[[], InstalledPlugins]) -> None:
        self._installed = installed
        self._lock = ForkSafeLock()
        self._added: tuple[HookImpl, ...] = ()
        self._always: tuple[HookImpl, ...] = ()
        #: Whether the observers of installed plugins were looked for.
        self.loaded = False
        #: Whether any observer has to be notified of an operation. That is unknown until the installed ones are loaded.
        self.active = True
        #: Whether an observer wants to know what operations consume.
        self.want_capacity = False
        # Of the thread that loads them: an observer's module may make operations of its own while it is imported.
        self._thread = local()

    def load(self) -> None:
        """Load the observers of installed plugins, once: each by itself, and one that fails is a warning."""
        if self.loaded or getattr(self._thread, "loading", False):
            return
        from dynamorm.plugins.installed import OBSERVERS

        # No lock is held while modules are imported: another thread may be importing one of them and wait for it.
        self._thread.loading = True
        found: list[HookImpl] = []
        failures: list[PluginException] = []
        try:
            for entry_points in self._installed().of(OBSERVERS).values():
                for entry_point in entry_points:
                    try:
                        found += installed_observer(entry_point)
                    except PluginException as error:
                        failures.append(error)
        finally:
            self._thread.loading = False
        with self._lock:
            if self.loaded:
                return
            # Named twice, or added by the program before, it is still one observer.
            own = {(id(each.plugin), each.function.__qualname__): each for each in (*found, *self._added)}
            self._always = tuple(each for each in own.values() if each not in self._added)
            self.loaded = True
            self._look_again()
        for each in failures:
            _warn(each)

    def add(self, observer: object) -> None:
        """Add an *observer*: an object that implements the hook ``dynamorm_operation_done``.

        Raises :class:`~dynamorm.exceptions.InvalidObserver` when it can't observe, or was added already.
        """
        from dynamorm.plugins.loading import hooks_of

        label = f"An observer of the type {type(observer).__name__}"
        if isinstance(observer, type):
            raise InvalidObserver(f"The class {observer.__name__} was given as an observer. Give an instance of it.")
        try:
            functions = hooks_of(observer, label)[OBSERVER_HOOK]
        except IncompatiblePlugin as error:
            raise InvalidObserver(str(error)) from error.__cause__
        if not functions:
            raise InvalidObserver(
                f"{label} observes nothing: it has no function {OBSERVER_HOOK} that is marked with hookimpl, of "
                "dynamorm.ports.hooks."
            )
        self.add_functions(functions, label)

    def add_functions(self, functions: Sequence[HookImpl], label: str) -> None:
        """Add an observer by its *functions* for the hook, which a *label* names in errors."""
        for function in functions:
            check(function, label)
        with self._lock:
            if any(each.plugin is functions[0].plugin for each in (*self._added, *self._always)):
                raise InvalidObserver(f"{label} observes already. Add an observer once.")
            self._added = (*self._added, *functions)
            self._look_again()

    def remove(self, observer: object) -> None:
        """Remove an *observer* that was added.

        Raises :class:`~dynamorm.exceptions.InvalidObserver` when it was not.
        """
        with self._lock:
            others = tuple(each for each in self._added if each.plugin is not observer)
            if len(others) == len(self._added):
                label = f"An observer of the type {type(observer).__name__}"
                raise InvalidObserver(f"{label} does not observe. Only one that was added can be removed.")
            self._added = others
            self._look_again()

    def operation_done(
        self,
        operation: Operation[Any],
        *,
        result: Any,
        error: BaseException | None,
        seconds: float,
        retries: int,
        consumed_capacity: tuple[ConsumedCapacity, ...],
        items: int,
    ) -> None:
        """Tell the observers about an operation.

        They can't change it: what one returns is ignored, what it raises is logged.
        """
        arguments = {
            "operation": operation,
            "result": result,
            "error": error,
            "seconds": seconds,
            "retries": retries,
            "consumed_capacity": consumed_capacity,
            "items": items,
        }
        # One by one, because what one observer raises would keep pluggy from calling the rest.
        for observer in (*self._always, *self._added):
            try:
                observer.function(*(arguments[name] for name in observer.argnames))
            except Exception:
                import logging

                logging.getLogger("dynamorm").exception("An observer of %s raised", type(operation).__name__)

    def _look_again(self) -> None:
        # Looked at when they change, because each operation asks.
        observers = (*self._always, *self._added)
        self.want_capacity = any("consumed_capacity" in observer.argnames for observer in observers)
        self.active = bool(observers) or not self.loaded


def check(function: HookImpl, label: str) -> None:
    """Refuse a *function* that could change operations, or that does nothing when it is called.

    Raises :class:`~dynamorm.exceptions.InvalidObserver`, with the observer's *label*.
    """
    from inspect import isgeneratorfunction

    from dynamorm.plugins.loading import is_coroutine

    if function.wrapper or function.hookwrapper:
        raise InvalidObserver(
            f"{label} implements {OBSERVER_HOOK} as a wrapper. An observer is notified after an operation, and "
            "can't wrap it: use hookimpl without wrapper and hookwrapper."
        )
    if is_coroutine(function) or isgeneratorfunction(function.function):
        raise InvalidObserver(
            f"{label} implements {OBSERVER_HOOK} as a coroutine or a generator, which nobody would run. Make it a "
            "plain function."
        )


def installed_observer(entry_point: EntryPoint) -> Sequence[HookImpl]:
    """Import the observer of an entry point, and return its functions, checked.

    Raises :class:`~dynamorm.exceptions.PluginException`.
    """
    from dynamorm.plugins.installed import distribution_of
    from dynamorm.plugins.loading import hooks_of, import_plugin

    label = f"The observer '{entry_point.name}' of {distribution_of(entry_point)}"
    functions = hooks_of(import_plugin(entry_point, label), label)[OBSERVER_HOOK]
    if not functions:
        raise IncompatiblePlugin(
            f"{label} has no function {OBSERVER_HOOK} that is marked with hookimpl, of dynamorm.ports.hooks."
        )
    for function in functions:
        check(function, label)
    return functions


def _warn(failure: PluginException) -> None:
    import logging
    import warnings

    text = f"{failure} It is not notified of operations."
    logging.getLogger("dynamorm").warning("%s", text, exc_info=failure.__cause__)
    warnings.warn(text, RuntimeWarning, stacklevel=2)

"""The plugin finder: pluggy's manager behind a typed face.

Providers come from the entry-point group ``dynamorm``. One is imported when it is asked for by name,
not before, and the others are not. Entry points are read once, at the first question.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.operations import Operation
from dynamorm.exceptions import (
    AmbiguousSchema,
    IncompatiblePlugin,
    InvalidObserver,
    SchemaNotRecognised,
    UnknownBackend,
)
from dynamorm.ports.backends import CONTRACT_VERSION, BackendProvider
from dynamorm.ports.schemas import SchemaProvider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The entry-point group of plugins, and pluggy's project name.
PROJECT_NAME = "dynamorm"

#: Backends and schema libraries that this project publishes a plugin for, for the hint in an error.
PUBLISHED_BACKENDS = ("boto3", "sqlite")
PUBLISHED_SCHEMAS = ("marshmallow", "pydantic", "schematics")


class PluginFinder:
    """Finds and keeps plugins; safe for threads."""

    def __init__(self) -> None:
        # pluggy reads distributions' metadata, which costs more to import than all the rest of the core; a program that
        # only defines functions around models should not pay for it.
        import pluggy

        from dynamorm.ports import hooks

        self._manager = pluggy.PluginManager(PROJECT_NAME)
        self._manager.add_hookspecs(hooks)
        self._lock = RLock()
        self._entry_points: Mapping[str, EntryPoint] | None = None
        self._loaded: set[str] = set()
        #: Whether any plugin observes operations, and whether one of those wants to know what they consume.
        self.observed = False
        self.capacity_observed = False

    def register(self, plugin: object) -> None:
        """Registers a *plugin* of the program itself: an object or module with ``hookimpl`` functions.

        Raises ``pluggy.PluginValidationError`` when a function does not fit its hook, and
        :class:`~dynamorm.exceptions.IncompatiblePlugin` when it was made for another contract.
        """
        with self._lock:
            self._register(plugin)

    def unregister(self, plugin: object) -> None:
        """Takes back what :meth:`register` did."""
        with self._lock:
            self._manager.unregister(plugin)
            self._look_for_observers()

    def add_observer(self, observer: object) -> None:
        """Registers an *observer*: an object that implements the hook ``dynamorm_operation_done``.

        Raises :class:`~dynamorm.exceptions.InvalidObserver` when it does not, or is registered already.
        """
        from pluggy import PluginValidationError

        if isinstance(observer, type):
            raise InvalidObserver(f"The class {observer.__name__} was given as an observer. Give an instance of it.")
        with self._lock:
            if self._manager.is_registered(observer):
                raise InvalidObserver(f"{_described(observer)} observes already. An observer is added once.")
            try:
                self._register(observer)
            except PluginValidationError as error:
                raise InvalidObserver(
                    f"{_described(observer)} can't observe: {str(error).strip().splitlines()[-1]}. The hook "
                    "dynamorm_operation_done says which arguments there are."
                ) from error
            hook = self._manager.hook.dynamorm_operation_done
            if not any(implementation.plugin is observer for implementation in hook.get_hookimpls()):
                self.unregister(observer)
                raise InvalidObserver(
                    f"{_described(observer)} observes nothing: it has no function dynamorm_operation_done that is marked with "
                    "hookimpl, of dynamorm.ports.hooks."
                )

    def remove_observer(self, observer: object) -> None:
        """Takes back what :meth:`add_observer` did.

        Raises :class:`~dynamorm.exceptions.InvalidObserver` when the *observer* is not registered.
        """
        with self._lock:
            if not self._manager.is_registered(observer):
                raise InvalidObserver(
                    f"{_described(observer)} does not observe. Only one that was added can be removed."
                )
            self.unregister(observer)

    def backend(self, name: str) -> BackendProvider:
        """The provider of the backend called *name*.

        Raises :class:`~dynamorm.exceptions.UnknownBackend` when none is installed; the message names
        the distribution to install, or the backends that there are.
        """
        with self._lock:
            provider = self._registered_backend(name)
            if provider is None and name in self._installed():
                self._load(name)
                provider = self._registered_backend(name)
        if provider is None:
            raise UnknownBackend(self._unknown_backend(name))
        return provider

    def schema_for(self, model_name: str, definition: type) -> SchemaProvider:
        """The provider whose library the inner ``Schema`` *definition* of a model is made of.

        Raises :class:`~dynamorm.exceptions.SchemaNotRecognised` when none claims it, and
        :class:`~dynamorm.exceptions.AmbiguousSchema` when several do.
        """
        libraries = _libraries_of(definition)
        with self._lock:
            installed = self._installed()
            for library in libraries:
                if library in installed:
                    self._load(library)
            claimants = self._claimants(definition)
            if not claimants:
                # A third party's adapter may be named otherwise than the library that it adapts.
                for name in installed:
                    if name not in PUBLISHED_BACKENDS:
                        self._load(name)
                claimants = self._claimants(definition)
        if len(claimants) > 1:
            names = " and ".join(sorted(provider.name for provider in claimants))
            raise AmbiguousSchema(
                f"The Schema of {model_name} is claimed by {names}: its bases and fields come from more than one "
                "schema library. Make it of one library only: that library's fields, and no base class of another. Other models "
                "may use another library."
            )
        if not claimants:
            raise SchemaNotRecognised(_unrecognised(model_name, libraries))
        return claimants[0]

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
        """Tells the observers about an operation. They can't change it: what one raises is logged."""
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
        for observer in reversed(self._manager.hook.dynamorm_operation_done.get_hookimpls()):
            try:
                observer.function(*(arguments[name] for name in observer.argnames))
            except Exception:
                import logging

                logging.getLogger(__name__).exception("An observer of %s raised", type(operation).__name__)

    def _installed(self) -> Mapping[str, EntryPoint]:
        if self._entry_points is None:
            from importlib.metadata import entry_points

            found: dict[str, EntryPoint] = {}
            for entry_point in entry_points(group=PROJECT_NAME):
                other = found.setdefault(entry_point.name, entry_point)
                if other.value != entry_point.value:
                    raise IncompatiblePlugin(
                        f"Two installed distributions provide a plugin called '{entry_point.name}': {other.value} "
                        f"and {entry_point.value}. Uninstall one of them."
                    )
            self._entry_points = found
        return self._entry_points

    def _load(self, name: str) -> None:
        if name in self._loaded:
            return
        entry_point = self._installed()[name]
        try:
            plugin = entry_point.load()
        except Exception as error:
            raise IncompatiblePlugin(
                f"The plugin '{name}' ({entry_point.value}) can't be imported: {type(error).__name__}: {error}"
            ) from error
        self._register(plugin, name)
        self._loaded.add(name)

    def _register(self, plugin: object, name: str | None = None) -> None:
        self._manager.register(plugin, name=name)
        try:
            self._manager.check_pending()
            self._check_contracts()
        except Exception:
            self._manager.unregister(plugin)
            raise
        self._look_for_observers()

    def _look_for_observers(self) -> None:
        # Looked for when they change, because each operation asks.
        observers = self._manager.hook.dynamorm_operation_done.get_hookimpls()
        self.observed = bool(observers)
        self.capacity_observed = any("consumed_capacity" in observer.argnames for observer in observers)

    def _registered_backend(self, name: str) -> BackendProvider | None:
        for provider in self._backend_providers():
            if provider.name == name:
                return provider
        return None

    def _claimants(self, definition: type) -> list[SchemaProvider]:
        return [provider for provider in self._schema_providers() if provider.claims(definition)]

    def _backend_providers(self) -> list[BackendProvider]:
        providers: list[BackendProvider] = self._manager.hook.dynamorm_register_backend()
        return providers

    def _schema_providers(self) -> list[SchemaProvider]:
        providers: list[SchemaProvider] = self._manager.hook.dynamorm_register_schema()
        return providers

    def _check_contracts(self) -> None:
        providers: tuple[BackendProvider | SchemaProvider, ...]
        providers = (*self._backend_providers(), *self._schema_providers())
        for provider in providers:
            if provider.contract != CONTRACT_VERSION:
                raise IncompatiblePlugin(
                    f"The plugin '{provider.name}' was made for version {provider.contract} of DynamORM's plugin "
                    f"contract, and this dynamorm-core has version {CONTRACT_VERSION}. Install releases of both that "
                    "belong together."
                )

    def _unknown_backend(self, name: str) -> str:
        if name in PUBLISHED_BACKENDS:
            return (
                f"The backend '{name}' is not installed. It is in the distribution dynamorm-{name}: "
                f"pip install dynamorm-{name}"
            )
        known = sorted({*self._installed(), *(provider.name for provider in self._backend_providers())})
        return (
            f"No backend is called '{name}'. The plugins that are installed: {', '.join(known) or 'none'}. A backend "
            "is named by itself or by a URL, such as boto3://eu-west-1 or sqlite:///books.db."
        )


def _described(observer: object) -> str:
    return f"An observer of the type {type(observer).__name__}"


def _libraries_of(definition: type) -> tuple[str, ...]:
    """The top-level modules that the bases and the attributes of a class come from, but the standard library."""
    found: dict[str, None] = {}
    for base in definition.__mro__:
        found.update(dict.fromkeys(_modules_of(base)))
        for value in vars(base).values():
            found.update(dict.fromkeys(_modules_of(type(value))))
    return tuple(name for name in found if name not in sys.stdlib_module_names)


def _modules_of(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        yield base.__module__.partition(".")[0]


def _unrecognised(model_name: str, libraries: tuple[str, ...]) -> str:
    for library in libraries:
        if library in PUBLISHED_SCHEMAS:
            return (
                f"The Schema of {model_name} is made of {library}, whose adapter is not installed. It is in the "
                f"distribution dynamorm-{library}: pip install dynamorm-{library}"
            )
    published = ", ".join(f"dynamorm-{library}" for library in PUBLISHED_SCHEMAS)
    return (
        f"No installed schema adapter recognises the Schema of {model_name}. Fill it with the fields of a schema "
        f"library, or inherit from the library's base class, and install its adapter: {published}, or one of a third "
        "party."
    )


@cache
def finder() -> PluginFinder:
    """The finder of this process."""
    return PluginFinder()

"""The plugin finder: providers by name, and the schema plugin that a class is made for.

A plugin is imported when its name is asked for, and no sooner; a search for a schema plugin never imports a backend.
What is wrong with a plugin concerns only who asks for it: a search goes on without it, and tells of it when nothing
else fits.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

from dynamorm.exceptions import IncompatiblePlugin, PluginException, SchemaNotRecognised, UnknownBackend
from dynamorm.plugins.installed import OLD_GROUP, InstalledPlugins, distribution_of
from dynamorm.plugins.kinds import BACKEND, KINDS, SCHEMA, Kind, Provider
from dynamorm.plugins.loading import hooks_of, load_provider, provider_of
from dynamorm.plugins.meant_backends import meant_backend
from dynamorm.plugins.observers import OBSERVER_HOOK, Observers
from dynamorm.plugins.schema_search import PUBLISHED_SCHEMAS, SchemaSearch, claim_of
from dynamorm.plugins.traces import OF_ANNOTATIONS, traces_of
from dynamorm.ports.backends import BackendProvider
from dynamorm.ports.processes import ForkSafeLock
from dynamorm.ports.schemas import Claim, SchemaProvider

if TYPE_CHECKING:
    from dynamorm.plugins.survey import PluginReport

#: Backends that this project publishes a plugin for, for the hint in an error.
PUBLISHED_BACKENDS = ("boto3", "sqlite")


class _Registered:
    """A plugin of the program itself."""

    def __init__(
        self, plugin: object, providers: tuple[BackendProvider | SchemaProvider, ...], *, observes: bool
    ) -> None:
        self.plugin = plugin
        self.providers = providers
        self.observes = observes


class PluginFinder:
    """Finds and keeps plugins; safe for threads."""

    def __init__(self, observers: Observers | None = None) -> None:
        #: The plugins of installed distributions.
        self.installed = InstalledPlugins()
        self._lock = ForkSafeLock()
        self._registered: tuple[_Registered, ...] = ()
        # What loading gave, by group and name.
        self._loaded: dict[tuple[str, str], BackendProvider | SchemaProvider | IncompatiblePlugin] = {}
        self._thread = local()
        #: The observers of operations.
        self.observers = Observers(lambda: self.installed) if observers is None else observers

    def register(self, plugin: object) -> None:
        """Register a *plugin* of the program itself: an object or module with ``hookimpl`` functions.

        It goes before an installed plugin of the same name. Raises :class:`~dynamorm.exceptions.IncompatiblePlugin`
        when it breaks the contract or was made for another one, and :class:`~dynamorm.exceptions.InvalidObserver` when
        it can't observe.
        """
        label = f"The plugin {getattr(plugin, '__name__', None) or type(plugin).__name__}"
        hooks = hooks_of(plugin, label)
        if not any(hooks.values()):
            raise IncompatiblePlugin(f"{label} has no function that is marked with hookimpl, of dynamorm.ports.hooks.")
        providers: list[BackendProvider | SchemaProvider] = [
            provider_of(kind, hooks, label) for kind in KINDS if hooks[kind.hook]
        ]
        if any(each.plugin is plugin for each in self._registered):
            raise PluginException(f"{label} is registered already.")
        if hooks[OBSERVER_HOOK]:
            self.observers.add_functions(hooks[OBSERVER_HOOK], label)
        with self._lock:
            self._registered = (
                *self._registered,
                _Registered(plugin, tuple(providers), observes=bool(hooks[OBSERVER_HOOK])),
            )

    def unregister(self, plugin: object) -> None:
        """Remove a *plugin* that was registered with :meth:`register`."""
        with self._lock:
            removed = [each for each in self._registered if each.plugin is plugin]
            self._registered = tuple(each for each in self._registered if each.plugin is not plugin)
        if not removed:
            raise PluginException(f"A plugin of the type {type(plugin).__name__} is not registered.")
        if removed[0].observes:
            self.observers.remove(plugin)

    def backend(self, name: str, url: str = "") -> BackendProvider:
        """Return the provider of the backend called *name*, which a *url* begins with.

        Raises :class:`~dynamorm.exceptions.UnknownBackend` when none is installed; the message names
        the distribution to install, or the backends that there are. Raises
        :class:`~dynamorm.exceptions.IncompatiblePlugin` when the plugin can't be used.
        """
        provider = self._provider(BACKEND, name)
        if provider is None:
            raise UnknownBackend(self._unknown_backend(name, url))
        return provider

    def schema_for(self, model_name: str, definition: type, library: str | None = None) -> SchemaProvider:
        """Return the provider whose library the inner ``Schema``, *definition*, of the model *model_name* is made of.

        The strongest claim decides; *library* names the plugin to take whatever others claim. Raises
        :class:`~dynamorm.exceptions.SchemaNotRecognised` when none claims it,
        :class:`~dynamorm.exceptions.AmbiguousSchema` when several claim it equally, and
        :class:`~dynamorm.exceptions.IncompatiblePlugin` when the plugin of its library can't be used.
        """
        if library is not None:
            return self._schema_of(library, model_name, definition)
        traces = traces_of(definition)
        search = SchemaSearch(model_name, definition, traces)
        search.ask(self._registered_providers(SCHEMA))
        installed = self.installed.of(SCHEMA.group)
        # Which plugins are asked must not depend on which were loaded before, for another model.
        for name in traces.names:
            self._ask(search, name)
        if search.strongest < traces.enough:
            for name in installed:
                self._ask(search, name)
        return search.result()

    def schema_of_annotations(self, model_name: str, library: str | None = None) -> SchemaProvider:
        """Return the provider that makes the schema of a typed model: Pydantic's, or that of the *library*.

        Raises :class:`~dynamorm.exceptions.SchemaNotRecognised` when it is not installed, or makes no schemas of
        annotations, and :class:`~dynamorm.exceptions.IncompatiblePlugin` when it can't be used.
        """
        name = library or OF_ANNOTATIONS
        provider = self._provider(SCHEMA, name)
        if provider is None and library is not None:
            raise SchemaNotRecognised(self._unknown_library(library, model_name))
        if provider is None:
            raise SchemaNotRecognised(
                f"The fields of {model_name} are annotations, of which Pydantic's adapter makes the schema, and it is "
                f"not installed. It is in the distribution dynamorm-{name}: pip install dynamorm-{name}"
            )
        if provider.schema_from is None:
            raise SchemaNotRecognised(
                f"The fields of {model_name} are annotations, of which '{name}', the schema_library in its Table, "
                "makes no schema. Leave out schema_library for a schema of Pydantic, or write an inner class Schema."
            )
        return provider

    def survey(self) -> tuple[PluginReport, ...]:
        """Return a report on each installed plugin: backends, schema adapters and observers.

        Each one is loaded by itself. What is wrong with it is in its report; nothing is raised.
        """
        from dynamorm.plugins.survey import survey  # deferred: few programs ask

        return survey(self.installed)

    def _ask(self, search: SchemaSearch, name: str) -> None:
        if search.was_asked(name):
            return
        try:
            provider = self._provider(SCHEMA, name)
        except IncompatiblePlugin as failure:
            search.failures[name] = failure
        else:
            if provider is not None:
                search.ask([provider])

    def _schema_of(self, library: str, model_name: str, definition: type) -> SchemaProvider:
        provider = self._provider(SCHEMA, library)
        if provider is None:
            raise SchemaNotRecognised(self._unknown_library(library, model_name))
        if claim_of(provider, definition) == Claim.NONE:
            raise SchemaNotRecognised(
                f"'{library}', the schema_library in the Table of {model_name}, does not recognise its Schema. Fill it "
                "with fields of that library, or inherit from the library's base class."
            )
        return provider

    def _unknown_library(self, library: str, model_name: str) -> str:
        known = {*self.installed.of(SCHEMA.group), *(each.name for each in self._registered_providers(SCHEMA))}
        hint = f": pip install dynamorm-{library}" if library in PUBLISHED_SCHEMAS else ""
        return (
            f"'{library}', the schema_library in the Table of {model_name}, names no installed schema plugin{hint}. "
            f"Those that are installed: {', '.join(sorted(known)) or 'none'}."
        )

    def _names(self, kind: Kind[Any]) -> set[str]:
        """Return the names of all plugins of a *kind*, the program's own and the installed ones."""
        return {*self.installed.of(kind.group), *(each.name for each in self._registered_providers(kind))}

    def _registered_providers(self, kind: Kind[Provider]) -> list[Provider]:
        """Return the program's own providers of a *kind*, the newest of each name."""
        providers = (each for registered in self._registered for each in registered.providers)
        return list({each.name: each for each in providers if isinstance(each, kind.provider)}.values())

    def _provider(self, kind: Kind[Provider], name: str) -> Provider | None:
        """Return a provider by its *name*, the program's own first; ``None`` when there is none."""
        for provider in self._registered_providers(kind):
            if provider.name == name:
                return provider
        entry_points = self.installed.of(kind.group).get(name)
        if entry_points is None:
            return None
        key = (kind.group, name)
        loaded = self._loaded.get(key) or self._load(kind, key, entry_points)
        if isinstance(loaded, IncompatiblePlugin):
            # A new exception for each who asks: one that is raised twice grows its traceback.
            raise IncompatiblePlugin(str(loaded)) from loaded.__cause__
        assert isinstance(loaded, kind.provider)
        return loaded

    def _load(
        self, kind: Kind[Any], key: tuple[str, str], entry_points: Any
    ) -> BackendProvider | SchemaProvider | IncompatiblePlugin:
        # No lock is held while a module is imported: another thread may be importing it, and wait for this one. Both
        # then load it, and what the first one got is kept.
        loading: set[tuple[str, str]] = vars(self._thread).setdefault("loading", set())
        if key in loading:
            # It defines a model, say, while it is imported.
            return IncompatiblePlugin(f"The {kind.noun} '{key[1]}' is asked for while it is being imported.")
        loading.add(key)
        try:
            loaded: BackendProvider | SchemaProvider | IncompatiblePlugin = load_provider(kind, key[1], entry_points)
        except IncompatiblePlugin as failure:
            if not _lasts(failure.__cause__):
                return failure
            loaded = failure
        finally:
            loading.discard(key)
        with self._lock:
            return self._loaded.setdefault(key, loaded)

    def _unknown_backend(self, name: str, url: str) -> str:
        if name in PUBLISHED_BACKENDS:
            return (
                f"The backend '{name}' is not installed. It is in the distribution dynamorm-{name}: "
                f"pip install dynamorm-{name}"
            )
        known = sorted(self._names(BACKEND))
        if meant := meant_backend(name, url, known, self._names(SCHEMA)):
            return f"No backend is called '{name}'. {meant}"
        outdated = self.installed.of(OLD_GROUP).get(name, ())
        in_old_group = (
            f" {distribution_of(outdated[0])} names it in the group '{OLD_GROUP}', which is not read: "
            f"a backend's group is '{BACKEND.group}'."
            if outdated
            else ""
        )
        return (
            f"No backend is called '{name}'. The backends that are installed: {', '.join(known) or 'none'}. A backend "
            f"is named by itself or by a URL, such as boto3://eu-west-1 or sqlite:///books.db.{in_old_group}"
        )


def _lasts(cause: BaseException | None) -> bool:
    """Return whether a plugin that failed for this *cause* would fail again.

    If so, its failure is kept: looking again must not give another result by chance.
    """
    return cause is None or (isinstance(cause, Exception) and not isinstance(cause, (MemoryError, RecursionError)))

"""Reads of several models of a shared table: each item is an instance of its own class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol, Self, TypeAlias, TypeVar, cast, overload

from dynamorm.exceptions import InvalidValue
from dynamorm.model.mapping.loading import Loader
from dynamorm.model.reads.configuring import ConfigurableRead
from dynamorm.model.reads.raw_items import RawItem
from dynamorm.model.reads.read_kinds import ReadKinds
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.scans import ScanIterator
from dynamorm.model.reads.settings import ReadSettings

Model = TypeVar("Model")
#: What a read does with an item that is of no known kind: raise an error, leave it out, or give it as it is.
Unknown: TypeAlias = Literal["raise", "skip", "raw"]


class SeveralKinds(ReadKinds, Protocol):
    """The kinds of several models, whose items a read gives."""

    @property
    def models(self) -> Sequence[type[Any]]:
        """The models that the program has named, in their order."""

    @property
    def unknown(self) -> Unknown:
        """What happens to items of no known kind."""

    def with_unknown(self, unknown: Unknown) -> SeveralKinds:
        """Return these kinds with another rule for items of no known kind."""

    def loader(self) -> Loader[Any]:
        """Return the function that makes an instance of each item."""


class CollectionRead(ConfigurableRead[Model]):
    """The base of reads of several models."""

    def _with_unknown(self, unknown: Unknown) -> Any:
        if unknown not in ("raise", "skip", "raw"):
            raise InvalidValue("unknown() takes 'raise', 'skip' or 'raw'.")
        changed = cast("SeveralKinds", self._settings.kinds).with_unknown(unknown)
        return self._changed(kinds=changed, load=changed.loader())

    @property
    def _settings_to_display(self) -> ReadSettings:
        kinds = cast("SeveralKinds", self._settings.kinds)
        if kinds.unknown != "raise":
            return self._settings
        changed = kinds.with_unknown("raw")
        return self._settings._replace(kinds=changed, load=changed.loader())

    def grouped(self) -> dict[type[Any], list[Any]]:
        """Read all items, and return lists of them by model, each in the order of the read.

        Each model that was named has a list, which may be empty. An instance of a model that inherits from a named one
        is in the list of that.
        """
        return self._grouped(cast("Iterable[Any]", self))

    async def agrouped(self) -> dict[type[Any], list[Any]]:
        """Do what :meth:`grouped` does, on an event loop."""
        return self._grouped([each async for each in cast("Any", self)])

    def _grouped(self, found: Iterable[Any]) -> dict[type[Any], list[Any]]:
        models = cast("SeveralKinds", self._settings.kinds).models
        groups: dict[type[Any], list[Any]] = {model: [] for model in models}
        for each in found:
            model = next((model for model in models if isinstance(each, model)), type(each))
            groups.setdefault(model, []).append(each)
        return groups


class CollectionQuery(CollectionRead[Model], QueryIterator[Model]):
    """A lazy read of the instances of several models that a query finds, in the order of the range key."""

    @overload
    def unknown(self, unknown: Literal["raise", "skip"]) -> Self: ...
    @overload
    def unknown(self, unknown: Literal["raw"]) -> CollectionQuery[Model | RawItem]: ...
    def unknown(self, unknown: Unknown) -> Any:
        """Decide what is done with an item of a kind that no model has, such as one of a newer release.

        Args:
            unknown: ``"raise"``, the default of a read that names no models: raise
                :class:`~dynamorm.exceptions.UnknownKind`, and continue after it when more is requested. ``"skip"``, the
                default of a read that names models: leave it out. ``"raw"``: give it as a :class:`~dynamorm.RawItem`.
        """
        return self._with_unknown(unknown)


class CollectionScan(CollectionRead[Model], ScanIterator[Model]):
    """A lazy read of the instances of several models that a scan finds, in no particular order."""

    @overload
    def unknown(self, unknown: Literal["raise", "skip"]) -> Self: ...
    @overload
    def unknown(self, unknown: Literal["raw"]) -> CollectionScan[Model | RawItem]: ...
    def unknown(self, unknown: Unknown) -> Any:
        """Decide what is done with an item of a kind that no model has, such as one of a newer release.

        Args:
            unknown: ``"raise"``, the default of a read that names no models: raise
                :class:`~dynamorm.exceptions.UnknownKind`, and continue after it when more is requested. ``"skip"``, the
                default of a read that names models: leave it out. ``"raw"``: give it as a :class:`~dynamorm.RawItem`.
        """
        return self._with_unknown(unknown)

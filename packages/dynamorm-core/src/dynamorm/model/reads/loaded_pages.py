"""Loaded pages: the instances of a page's items, each loaded when it is requested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import length_hint
from typing import Any, Generic, TypeVar

from dynamorm.data.positions import Position
from dynamorm.data.values import Item, copy_of_item
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.turns import CHUNK
from dynamorm.exceptions import ValidationError, WrongKind
from dynamorm.model.reads.settings import ReadSettings

Model = TypeVar("Model")


class LoadedPage(Generic[Model]):
    """A page and its instances, which can be iterated over once.

    An item that can't be loaded raises at its turn, and the iteration continues after it. With the setting ``invalid``,
    an item that the schema refuses is dropped instead.
    """

    def __init__(self, page: ReadPage, settings: ReadSettings) -> None:
        self.page = page
        #: The indexes of the items that were dropped so far.
        self.dropped: list[int] = []
        self._settings = settings
        items = page.result.items
        self.size = len(items)
        # The iterator of a list or a tuple knows how many items are left, so nothing has to be counted for each item.
        self._items: Iterator[Any] = iter(items if isinstance(items, (list, tuple)) else tuple(items))
        self._loaded: Iterator[Model] = _loaded(self._items, settings)
        self._is_prepared = False
        self._entries: list[Any] = []
        #: The instances that were not requested yet.
        self._may_drop = settings.invalid != "raise" or settings.kinds is not None
        self.instances: Iterator[Model] = _Tolerating(self) if self._may_drop else self._loaded

    @property
    def items_left(self) -> int:
        """How many items were not requested yet, including those that will be dropped."""
        return length_hint(self._items)

    @property
    def taken(self) -> int:
        """How many items were requested, or dropped."""
        return self.size - length_hint(self._items)

    @property
    def has_given(self) -> bool:
        """Whether an instance was requested that was not dropped."""
        if not self._is_prepared:
            return self.taken > len(self.dropped)
        return self._has_given_before or any(map(_is_kept, self._entries[: len(self._entries) - self.items_left]))

    @property
    def left(self) -> int:
        """How many more times the iteration returns an instance, or raises."""
        if not self._may_drop:
            return self.items_left
        self.prepare()
        return sum(map(_is_kept, self._entries[len(self._entries) - self.items_left :]))

    @property
    def position(self) -> Position | None:
        """The position after the latest item that was requested; there must be one, or no items."""
        return self.page.after(self.taken - 1) if self.items_left else self.page.end

    def prepare(self) -> Iterable[Model]:
        """Load all items that were not requested yet, and return the instances. An error is kept until its turn."""
        for _ in self.prepare_in_parts():
            pass
        return self.prepared_instances()

    def prepare_in_parts(self) -> Iterator[None]:
        """Do what :meth:`prepare` does, and stop for a moment between the parts of a large page."""
        if self._is_prepared:
            return
        self._has_given_before = self.has_given
        self._is_prepared = True
        while self.items_left:
            try:
                self._entries.append(next(self._loaded))
            except Exception as error:  # noqa: BLE001 - raised at its turn
                self._entries.append(self._entry_for(error))
            if len(self._entries) % CHUNK == 0:
                yield
        self._items = iter(self._entries)
        self._loaded = map(_instance_of, filter(_is_kept, self._items))
        if not self._may_drop:
            self.instances = self._loaded

    def prepared_instances(self) -> Iterable[Model]:
        """Return the instances of a prepared page."""
        return [entry for entry in self._entries if entry is not _DROPPED and type(entry) is not _Failure]

    def drops(self, error: Exception) -> bool:
        """Return whether the item that raised this *error* is dropped; if so, report it as the settings say."""
        invalid, kinds = self._settings.invalid, self._settings.kinds
        item = self.page.result.items[self.taken - 1]
        if kinds is None or not kinds.drops(error, item):
            if invalid == "raise" or not isinstance(error, ValidationError):
                return False
            if callable(invalid):
                invalid(copy_of_item(item), error)
        self.dropped.append(self.taken - 1)
        return True

    def next_loaded(self) -> Model:
        """Return the next instance, or raise."""
        return next(self._loaded)

    def _entry_for(self, error: Exception) -> object:
        try:
            return _DROPPED if self.drops(error) else _Failure(error)
        except Exception as raised:  # noqa: BLE001 - raised at its turn
            return _Failure(raised)


class _Tolerating(Iterator[Model]):
    """The instances of a page without the items that are dropped."""

    def __init__(self, page: LoadedPage[Model]) -> None:
        self._page = page

    def __next__(self) -> Model:
        while True:
            try:
                return self._page.next_loaded()
            except (ValidationError, WrongKind) as error:
                if not self._page.drops(error):
                    raise


class _Failure:
    """The place of an item that could not be loaded."""

    def __init__(self, error: Exception) -> None:
        self.error = error


#: The place of an item that was dropped.
_DROPPED = object()


def _is_kept(entry: object) -> bool:
    return entry is not _DROPPED


def _instance_of(entry: Any) -> Any:
    if type(entry) is _Failure:
        raise entry.error
    return entry


def _loaded(items: Iterator[Item], settings: ReadSettings) -> Iterator[Any]:
    """Return an iterator over the instances of *items*, which continues after one that raised."""
    load, partial, loaded, origin = settings.load, settings.partial, settings.loaded, settings.instance_origin
    kinds, projection = settings.kinds, settings.operation.projection
    if projection is None or not (settings.added_attributes or settings.reads_whole_items):
        return map(load, items, repeat(partial), repeat(loaded), repeat(origin))
    asked = {path.attribute for path in projection}
    spec = settings.mapper.table.spec_on(settings.connection)
    composed, parsed = settings.mapper.composed, settings.parsed

    def load_without_added(item: Item) -> Any:
        try:
            kept = {name: value for name, value in item.items() if name in asked}
            if parsed and composed is not None:
                known = composed.readable(item)
                kept.update({name: known[name] for name in parsed if name in known})
            load_item = load if kinds is None else kinds.loader_of(item)
            return load_item(kept, partial, loaded, origin)
        except ValidationError as error:
            error.key = {attribute.name: item[attribute.name] for attribute in spec.key_attributes}
            raise

    return map(load_without_added, items)

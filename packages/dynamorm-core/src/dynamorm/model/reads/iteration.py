"""Iterations over a read: the position in it, and the pages that were read."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock, RLock
from typing import Generic, TypeVar

from dynamorm.data.positions import Position
from dynamorm.engine.plans.turns import CHUNK
from dynamorm.exceptions import DynaModelException
from dynamorm.model.reads.loaded_pages import LoadedPage
from dynamorm.model.reads.pages import Page
from dynamorm.model.reads.plans import loaded_pages
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.model.verbs.drivers import adrive_stream, drive_stream, let_others_run

Model = TypeVar("Model")


class PageSource(Generic[Model]):
    """The pages of a read, each read when it is requested, by a thread or by a task of an event loop.

    An error is raised again at each further request, so that it does not look like the end of the read. A request that
    was interrupted, with Ctrl-C for example, or cancelled, is sent again when the page is requested again.
    """

    def __init__(self, settings: ReadSettings) -> None:
        #: The error that ended the reading.
        self.error: Exception | None = None
        #: Whether all pages were read.
        self.is_finished = False
        self._settings = settings
        # One of the two at most, as a program may change between for and async for.
        self._pages: Iterator[LoadedPage[Model]] | None = None
        self._awaited_pages: AsyncIterator[LoadedPage[Model]] | None = None
        self._latest: LoadedPage[Model] | None = None
        self._found_before = 0
        self._is_reading = False

    def next_page(self) -> LoadedPage[Model] | None:
        """Read the next page, and return it; return ``None`` at the end."""
        with self._reading():
            if self._pages is None:
                rest, self._awaited_pages = self._rest(), None
                self._pages = iter(()) if rest is None else drive_stream(rest.connection, loaded_pages(rest))
            return self._take(next(self._pages, None))

    async def anext_page(self) -> LoadedPage[Model] | None:
        """Do what :meth:`next_page` does, on the event loop."""
        with self._reading():
            if self._awaited_pages is None:
                rest, self._pages = self._rest(), None
                if rest is None:
                    return self._take(None)
                self._awaited_pages = adrive_stream(rest.connection, loaded_pages(rest.on_event_loop()))
            return self._take(await anext(self._awaited_pages, None))

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Refuse other requests in the ``with`` block."""
        if self._is_reading:
            raise DynaModelException(
                f"An iteration over a read of {self._settings.mapper.model_name} was asked for an item while it was "
                "reading a page: by another task, or by a validator or a hook of the schema, for example. Use another "
                "read there."
            )
        self._is_reading = True
        try:
            yield
        finally:
            self._is_reading = False

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Handle what interrupts or fails the reading of a page in the ``with`` block."""
        if self.error is not None:
            raise self.error
        with self.busy():
            try:
                yield
            except Exception as error:
                self.error = error
                raise
            except BaseException:
                self._pages = self._awaited_pages = None
                raise

    def _take(self, page: LoadedPage[Model] | None) -> LoadedPage[Model] | None:
        self.is_finished = page is None
        if page is not None:
            self._found_before = self._found
            self._latest = page
        return page

    @property
    def _found(self) -> int:
        """How many items were found, without those that were dropped."""
        latest = self._latest
        return self._found_before + (0 if latest is None else latest.size - len(latest.dropped))

    def _rest(self) -> ReadSettings | None:
        """Return the settings of the read of what was not read yet; ``None`` if there is nothing."""
        settings, latest = self._settings, self._latest
        if latest is None:
            return settings
        limit, end = settings.limits.limit, latest.page.end
        if end is None or settings.limits.single_page or limit == self._found:
            return None
        rest = settings.starting_at(end)
        return rest if limit is None else rest.limited_to(limit - self._found)


class Iteration(Iterator[Model], AsyncIterator[Model]):
    """One iteration over a read. Several threads may share it: each instance is returned to one of them."""

    def __init__(self, settings: ReadSettings) -> None:
        #: Whether the end was reported.
        self.has_ended = False
        self._source: PageSource[Model] = PageSource(settings)
        #: Pages that were read ahead, after the current one.
        self._waiting: deque[LoadedPage[Model]] = deque()
        self._page: LoadedPage[Model] | None = None
        self._instances: Iterator[Model] = iter(())
        #: The next ones of these, for a task of an event loop.
        self._chunk: Iterator[Model] = iter(())
        self._position_before: Position | None = None
        self._has_given_before = False
        self._lock = RLock()

    def __next__(self) -> Model:
        while True:
            instances = self._instances
            try:
                return next(instances)
            except StopIteration:
                if not self._turn_page(instances):
                    self.has_ended = True
                    raise

    async def __anext__(self) -> Model:
        while True:
            chunk = self._chunk
            try:
                return next(chunk)
            except StopIteration:
                if not await self._next_chunk(chunk):
                    self.has_ended = True
                    raise StopAsyncIteration from None

    @property
    def position(self) -> Position | None:
        """The position after the latest instance; ``None`` at the beginning and at the end of the read."""
        page = self._page
        if page is None:
            return None
        return page.position if page.taken or not page.size else self._position_before

    @property
    def has_given(self) -> bool:
        """Whether an instance was requested and returned, or raised."""
        return self._has_given_before or (self._page is not None and self._page.has_given)

    @property
    def is_empty(self) -> bool:
        """Whether the read was found to have no instances."""
        return self._source.is_finished and not (self.has_given or self._waiting or (self._page and self._page.left))

    @property
    def error(self) -> Exception | None:
        """The error that ended the iteration before its end."""
        return self._source.error

    def has_more(self) -> bool:
        """Return whether another instance follows; read pages until there is one."""
        with self._lock:
            while self._page is None or not self._page.left:
                if not self._turn_page(self._instances):
                    return False
            return True

    def read_all(self) -> int:
        """Read all pages, and keep them. Return how many instances follow."""
        with self._lock:
            number = 0 if self._page is None else self._page.left
            number += sum(page.left for page in self._waiting)
            while (page := self._source.next_page()) is not None:
                self._waiting.append(page)
                number += page.left
            return number

    def _turn_page(self, instances: Iterator[Model]) -> bool:
        """Go on to the next page, unless another thread has done so since *instances* were the current ones."""
        with self._lock:
            if self._instances is not instances:
                return True
            page = self._waiting.popleft() if self._waiting else self._source.next_page()
            return self._turn_to(page)

    async def _next_chunk(self, chunk: Iterator[Model]) -> bool:
        """Go on to more instances, unless another task has done so since *chunk* was the current one.

        Other tasks get a turn before these are loaded.
        """
        if self._chunk is not chunk:
            return True
        if self._page is None or not self._page.items_left:
            page = self._waiting.popleft() if self._waiting else await self._source.anext_page()
            if not self._turn_to(page):
                return False
        self._chunk = islice(self._instances, CHUNK)
        await let_others_run()
        return True

    def _turn_to(self, page: LoadedPage[Model] | None) -> bool:
        """Make a *page* the current one; return whether there is one."""
        if page is None:
            return False
        if self._page is not None:
            self._position_before, self._has_given_before = self._page.page.end, self.has_given
        self._page = page
        self._instances = page.instances
        return True


class Pages(Iterator[Page[Model]], AsyncIterator[Page[Model]]):
    """The pages of a read, each read on request.

    An item that can't be loaded raises; the next request returns the page without it.
    """

    def __init__(self, settings: ReadSettings) -> None:
        #: The position after the latest page; ``None`` at the beginning and at the end of the read.
        self.position: Position | None = None
        self._settings = settings
        self._source: PageSource[Model] = PageSource(settings)
        self._loaded: LoadedPage[Model] | None = None
        self._instances: list[Model] = []
        self._missing: list[int] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        from dynamorm.model.reads.display import text_of  # deferred: start-up cost

        return text_of("Pages", self._settings, "")

    def __next__(self) -> Page[Model]:
        with self._lock:
            loaded = self._loaded = self._loaded or self._source.next_page()
            if loaded is None:
                raise StopIteration
            with self._source.busy():
                self._keep(loaded, loaded.instances)
            return self._finished(loaded)

    async def __anext__(self) -> Page[Model]:
        loaded = self._loaded = self._loaded or await self._source.anext_page()
        if loaded is None:
            raise StopAsyncIteration
        with self._source.busy():
            while loaded.items_left:
                await let_others_run()
                self._keep(loaded, islice(loaded.instances, CHUNK))
        return self._finished(loaded)

    def _keep(self, loaded: LoadedPage[Model], instances: Iterator[Model]) -> None:
        try:
            # Keeps what comes before an item that raises.
            self._instances.extend(instances)
        except Exception:
            self._missing.append(loaded.taken - 1)
            raise

    def _finished(self, loaded: LoadedPage[Model]) -> Page[Model]:
        page = Page(self._instances, {*self._missing, *loaded.dropped}, loaded.page, self._settings.cursor_at)
        self._loaded, self._instances, self._missing, self.position = None, [], [], page.last
        return page

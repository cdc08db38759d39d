"""Iterations over a read: the position in it, and the pages that were read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Lock, RLock
from typing import Generic, TypeVar

from dynamorm.data.positions import Position
from dynamorm.exceptions import DynaModelException
from dynamorm.model.reads.loaded_pages import LoadedPage
from dynamorm.model.reads.pages import Page
from dynamorm.model.reads.plans import loaded_pages
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.model.verbs.drivers import DryRunEnded, drive_stream

Model = TypeVar("Model")


class PageSource(Generic[Model]):
    """The pages of a read, each read when it is requested.

    An error is raised again at each further request, so that it does not look like the end of the read. A request that
    was interrupted, with Ctrl-C for example, is sent again when the page is requested again.
    """

    def __init__(self, settings: ReadSettings) -> None:
        #: The error that ended the reading.
        self.error: Exception | None = None
        #: Whether all pages were read.
        self.is_finished = False
        self._settings = settings
        self._pages: Iterator[LoadedPage[Model]] | None = None
        self._latest: LoadedPage[Model] | None = None
        self._found_before = 0
        self._is_reading = False

    def next_page(self) -> LoadedPage[Model] | None:
        """Read the next page, and return it; return ``None`` at the end."""
        if self.error is not None:
            raise self.error
        if self._is_reading:
            raise DynaModelException(
                f"An iteration over a read of {self._settings.mapper.model_name} was asked for an item while it was "
                "reading a page: by a validator or a hook of the schema, for example. Use another read there."
            )
        self._is_reading = True
        try:
            return self._advance()
        except DryRunEnded:
            self._pages = None
            raise
        except Exception as error:
            self.error = error
            raise
        except BaseException:
            self._pages = None
            raise
        finally:
            self._is_reading = False

    def _advance(self) -> LoadedPage[Model] | None:
        if self._pages is None:
            rest = self._rest()
            self._pages = iter(()) if rest is None else drive_stream(rest.connection, loaded_pages(rest))
        page = next(self._pages, None)
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


class Iteration(Iterator[Model]):
    """One iteration over a read. Several threads may share it: each instance is returned to one of them."""

    def __init__(self, settings: ReadSettings) -> None:
        #: Whether the end was reported.
        self.has_ended = False
        self._source: PageSource[Model] = PageSource(settings)
        #: Pages that were read ahead, after the current one.
        self._waiting: deque[LoadedPage[Model]] = deque()
        self._page: LoadedPage[Model] | None = None
        self._instances: Iterator[Model] = iter(())
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
            if page is None:
                return False
            if self._page is not None:
                self._position_before, self._has_given_before = self._page.page.end, self.has_given
            self._page = page
            self._instances = page.instances
            return True


class Pages(Iterator[Page[Model]]):
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
            try:
                # Keeps what comes before an item that raises.
                self._instances.extend(loaded.instances)
            except Exception:
                self._missing.append(loaded.taken - 1)
                raise
            page = Page(self._instances, {*self._missing, *loaded.dropped}, loaded.page, self._settings.cursor_at)
            self._loaded, self._instances, self._missing, self.position = None, [], [], page.last
            return page

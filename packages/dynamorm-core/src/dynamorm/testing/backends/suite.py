"""The fixtures that all parts of the suite for backends share, and known deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.known_deviations import KnownDeviations
from dynamorm.testing.backends.table_maker import TableMaker
from dynamorm.testing.backends.tiers import current_test
from dynamorm.testing.backends.watching import TIMES_TO_OPEN, Watch, WatchedBackend, limit_close
from dynamorm.testing.tier_report import PROPERTY, ensure_report

#: The fixtures that stand for the one that an author provides: the backend for all tests, and others to be closed.
_OPENINGS = ("_given_backend", "_spare_backend", "_unused_backend")


class Suite(KnownDeviations):
    """The base of each part of :class:`~dynamorm.testing.BackendConformance`."""

    #: How many seconds the suite waits for one operation, or for a table to be active, before the test fails.
    seconds_to_wait: ClassVar[float] = 60
    #: The capability that all tests of a part need, if there is one.
    needed: ClassVar[Capability | None] = None
    #: Whether the report at the end of a run tells which tiers are kept: of the whole suite, not of a part.
    _reports_tiers: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        """Put the suite's own fixture between the author's fixture ``backend`` and the tests."""
        super().__init_subclass__(**options)
        definer = next(base for base in cls.__mro__ if "backend" in vars(base))
        given, ours = vars(definer)["backend"], vars(Suite)["backend"]
        if given is not ours and not definer.__module__.startswith("dynamorm.testing."):
            # A fixture has the name of the attribute that it stands at, so each of these opens a backend of its own.
            for name in _OPENINGS:
                setattr(cls, name, given)
            setattr(cls, "backend", ours)  # noqa: B010 -- it is a fixture, and no method for mypy

    @pytest.fixture(scope="class")
    @classmethod
    def _given_backend(cls) -> Backend:
        pytest.fail(f"{cls.__name__} has to override the fixture 'backend': see dynamorm.testing.BackendConformance.")

    @pytest.fixture(scope="class")
    @classmethod
    def watch(cls) -> Watch:
        """Return what limits each wait of the class."""
        return Watch(cls.seconds_to_wait)

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, request: pytest.FixtureRequest, watch: Watch) -> Backend:
        """Return the backend under test. Override this fixture."""
        return _opened(request, _OPENINGS[0], watch)

    @pytest.fixture(scope="class")
    @classmethod
    def spare_backends(cls, request: pytest.FixtureRequest, watch: Watch) -> tuple[Backend, Backend]:
        """Return two more backends that the author's fixture opened, to be closed: one to be used, and one unused."""
        used, unused = (_opened(request, name, watch) for name in _OPENINGS[1:])
        return used, unused

    @pytest.fixture(scope="class")
    @classmethod
    def reopen(cls) -> Callable[[], Backend] | None:
        """Return a function that opens another backend on what ``backend`` stores, or ``None``.

        Override this fixture if your backend keeps items itself, in files, say. Without it the suite can't tell whether
        they are still there when the backend is opened again. Items in memory are gone, so leave it as it is.
        """
        return None

    @pytest.fixture(scope="class")
    @classmethod
    def tables(cls, backend: Backend, watch: Watch) -> Iterator[TableMaker]:
        """Create the tables that the tests use, and delete them after the last test of the class."""
        tables = TableMaker(backend, watch)
        yield tables
        tables.delete_all()

    @pytest.fixture
    def table(self, tables: TableMaker) -> str:
        """Return the name of a table with the hash key ``id``, a string. Other tests use it, too."""
        return tables.shared("S")

    @pytest.fixture
    def key(self) -> str:
        """Return a hash key that no other test uses."""
        return uuid4().hex

    @pytest.fixture(autouse=True)
    def _current_test(self, request: pytest.FixtureRequest, backend: Backend, _given_backend: Backend) -> None:
        # The author's fixture is named here so that pytest knows what the test needs. It comes after the suite's own,
        # which waits for it no longer than the suite waits for anything.
        self._note_tier(request, backend)

    def _note_tier(self, request: pytest.FixtureRequest, backend: Backend) -> None:
        """Note the tier of the test on its report."""
        definer = next(base for base in type(self).__mro__ if request.node.originalname in vars(base))
        # No operation needs streams yet, so that nothing is missing without them.
        tested = (each for each in Capability if each is not Capability.STREAMS)
        missing = [capability.value for capability in tested if capability not in backend.capabilities]
        entry = current_test.begin(type(self).__name__, getattr(definer, "needed", None), missing)
        if self._reports_tiers:
            ensure_report(request.config)
            request.node.user_properties.append((PROPERTY, entry))


def _opened(request: pytest.FixtureRequest, name: str, watch: Watch) -> Backend:
    given: Backend = watch.run(lambda: request.getfixturevalue(name), lambda: "The fixture 'backend'", TIMES_TO_OPEN)
    limit_close(given, watch)
    return WatchedBackend(given, watch)

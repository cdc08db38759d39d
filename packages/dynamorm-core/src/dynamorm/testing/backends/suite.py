"""The fixtures that all parts of the suite for backends share, and known deviations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from uuid import uuid4

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.table_maker import TableMaker


class Suite:
    """The base of each part of :class:`~dynamorm.testing.BackendConformance`."""

    #: Where the service behind a backend is known to differ from DynamoDB: the name of a test, alone
    #: (``"test_scan_page_of_one_megabyte"``) or with one of its cases as pytest prints it
    #: (``"test_update[no-actions]"``), and the reason. Such a test is expected to fail. If it passes one day, it is
    #: reported as failed, so that you notice and remove the entry.
    known_deviations: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        """Return the backend under test. Override this fixture."""
        pytest.fail(f"{cls.__name__} has to override the fixture 'backend': see dynamorm.testing.BackendConformance.")

    @pytest.fixture(scope="class")
    @classmethod
    def tables(cls, backend: Backend) -> Iterator[TableMaker]:
        """Create the tables that the tests use, and delete them after the last test of the class."""
        tables = TableMaker(backend)
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
    def _expect_known_deviations(self, request: pytest.FixtureRequest) -> None:
        reason = self.known_deviations.get(request.node.name, self.known_deviations.get(request.node.originalname))
        if reason is not None:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def test_known_deviations_are_tests(self) -> None:
        """Every known deviation names an existing test."""
        unknown = [name for name in self.known_deviations if not hasattr(self, name.partition("[")[0])]
        assert unknown == []

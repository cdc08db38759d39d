"""What the parts of the suite for backends share: its fixtures, and the table of known deviations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from uuid import uuid4

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.table_maker import TableMaker


class Suite:
    """The base of each part of :class:`~dynamorm.testing.BackendConformance`."""

    #: What the service behind a backend is known to do otherwise than DynamoDB: the name of a test, alone
    #: (``"test_scan_page_of_one_megabyte"``) or with one of its cases as pytest prints it
    #: (``"test_update[no-actions]"``), and the reason. Such a test is an expected failure, and a strict one:
    #: when it passes one day, it says so, and the entry can go.
    known_deviations: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        """The backend that is tested. To be overridden."""
        pytest.fail(f"{cls.__name__} has to override the fixture 'backend': see dynamorm.testing.BackendConformance.")

    @pytest.fixture(scope="class")
    @classmethod
    def tables(cls, backend: Backend) -> Iterator[TableMaker]:
        """Makes the tables that the tests use, and deletes them when the last test of the class is done."""
        tables = TableMaker(backend)
        yield tables
        tables.delete_all()

    @pytest.fixture
    def table(self, tables: TableMaker) -> str:
        """The name of a table with the hash key ``id``, a string, which other tests use too."""
        return tables.shared("S")

    @pytest.fixture
    def key(self) -> str:
        """A hash key that no other test uses."""
        return uuid4().hex

    @pytest.fixture(autouse=True)
    def _expect_known_deviations(self, request: pytest.FixtureRequest) -> None:
        reason = self.known_deviations.get(request.node.name, self.known_deviations.get(request.node.originalname))
        if reason is not None:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def test_known_deviations_are_tests(self) -> None:
        """Each known deviation names a test that exists."""
        unknown = [name for name in self.known_deviations if not hasattr(self, name.partition("[")[0])]
        assert unknown == []

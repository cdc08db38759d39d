"""The conformance suite for backends, one module for each subject."""

from __future__ import annotations

from typing import ClassVar

from dynamorm.testing.backends.batches import BatchTests
from dynamorm.testing.backends.capacity import CapacityTests
from dynamorm.testing.backends.closing import ClosedBackendTests
from dynamorm.testing.backends.concurrency import ConcurrencyTests
from dynamorm.testing.backends.conditions import ConditionTests
from dynamorm.testing.backends.copies import CopyTests
from dynamorm.testing.backends.indexes import IndexTests
from dynamorm.testing.backends.invalid_values import InvalidValueTests
from dynamorm.testing.backends.isolation import IsolationTests
from dynamorm.testing.backends.items import ItemTests
from dynamorm.testing.backends.keys import KeyTests
from dynamorm.testing.backends.limits import LimitTests
from dynamorm.testing.backends.multi_attribute_keys import MultiAttributeKeyTests
from dynamorm.testing.backends.multi_attribute_queries import MultiAttributeQueryTests
from dynamorm.testing.backends.promises import PromiseTests
from dynamorm.testing.backends.queries import QueryTests
from dynamorm.testing.backends.reopening import ReopeningTests
from dynamorm.testing.backends.scans import ScanTests
from dynamorm.testing.backends.secrecy import SecrecyTests
from dynamorm.testing.backends.table_lists import TableListTests
from dynamorm.testing.backends.table_settings import TableSettingTests
from dynamorm.testing.backends.table_updates import TableUpdateTests
from dynamorm.testing.backends.tables import TableTests
from dynamorm.testing.backends.transactions import TransactionTests
from dynamorm.testing.backends.unknown_parts import UnknownPartTests
from dynamorm.testing.backends.updates import UpdateTests
from dynamorm.testing.backends.values import ValueTests


class BackendConformance(
    PromiseTests,
    TableTests,
    TableUpdateTests,
    TableListTests,
    TableSettingTests,
    ItemTests,
    ValueTests,
    InvalidValueTests,
    LimitTests,
    ConditionTests,
    UpdateTests,
    KeyTests,
    QueryTests,
    ScanTests,
    IndexTests,
    MultiAttributeKeyTests,
    MultiAttributeQueryTests,
    BatchTests,
    TransactionTests,
    CapacityTests,
    ClosedBackendTests,
    CopyTests,
    ReopeningTests,
    SecrecyTests,
    UnknownPartTests,
    ConcurrencyTests,
    IsolationTests,
):
    """Test everything that DynamORM relies on in a backend: subclass this class and provide the backend.

    In a module that pytest collects::

        class TestMyBackend(BackendConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def backend(cls) -> Iterator[Backend]:
                with open_my_backend() as backend:
                    yield backend

    The fixture has the scope ``"class"`` or a wider one, because the tests share tables to save time. Each table has a
    unique name, and is deleted after the last test of the class.

    The tests pass operations of :mod:`dynamorm.data` to ``backend.execute``. They check results and classes of
    exceptions, and of messages only that they have no values of items. An operation that needs a capability which the
    backend does not state has to raise ``Unsupported``: the tests of that capability check this, and are reported as
    skipped. Tests that need no capability are the basic tier, and each capability is a tier of its own. The summary of
    pytest says which tiers were kept.

    No test waits longer than ``seconds_to_wait`` seconds for one operation, or for a table to be active; it fails
    instead, and names the operation. The operations run in a thread of the suite's. The fixture is used twice more, for
    backends that are closed. If your backend stores items itself, override the fixture ``reopen`` too: a function that
    opens another backend on the same items.

    Each rule is DynamoDB's own. Titles in quotation marks are pages of its developer guide; rules without a title were
    observed on Amazon's DynamoDB Local. If the *service* behind your backend is known to differ, list the tests that
    show it in ``known_deviations``.
    """

    _reports_tiers: ClassVar[bool] = True

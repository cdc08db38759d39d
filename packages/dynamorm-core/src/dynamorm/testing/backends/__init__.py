"""The suite for backends, in parts: a module of the package has the tests of one noun."""

from __future__ import annotations

from dynamorm.testing.backends.batches import BatchTests
from dynamorm.testing.backends.capacity import CapacityTests
from dynamorm.testing.backends.concurrency import ConcurrencyTests
from dynamorm.testing.backends.conditions import ConditionTests
from dynamorm.testing.backends.indexes import IndexTests
from dynamorm.testing.backends.items import ItemTests
from dynamorm.testing.backends.keys import KeyTests
from dynamorm.testing.backends.limits import LimitTests
from dynamorm.testing.backends.multi_attribute_keys import MultiAttributeKeyTests
from dynamorm.testing.backends.promises import PromiseTests
from dynamorm.testing.backends.queries import QueryTests
from dynamorm.testing.backends.scans import ScanTests
from dynamorm.testing.backends.table_settings import TableSettingTests
from dynamorm.testing.backends.table_updates import TableUpdateTests
from dynamorm.testing.backends.tables import TableTests
from dynamorm.testing.backends.transactions import TransactionTests
from dynamorm.testing.backends.updates import UpdateTests
from dynamorm.testing.backends.values import ValueTests


class BackendConformance(
    PromiseTests,
    TableTests,
    TableUpdateTests,
    TableSettingTests,
    ItemTests,
    ValueTests,
    LimitTests,
    ConditionTests,
    UpdateTests,
    KeyTests,
    QueryTests,
    ScanTests,
    IndexTests,
    MultiAttributeKeyTests,
    BatchTests,
    TransactionTests,
    CapacityTests,
    ConcurrencyTests,
):
    """Everything that DynamORM relies on in a backend: subclass it, and give it the backend.

    In a module that pytest collects::

        class TestMyBackend(BackendConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def backend(cls) -> Iterator[Backend]:
                with open_my_backend() as backend:
                    yield backend

    The fixture has the scope ``"class"`` or a wider one, because the tests share tables for speed. They
    give each table a name of its own, and delete it when the class is done.

    The tests speak the operations of :mod:`dynamorm.data` to ``backend.execute``, and look at results and
    at classes of exceptions, never at messages. What the backend does not state in its ``capabilities``
    has to raise ``Unsupported``; the tests that need it check that, and are then shown as skipped.

    Each rule is one of DynamoDB; where no page of its developer guide is named, Amazon's DynamoDB Local
    has said so. What a *service* behind the backend is known to do otherwise is stated in
    ``known_deviations``.
    """

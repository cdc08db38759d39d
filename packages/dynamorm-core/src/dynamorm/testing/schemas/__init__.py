"""The conformance suite for schema adapters, one module for each subject."""

from __future__ import annotations

from dynamorm.testing.schemas.containers import ContainerTests
from dynamorm.testing.schemas.conversions import ConversionTests
from dynamorm.testing.schemas.date_times import DateTimeTests
from dynamorm.testing.schemas.definitions import DefinitionTests
from dynamorm.testing.schemas.documents import DocumentTests
from dynamorm.testing.schemas.errors import ErrorTests
from dynamorm.testing.schemas.items import ItemTests
from dynamorm.testing.schemas.nested import NestedTests
from dynamorm.testing.schemas.order import OrderTests
from dynamorm.testing.schemas.providers import ProviderTests
from dynamorm.testing.schemas.sharing import SharingTests
from dynamorm.testing.schemas.typed import TypedTests
from dynamorm.testing.schemas.validators import ValidatorTests
from dynamorm.testing.schemas.values import ValueTests


class SchemaConformance(
    ProviderTests,
    DefinitionTests,
    ValueTests,
    ConversionTests,
    DateTimeTests,
    ItemTests,
    ErrorTests,
    ContainerTests,
    NestedTests,
    ValidatorTests,
    OrderTests,
    SharingTests,
    DocumentTests,
    TypedTests,
):
    """Test everything that DynamORM relies on in a schema adapter: subclass this class and provide the library.

    In a module that pytest collects::

        class TestMyAdapter(SchemaConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def library(cls) -> SchemaLibrary:
                return MyLibrary()

    ``MyLibrary`` is a :class:`~dynamorm.testing.SchemaLibrary`: it makes schemas from the fields that the tests
    describe with ``dynamorm.testing.schemas.fields``. If the library can't do something, leave it out of
    ``capabilities``, and refuse it: the tests of that capability check this, and are reported as skipped.

    The tests call the adapter as the core does. They check values and classes of exceptions, never messages.

    At the end of the run, pytest's summary tells what was reached: whether the basic tier is kept, which is all that
    needs no capability, and each capability that the library states.
    """

    _reports_tiers = True

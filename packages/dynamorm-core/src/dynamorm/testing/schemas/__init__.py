"""The suite for schema adapters, in parts: a module of the package has the tests of one noun."""

from __future__ import annotations

from dynamorm.testing.schemas.definitions import DefinitionTests
from dynamorm.testing.schemas.items import ItemTests
from dynamorm.testing.schemas.nested import NestedTests
from dynamorm.testing.schemas.validators import ValidatorTests
from dynamorm.testing.schemas.values import ValueTests


class SchemaConformance(DefinitionTests, ValueTests, ItemTests, NestedTests, ValidatorTests):
    """Everything that DynamORM relies on in a schema adapter: subclass it, and give it the library.

    In a module that pytest collects::

        class TestMyAdapter(SchemaConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def library(cls) -> SchemaLibrary:
                return MyLibrary()

    ``MyLibrary`` is a :class:`~dynamorm.testing.SchemaLibrary`: it makes schemas of the fields that the tests
    describe with ``dynamorm.testing.schemas.fields``. What the library itself can't do, it does not state in its
    ``capabilities``, and has to refuse; the tests that need it check that, and are then shown as skipped.

    The tests call the adapter as the core does, and look at values and at classes of exceptions, never at messages.
    """

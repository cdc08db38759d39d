"""The adapters of Marshmallow, msgspec, Pydantic and Schematics keep a schema adapter's promises."""

from __future__ import annotations

import pytest

from dynamorm.testing import SchemaConformance, SchemaLibrary
from tests.support.schema_libraries.in_attrs import AttrsLibrary
from tests.support.schema_libraries.in_marshmallow import MarshmallowLibrary
from tests.support.schema_libraries.in_msgspec import DataclassLibrary, MsgspecLibrary
from tests.support.schema_libraries.in_pydantic import PydanticLibrary
from tests.support.schema_libraries.in_schematics import SchematicsLibrary


class TestMarshmallow(SchemaConformance):
    """Marshmallow 3 or 4, whichever is installed."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Bare classes with Marshmallow's fields."""
        return MarshmallowLibrary()


class TestSchematics(SchemaConformance):
    """Schematics 2.1."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Bare classes with Schematics' types."""
        return SchematicsLibrary()


class TestPydantic(SchemaConformance):
    """Pydantic 2."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Bare classes with annotations."""
        return PydanticLibrary()


class TestMsgspec(SchemaConformance):
    """Structs of msgspec."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Structs."""
        return MsgspecLibrary()


class TestDataclasses(SchemaConformance):
    """Dataclasses, which msgspec validates."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Dataclasses."""
        return DataclassLibrary()


class TestAttrs(SchemaConformance):
    """attrs, with cattrs."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """attrs classes."""
        return AttrsLibrary()

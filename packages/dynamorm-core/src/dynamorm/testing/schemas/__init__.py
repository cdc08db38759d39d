"""The suite for schema adapters, and the words in which its schemas are described."""

from __future__ import annotations

from dynamorm.testing.schemas.fields import SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary

__all__ = ["SchemaCapability", "SchemaLibrary"]

"""The interface through which the tests use a schema library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from dynamorm.ports.schemas import SchemaAdapter, SchemaProvider
from dynamorm.testing.schemas.fields import Field, SchemaCapability


class SchemaLibrary(ABC):
    """Make inner ``Schema`` classes from described fields, for :class:`~dynamorm.testing.SchemaConformance`."""

    #: The provider that the hook ``dynamorm_register_schema`` returns.
    provider: SchemaProvider
    #: The optional capabilities that the library has.
    capabilities: frozenset[SchemaCapability]

    @abstractmethod
    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        """Return an inner ``Schema`` class with these *fields* by name, as a user of the library writes it.

        The schema refuses unknown names, or allows them with *extra*. Raise ``NotImplementedError`` for a field or an
        option that needs a capability which is not stated.
        """

    def refused(self, errors: Any) -> set[str]:
        """Return the names of the fields that the *errors* of a ``ValidationError`` are about.

        These are the keys of *errors*. Override this method if the library's errors have another shape.
        """
        return set(errors)

    def adapter(self, fields: Mapping[str, Field], *, extra: bool = False, model_name: str = "Thing") -> SchemaAdapter:
        """Return the adapter of a schema with these *fields*."""
        return self.provider.adapt(model_name, self.schema(fields, extra=extra))

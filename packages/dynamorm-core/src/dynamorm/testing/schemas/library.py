"""A schema library as the tests see it: it spells described fields as its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from dynamorm.ports.schemas import SchemaAdapter, SchemaProvider
from dynamorm.testing.schemas.fields import Field, SchemaCapability


class SchemaLibrary(ABC):
    """Makes inner ``Schema`` classes of described fields, for :class:`~dynamorm.testing.SchemaConformance`."""

    #: The description that the hook ``dynamorm_register_schema`` answers.
    provider: SchemaProvider
    #: What the library has of what one may be without.
    capabilities: frozenset[SchemaCapability]

    @abstractmethod
    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        """An inner ``Schema`` class with these *fields* by name, as a user of the library writes it.

        Names that it does not know it refuses, or with *extra* lets through. Raises ``NotImplementedError`` for
        a field or an option that needs a capability which is not stated.
        """

    def refused(self, errors: Any) -> set[str]:
        """The names of the fields that the *errors* of a ``ValidationError`` are about.

        They are the keys of *errors*, unless the library has them in another shape: override it then.
        """
        return set(errors)

    def adapter(self, fields: Mapping[str, Field], *, extra: bool = False, model_name: str = "Thing") -> SchemaAdapter:
        """The adapter of a schema with these *fields*."""
        return self.provider.adapt(model_name, self.schema(fields, extra=extra))

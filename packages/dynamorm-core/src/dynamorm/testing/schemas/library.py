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
    #: The module that the entry point of the plugin names. As it stands, it is that of the installed entry point with
    #: the provider's name, or else the one in which ``claims`` is defined.
    plugin: str = ""
    #: The top-level modules of the library, which the plugin must not import. As it stands, the provider's name.
    modules: tuple[str, ...] = ()
    #: Exceptions with which the library itself refuses a definition, when the user's class is made: before the adapter
    #: sees it. What ``adapt`` raises is always a ``DynaModelException``.
    definition_errors: tuple[type[Exception], ...] = ()
    #: Whether nested objects are what is read, too. If not, they are only taken, and what is loaded has dicts.
    reads_objects: bool = True
    #: Whether errors name attributes, as the library's own errors do, and not fields. ``json_location`` of the adapter
    #: leads from the one to the other.
    errors_by_attribute: bool = False

    @abstractmethod
    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        """Return an inner ``Schema`` class with these *fields* by name, as a user of the library writes it.

        The schema refuses unknown names, or allows them with *extra*. Raise ``NotImplementedError`` for a field or an
        option that needs a capability which is not stated.
        """

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        """Return the native object with *values* by field name, for a *field* that was described with ``as_object``.

        It is an instance of the class that the latest schema with this *field* has for it. :meth:`schema` may keep the
        classes that it makes in a dictionary by the described field. Values that are nested further are objects
        already. Write this method if the library states ``SchemaCapability.NESTED_OBJECTS``.
        """
        raise NotImplementedError(f"{self.provider.name} has no nested objects.")

    def nested_values(self, native: Any) -> Mapping[str, Any]:
        """Return the values of a *native* nested value by field name, without those that are not set.

        Fields that are ``None`` count as not set. Override it for objects without a ``__dict__``.
        """
        return native if isinstance(native, Mapping) else vars(native)

    def refused(self, errors: Any) -> set[str]:
        """Return the names of the fields that the *errors* of a ``ValidationError`` are about.

        These are the keys of *errors*, or the attributes if the library has ``errors_by_attribute``. Override this
        method if the library's errors have another shape.
        """
        return set(errors)

    def adapter(self, fields: Mapping[str, Field], *, extra: bool = False, model_name: str = "Thing") -> SchemaAdapter:
        """Return the adapter that *model_name* has for a schema with these *fields*; *extra* as for :meth:`schema`."""
        return self.provider.adapt(model_name, self.schema(fields, extra=extra))

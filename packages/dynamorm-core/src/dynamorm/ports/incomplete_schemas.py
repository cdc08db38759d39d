"""Schemas with annotations that name what is not defined yet: what their adapters have in common.

An adapter raises :class:`UndefinedName` when it can't be made yet. Return an :class:`IncompleteAdapter` in its place,
with the fields that are known. The core completes it when the model is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter, SchemaField


class UndefinedName(DynaModelException):
    """An annotation names what is not defined, or not yet.

    Attributes:
        name: The name.
    """

    def __init__(self, name: str, model_name: str | None = None) -> None:
        where = "" if model_name is None else f" in the Schema of {model_name}"
        super().__init__(f"An annotation{where} names '{name}', which is not defined where the model is defined.")
        self.name = name


class IncompleteAdapter(SchemaAdapter):
    """Knows the fields of a schema, of which some are ``unresolved``, and has no values until it is completed.

    Args:
        model_name: The model's name, for errors.
        schema: The class that the complete adapter will have, or that it will be made of.
        fields: All fields by name. Each whose annotation names what is not defined has that name as ``unresolved``.
        adapt: Makes the complete adapter. Raises :class:`UndefinedName` if a name is still not defined.
        advice: A sentence for the error about such a name, if your library looks for names in a way of its own.
    """

    def __init__(
        self,
        model_name: str,
        schema: type,
        fields: Mapping[str, SchemaField],
        adapt: Callable[[], SchemaAdapter],
        *,
        advice: str = "",
    ) -> None:
        self.schema = schema
        self.fields = fields
        self._model_name = model_name
        self._adapt = adapt
        self._advice = advice
        #: Models that share the schema share the adapter.
        self._complete: SchemaAdapter | None = None

    def complete(self) -> SchemaAdapter:
        """Return the adapter of the schema, now that all of its names should be defined.

        Raises:
            DynaModelException: One is not.
        """
        if self._complete is None:
            try:
                self._complete = self._adapt()
            except UndefinedName as error:
                raise DynaModelException(
                    f"An annotation in the Schema of {self._model_name} names '{error.name}', which is not defined, "
                    "neither before the model nor after it. Define it in the same module, or import it there, and not "
                    f"under 'if TYPE_CHECKING': annotations of models are used at run time. {self._advice}".rstrip()
                ) from error
        return self._complete

    def defaults(self) -> NoReturn:
        """Raise ``DynaModelException``: only a complete adapter has values."""
        self._refuse()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        self._refuse()

    def load(self, item: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        self._refuse()

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise DynaModelException(f"The Schema of {self._model_name} is not complete yet.")

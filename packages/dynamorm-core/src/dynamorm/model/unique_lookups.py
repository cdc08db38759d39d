"""The verbs that look up an item by a unique value."""

from __future__ import annotations

from typing import Any, Self

from dynamorm.model import verbs
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own
from dynamorm.model.verbs.drivers import adrive, drive
from dynamorm.model.verbs.planned import planned_by


@own
class UniqueLookups(StoredInstance):
    """A base of :class:`~dynamorm.DynaModel`, with the look-up by a unique value."""

    __slots__ = ()

    @classmethod
    @planned_by("unique_lookups.by_unique")
    def by_unique(cls, /, **values: Any) -> Self | None:
        """Return the item that has a unique value, ``Customer.by_unique(email="a@example.com")``; ``None`` for none.

        It reads the guard of the value and the item, both consistently: two requests, and no index is needed.

        Args:
            values: The values of all fields of one :class:`~dynamorm.Unique` of the ``Table``, by field name.

        Raises:
            InvalidKey: No ``Unique`` has these fields, or a value is ``None``.
            DynaModelException: The model has no unique values.
            ValidationError: The schema refuses a value.
        """
        return drive(cls._mapper.table, verbs.unique_lookups.by_unique(cls, **values))

    @classmethod
    @planned_by("unique_lookups.by_unique")
    async def aby_unique(cls, /, **values: Any) -> Self | None:
        """Return the item that has a unique value, or ``None``, as :meth:`by_unique` does."""
        return await adrive(cls._mapper.table, verbs.unique_lookups.by_unique(cls, **values))

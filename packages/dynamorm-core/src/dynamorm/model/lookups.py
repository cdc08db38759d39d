"""The verbs that look up one item: by its primary key, or by a unique value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from dynamorm.model import verbs as plans
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own
from dynamorm.model.verbs import items as verbs
from dynamorm.model.verbs.drivers import adrive, drive
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenPaths


@own
class Lookups(StoredInstance):
    """A base of :class:`~dynamorm.DynaModel`, with the verbs that look up one item."""

    __slots__ = ()

    @classmethod
    @planned_by(".reads.gets.get")
    def get(
        cls,
        /,
        *parts: Any,
        consistent: bool = False,
        attrs: GivenPaths | None = None,
        with_: str | Sequence[str] | None = None,
        **key: Any,
    ) -> Self | None:
        """Return the item with this primary key; ``None`` when there is none, or when it has expired and is hidden.

        Args:
            parts: The parts of the key: the hash key, then the range key.
            consistent: Read consistently, at twice the cost.
            attrs: The attributes to read, ``"isbn, title"``; the instance is then partial. The whole item is paid for.
            with_: The name of a relationship to many, or several, whose instances are read by the same query as the
                item: see :meth:`joined() <dynamorm.model.reads.reads.QueryIterator.joined>`.
            key: The parts of the key, by field name.

        Raises:
            InvalidSchemaField: A name is not in the schema.
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
            DynaModelException: A relationship can't be read by the same query.
        """
        if with_ is None:
            return drive(cls._mapper.table, verbs.get(cls, *parts, consistent=consistent, attrs=attrs, **key))
        from dynamorm.model.reads.gets import get  # deferred: start-up cost

        return drive(cls._mapper.table, get(cls, *parts, consistent=consistent, attrs=attrs, with_=with_, **key))

    @classmethod
    @planned_by(".reads.gets.get")
    async def aget(
        cls,
        /,
        *parts: Any,
        consistent: bool = False,
        attrs: GivenPaths | None = None,
        with_: str | Sequence[str] | None = None,
        **key: Any,
    ) -> Self | None:
        """Return the item with this primary key, or ``None``, as :meth:`get` does."""
        if with_ is not None:
            from dynamorm.model.reads.gets import get  # deferred: start-up cost

            plan = get(cls, *parts, consistent=consistent, attrs=attrs, with_=with_, **key)
            return await adrive(cls._mapper.table, plan)
        return await adrive(cls._mapper.table, verbs.get(cls, *parts, consistent=consistent, attrs=attrs, **key))

    @classmethod
    @planned_by("unique_lookups.by_unique")
    def by_unique(cls, /, **values: Any) -> Self | None:
        """Return the item that has a unique value, ``Customer.by_unique(email="a@example.com")``, or ``None``.

        It reads the guard of the value and the item, both consistently: two requests, and no index is needed.

        Args:
            values: The values of all fields of one :class:`~dynamorm.Unique` of the ``Table``, by field name.

        Raises:
            InvalidKey: No ``Unique`` has these fields, or a value is ``None``.
            DynaModelException: The model has no unique values.
            ValidationError: The schema refuses a value.
        """
        return drive(cls._mapper.table, plans.unique_lookups.by_unique(cls, **values))

    @classmethod
    @planned_by("unique_lookups.by_unique")
    async def aby_unique(cls, /, **values: Any) -> Self | None:
        """Return the item that has a unique value, or ``None``, as :meth:`by_unique` does."""
        return await adrive(cls._mapper.table, plans.unique_lookups.by_unique(cls, **values))

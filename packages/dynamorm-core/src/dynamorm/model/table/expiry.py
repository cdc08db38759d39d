"""Leaving out items that have expired: DynamoDB deletes them within a few days, and gives them until then."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from dynamorm.data.conditions import (
    And,
    AttributeIsType,
    AttributeNotExists,
    Comparison,
    Condition,
    KeyCondition,
    Not,
    Or,
    Value,
)
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.table.keys import sentence
from dynamorm.ports.schemas import SchemaAdapter

ReadOperation = TypeVar("ReadOperation", Query, Scan)


def now() -> int:
    """The second since 1970 that it is now."""
    return int(time.time())


@record
class Expiry:
    """By which attribute the items of a model expire, and whether reads leave them out unless they are told otherwise.

    The rule is that of "Working with expired items and time to live (TTL)": an item has expired when its attribute is a number that
    is not greater than the present time.
    """

    name: str
    attribute: str
    hidden: bool

    def is_over(self, item: Item) -> bool:
        """Whether an *item* has expired."""
        value = item.get(self.attribute)
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value <= now()

    def check_index(self, spec: TableSpec, index: IndexSpec) -> None:
        """Refuses an *index* that does not hold the attribute: raises :class:`~dynamorm.exceptions.DynaModelException`."""
        keys = {attribute.name for attribute in (*spec.key_attributes, *index.key_attributes)}
        if index.projection.kind != "ALL" and self.attribute not in keys | set(index.projection.include):
            raise DynaModelException(
                f"The index '{index.name}' of '{spec.name}' does not hold '{self.name}', the ttl: what has expired can't be told "
                f"there. Add it to the projection, ProjectInclude('{self.name}', …), or read with unexpired(False)."
            )

    def leave_out(self, operation: ReadOperation, spec: TableSpec, index: IndexSpec | None) -> ReadOperation:
        """An *operation* on a table or an *index* of it that leaves out what has expired by now.

        DynamoDB allows no filter on a key that is queried. Of a range key the condition does it; raises
        :class:`~dynamorm.exceptions.InvalidKey` when there is one already, and for a hash key; and
        :class:`~dynamorm.exceptions.DynaModelException` for an index that does not know when its items expire.
        """
        if index is not None:
            self.check_index(spec, index)
        path, present = Path.of(self.attribute), Value(now())
        after = Comparison(">", path, present)
        if isinstance(operation, Query) and self.attribute in [key.name for key in (index or spec).key_attributes]:
            return replace(operation, key_condition=self._only(after, operation, index or spec))  # type: ignore[call-arg]
        unexpired: Condition = Or((AttributeNotExists(path), Not(AttributeIsType(path, "N")), after))
        both = unexpired if operation.filter is None else And((operation.filter, unexpired))
        return replace(operation, filter=both)

    def _only(self, after: Comparison, query: Query, read: TableSpec | IndexSpec) -> KeyCondition:
        condition = query.key_condition
        # Of a range key of several attributes, what comes before it would have to be given.
        if [key.name for key in read.range_keys[:1]] != [self.attribute] or condition.range_condition:
            raise InvalidKey(
                f"'{self.name}' is part of the key that this query of '{query.table}' reads by, where DynamoDB allows no filter. "
                f"Leave out what has expired with the key condition, {self.name}__gt=…, and call unexpired(False)."
            )
        return KeyCondition(condition.hash_key, after)


def expiry_of(adapter: SchemaAdapter, place: str, ttl: str | None, hide_expired: object) -> Expiry | None:
    """How the items of a ``Table`` expire, which *place* names in errors; ``None`` when they don't.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a ``hide_expired`` that can't be.
    """
    if not isinstance(hide_expired, bool):
        raise DynaModelException(f"The hide_expired of {place} is True or False, or left out.")
    if ttl is None:
        if hide_expired:
            raise DynaModelException(
                f"{sentence(place)} has hide_expired and no ttl, which names the field by which items expire."
            )
        return None
    return Expiry(ttl, adapter.fields[ttl].attribute, hide_expired)

"""Leaving out expired items: DynamoDB deletes them within a few days, and reads return them until then."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from dynamorm.data import clock
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
from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import ItemAbsent
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.table.keys import capitalized
from dynamorm.ports.schemas import SchemaAdapter

ReadOperation = TypeVar("ReadOperation", bound=Query | Scan)


def now() -> int:
    """Return the present time in whole seconds since 1970."""
    return int(clock.now())


@record
class Expiry:
    """The attribute by which the items of a model expire; with *hidden*, reads leave expired items out by default.

    By the rule of "Working with expired items and time to live (TTL)", an item has expired when its attribute is a
    number that is not greater than the present time.
    """

    name: str
    attribute: str
    hidden: bool

    def has_expired(self, item: Item) -> bool:
        """Return whether an *item* has expired."""
        value = item.get(self.attribute)
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value <= now()

    def expired(self) -> Condition:
        """Return the condition that an item has expired by now."""
        return Comparison("<=", Path.of(self.attribute), Value(now()))

    def check_index(self, spec: TableSpec, index: IndexSpec) -> None:
        """Raise :class:`~dynamorm.exceptions.DynaModelException` for an *index* that does not hold the attribute."""
        keys = {attribute.name for attribute in (*spec.key_attributes, *index.key_attributes)}
        if index.projection.kind != "ALL" and self.attribute not in keys | set(index.projection.include):
            instead = "use unexpired() elsewhere instead of hide_expired" if self.hidden else "leave out unexpired()"
            raise DynaModelException(
                f"The index '{index.name}' of '{spec.name}' does not hold '{self.name}', the ttl, so expired items "
                f"can't be recognised there. Add it to the projection, ProjectInclude('{self.name}', …), or {instead}."
            )

    def exclude_expired(self, operation: ReadOperation, spec: TableSpec, index: IndexSpec | None) -> ReadOperation:
        """Return an *operation*, on a table or an *index* of it, that leaves out items that have expired by now.

        DynamoDB allows no filter on a key that is queried; for a range key, the key condition does it instead.

        Raises:
            InvalidKey: The attribute is part of a hash key, or of a range key that has a condition already.
            DynaModelException: The index does not hold the attribute.
        """
        if index is not None:
            self.check_index(spec, index)
        path, present = Path.of(self.attribute), Value(now())
        after = Comparison(">", path, present)
        if isinstance(operation, Query) and self.attribute in [key.name for key in (index or spec).key_attributes]:
            key_condition = self._with_key_condition(after, operation, index or spec)
            return replace(operation, key_condition=key_condition)
        unexpired: Condition = Or((AttributeNotExists(path), Not(AttributeIsType(path, "N")), after))
        both = unexpired if operation.filter is None else And((operation.filter, unexpired))
        return replace(operation, filter=both)

    def _with_key_condition(self, after: Comparison, query: Query, read: TableSpec | IndexSpec) -> KeyCondition:
        condition = query.key_condition
        # In a range key of several attributes, a condition needs values for all attributes before it.
        if [key.name for key in read.range_keys[:1]] != [self.attribute] or condition.range_condition:
            raise InvalidKey(
                f"'{self.name}' is part of the key that this query of '{query.table}' uses, where DynamoDB allows no "
                f"filter. Leave out expired items with the key condition, {self.name}__gt=…, and call unexpired(False)."
            )
        return KeyCondition(condition.hash_key, after)


def absent_or_expired(expiry: Expiry | None) -> ItemAbsent:
    """Return the precondition that there is no item, or one that has expired and is hidden."""
    return ItemAbsent() if expiry is None or not expiry.hidden else ItemAbsent(unless=expiry.expired())


def parse_expiry(adapter: SchemaAdapter, label: str, ttl: str | None, hide_expired: object) -> Expiry | None:
    """Return how the items of a ``Table``, which *label* names in errors, expire; ``None`` when they don't.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for an invalid ``hide_expired``.
    """
    if not isinstance(hide_expired, bool):
        raise DynaModelException(f"The hide_expired of {label} must be True or False, or left out.")
    if ttl is None:
        if hide_expired:
            raise DynaModelException(
                f"{capitalized(label)} has hide_expired but no ttl, the field that says when an item expires."
            )
        return None
    return Expiry(ttl, adapter.fields[ttl].attribute, hide_expired)

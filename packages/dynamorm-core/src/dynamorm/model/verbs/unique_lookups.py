"""The look-up of an item by a unique value: one plan."""

from __future__ import annotations

from typing import Any, TypeVar

from dynamorm.data.values import Item
from dynamorm.engine.plans import items
from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.constraints.unique import UniqueRule
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance

Model = TypeVar("Model", bound=StoredInstance)

#: How often a value is looked up that one item gives up, and another one gets, meanwhile.
ATTEMPTS = 3


def by_unique(model: type[Model], /, **values: Any) -> Plan[Model | None]:
    """Read the guard of unique *values*, by field name, and then the item that has them."""
    mapper = model._mapper
    rule = _rule(mapper, values)
    stored = [mapper.fields.stored_value(name, values[name]) for name in rule.fields]
    hash_key, origin = rule.hash_key(stored), mapper.table.origin()
    assert hash_key is not None, "no value is None"
    spec = rule.spec(None)
    for _ in range(ATTEMPTS):
        guard = yield from items.get(spec, rule.place.key(spec, hash_key), consistent=True)
        owner: Any = None if guard is None or rule.has_expired(guard) else rule.owner(guard)
        if owner is None:
            return None
        item: Item | None = yield from items.get(mapper.spec, owner, consistent=True)
        if item is not None and rule.hash_key_of(item) == hash_key:
            if mapper.table.is_hidden(item):
                return None
            found: Model = model._load(item, origin=origin)
            return found
    return None


def _rule(mapper: Mapper, values: dict[str, Any]) -> UniqueRule:
    """Return the rule of the fields of *values*. Raise ``InvalidKey`` if there is none, or a value is ``None``."""
    rules = () if mapper.constraints is None else mapper.constraints.unique
    found: UniqueRule | None = next((rule for rule in rules if set(rule.fields) == values.keys()), None)
    if found is None:
        for name in values:
            mapper.fields.field(name)
        if not rules:
            raise DynaModelException(
                f"{mapper.model_name} has no unique values to look up: declare them in its Table, unique = "
                "[Unique('…')]. To find items by other fields, use query with an index, or scan."
            )
        calls = " or ".join(f"by_unique({', '.join(f'{name}=…' for name in rule.fields)})" for rule in rules)
        raise InvalidKey(f"by_unique of {mapper.model_name} takes all fields of one rule: {calls}.")
    for name, value in values.items():
        if value is None:
            raise InvalidKey(
                f"by_unique of {mapper.model_name} was given None as '{name}'. An item without a value takes part in "
                "no rule: find it by query with an index, or by scan."
            )
    return found

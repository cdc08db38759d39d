"""What a query reads: key conditions on keys, and a filter of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dynamorm.data.conditions import (
    BeginsWith,
    Between,
    Comparison,
    Condition,
    KeyCondition,
    Operand,
    RangeCondition,
    Value,
    paths,
)
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeValue, type_of
from dynamorm.exceptions import InvalidKey, MissingKey
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.operators import Lookup, conjunction


def split_conditions(
    fields: SchemaFields, keyed: TableSpec | IndexSpec, expressions: Sequence[Expression], place: str
) -> tuple[KeyCondition, Condition | None]:
    """Splits the *expressions* of a query into its key condition and its filter.

    *keyed* is the table or the index that is queried; *place* names it in errors. DynamoDB allows ``=`` on
    the hash key, and one condition on the range key; see "Key condition expressions for the Query operation". Of a
    key of several attributes it wants ``=`` on each hash attribute, and takes range attributes from the left, with ``=``
    on all but the last of them; see "Multi-attribute keys pattern".

    Raises :class:`~dynamorm.exceptions.InvalidKey` for anything else on a key.
    """
    on_keys: dict[str, list[Lookup]] = {attribute.name: [] for attribute in keyed.key_attributes}
    others: list[Expression] = []
    for expression in expressions:
        for term in expression.terms(fields):
            attribute = _attribute(fields, term)
            if isinstance(term, Lookup) and attribute in on_keys:
                on_keys[attribute].append(term)
            else:
                others.append(term)
    hash_values = _hash_values(fields, keyed, on_keys, place)
    condition = KeyCondition(hash_values, _range_conditions(fields, keyed, on_keys, place))
    filter_ = conjunction(others, fields)
    if filter_ is not None:
        _refuse_keys(filter_, keyed, place)
    return condition, filter_


def _attribute(fields: SchemaFields, term: Expression) -> str | None:
    if not isinstance(term, Lookup) or len(term.names) > 1 or term.sized:
        return None
    return fields.locate(term.names).path.attribute


def _quoted(attributes: Sequence[KeyAttribute]) -> str:
    return " and ".join(f"'{attribute.name}'" for attribute in attributes)


def _hash_values(
    fields: SchemaFields, keyed: TableSpec | IndexSpec, on_keys: Mapping[str, list[Lookup]], place: str
) -> dict[str, AttributeValue]:
    missing = [attribute for attribute in keyed.hash_keys if not on_keys[attribute.name]]
    if missing:
        several = f"{_quoted(missing)} of " if len(keyed.hash_keys) > 1 else ""
        raise MissingKey(
            f"A query of {place} needs the value of {several}its hash key {_quoted(keyed.hash_keys)}. To look through all "
            "items use scan, which reads them all."
        )
    return {
        attribute.name: _hash_value(fields, attribute, on_keys[attribute.name], place) for attribute in keyed.hash_keys
    }


def _hash_value(fields: SchemaFields, attribute: KeyAttribute, lookups: list[Lookup], place: str) -> AttributeValue:
    name = attribute.name
    for lookup in lookups:
        if lookup.operator != "eq":
            raise InvalidKey(
                f"A query of {place} needs one value of its hash key '{name}', and '{lookup.operator}' asks for several. "
                f"Use scan({lookup.names[0]}__{lookup.operator}=…), which reads all items, or make '{name}' the range key of "
                "the table or of an index, where a query can use such a condition."
            )
    if len(lookups) > 1:
        raise InvalidKey(
            f"A query of {place} was given {len(lookups)} values for its hash key '{name}'. Make one query each."
        )
    condition = lookups[0].resolve(fields)
    assert isinstance(condition, Comparison)
    if not isinstance(condition.right, Value):
        raise InvalidKey(f"The hash key '{name}' of {place} can be compared with a value only, not with another field.")
    _check_type(attribute, condition.right, place)
    return condition.right.value


def _range_conditions(
    fields: SchemaFields, keyed: TableSpec | IndexSpec, on_keys: Mapping[str, list[Lookup]], place: str
) -> tuple[RangeCondition, ...]:
    given = [attribute for attribute in keyed.range_keys if on_keys[attribute.name]]
    conditions = [_range_condition(fields, attribute, on_keys[attribute.name], place) for attribute in given]
    for attribute, before, condition in zip(given[1:], given, conditions, strict=False):
        if not isinstance(condition, Comparison) or condition.operator != "=":
            lookup, behind = on_keys[before.name][0], on_keys[attribute.name][0]
            raise InvalidKey(
                f"A query of {place} takes '{lookup.operator}' on the last attribute of its range key that it names, and "
                f"'{attribute.name}' comes behind '{before.name}'. Give {lookup.names[0]}=… one value, or leave "
                f"{behind.names[0]} out of the query, or use scan, which reads all items."
            )
    for attribute, expected in zip(given, keyed.range_keys, strict=False):
        if attribute != expected:
            raise InvalidKey(
                f"A query of {place} has a condition on '{attribute.name}', and none on '{expected.name}', which comes "
                f"before it in the range key {_quoted(keyed.range_keys)}: items are in the order of the first, then of the "
                f"next. Give '{expected.name}' one value as well, or use scan, which reads all items."
            )
    return tuple(conditions)


def _range_condition(
    fields: SchemaFields, attribute: KeyAttribute, lookups: list[Lookup], place: str
) -> RangeCondition:
    name = attribute.name
    if len(lookups) > 1:
        operators = " and ".join(lookup.operator for lookup in lookups)
        raise InvalidKey(
            f"A query of {place} allows one condition on its range key '{name}', and was given {operators}. Use "
            f"{lookups[0].names[0]}__between=[lowest, highest] for a range."
        )
    condition = lookups[0].resolve(fields)
    allowed = isinstance(condition, (Between, BeginsWith)) or (
        isinstance(condition, Comparison) and condition.operator != "<>"
    )
    if not allowed:
        raise InvalidKey(
            f"A query of {place} can't use '{lookups[0].operator}' on its range key '{name}': DynamoDB allows eq, lt, lte, gt, "
            "gte, between and begins_with there, and no filter on a key. Use scan, which reads all items."
        )
    assert isinstance(condition, (Comparison, Between, BeginsWith))
    for operand in _operands(condition):
        if not isinstance(operand, Value):
            raise InvalidKey(
                f"The range key '{name}' of {place} can be compared with values only, not with another field."
            )
        _check_type(attribute, operand, place)
    return condition


def _operands(condition: RangeCondition) -> tuple[Operand, ...]:
    if isinstance(condition, Comparison):
        return (condition.right,)
    if isinstance(condition, Between):
        return (condition.low, condition.high)
    return (condition.prefix,)


def _check_type(attribute: KeyAttribute, operand: Value, place: str) -> None:
    if operand.value is None or type_of(operand.value) != attribute.type:
        raise InvalidKey(
            f"The key '{attribute.name}' of {place} is {KEY_TYPE_NAMES[attribute.type]}, and was compared with a value of the "
            f"type {type(operand.value).__name__}."
        )


def _refuse_keys(filter_: Condition, keyed: TableSpec | IndexSpec, place: str) -> None:
    names = {attribute.name for attribute in keyed.key_attributes}
    for path in paths(filter_):
        if path.attribute in names:
            raise InvalidKey(
                f"The key '{path.attribute}' of {place} stands in a filter, where DynamoDB allows no keys: below | or ~, "
                "or as a size. A query takes one condition on each key, AND-ed with the rest; otherwise use scan, which "
                "reads all items."
            )

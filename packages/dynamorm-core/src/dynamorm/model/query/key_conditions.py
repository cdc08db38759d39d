"""The conditions of a query: a key condition, which decides what is read, and a filter of the rest."""

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
    fields: SchemaFields, spec: TableSpec | IndexSpec, expressions: Sequence[Expression], target: str
) -> tuple[KeyCondition, Condition | None]:
    """Split the *expressions* of a query into its key condition and its filter.

    DynamoDB allows ``=`` on the hash key, and one condition on the range key; see "Key condition expressions for the
    Query operation". For a key of several attributes it requires ``=`` on each hash attribute, and accepts range
    attributes from the left, with ``=`` on all but the last of them; see "Multi-attribute keys pattern".

    Args:
        fields: The fields of the model.
        spec: The table or the index that is queried.
        expressions: The conditions, AND-ed.
        target: The table or the index, as error messages name it.

    Raises:
        MissingKey: A hash attribute has no value.
        InvalidKey: A key has any other condition.
    """
    lookups_by_key: dict[str, list[Lookup]] = {attribute.name: [] for attribute in spec.key_attributes}
    others: list[Expression] = []
    for expression in expressions:
        for term in expression.terms(fields):
            attribute = _attribute(fields, term)
            if isinstance(term, Lookup) and attribute in lookups_by_key:
                lookups_by_key[attribute].append(term)
            else:
                others.append(term)
    hash_values = _hash_values(fields, spec, lookups_by_key, target)
    condition = KeyCondition(hash_values, _range_conditions(fields, spec, lookups_by_key, target))
    filter_ = conjunction(others, fields)
    if filter_ is not None:
        _refuse_keys(filter_, spec, target)
    return condition, filter_


def _attribute(fields: SchemaFields, term: Expression) -> str | None:
    if not isinstance(term, Lookup) or len(term.names) > 1 or term.sized:
        return None
    return fields.locate(term.names).path.attribute


def _quoted(attributes: Sequence[KeyAttribute]) -> str:
    return " and ".join(f"'{attribute.name}'" for attribute in attributes)


def _hash_values(
    fields: SchemaFields, spec: TableSpec | IndexSpec, lookups_by_key: Mapping[str, list[Lookup]], target: str
) -> dict[str, AttributeValue]:
    missing = [attribute for attribute in spec.hash_keys if not lookups_by_key[attribute.name]]
    if missing:
        several = f"{_quoted(missing)} of " if len(spec.hash_keys) > 1 else ""
        raise MissingKey(f"A query of {target} needs the value of {several}its hash key {_quoted(spec.hash_keys)}.")
    return {
        attribute.name: _hash_value(fields, attribute, lookups_by_key[attribute.name], target)
        for attribute in spec.hash_keys
    }


def _hash_value(fields: SchemaFields, attribute: KeyAttribute, lookups: list[Lookup], target: str) -> AttributeValue:
    name = attribute.name
    for lookup in lookups:
        if lookup.operator != "eq":
            raise InvalidKey(
                f"A query of {target} needs one value of its hash key '{name}', but '{lookup.operator}' asks for "
                f"several. Use scan({lookup.names[0]}__{lookup.operator}=…), which reads all items, or make '{name}' "
                "the range key of the table or of an index, where a query can use such a condition."
            )
    if len(lookups) > 1:
        raise InvalidKey(
            f"A query of {target} was given {len(lookups)} values for its hash key '{name}'. Make one query for each."
        )
    _refuse_none(attribute, lookups[0], target)
    condition = lookups[0].resolve(fields)
    assert isinstance(condition, Comparison)
    if not isinstance(condition.right, Value):
        raise InvalidKey(
            f"The hash key '{name}' of {target} can only be compared with a value, not with another field."
        )
    _check_type(attribute, condition.right, target)
    return condition.right.value


def _range_conditions(
    fields: SchemaFields, spec: TableSpec | IndexSpec, lookups_by_key: Mapping[str, list[Lookup]], target: str
) -> tuple[RangeCondition, ...]:
    given = [attribute for attribute in spec.range_keys if lookups_by_key[attribute.name]]
    conditions = [_range_condition(fields, attribute, lookups_by_key[attribute.name], target) for attribute in given]
    for attribute, before, condition in zip(given[1:], given, conditions, strict=False):
        if not isinstance(condition, Comparison) or condition.operator != "=":
            lookup, following = lookups_by_key[before.name][0], lookups_by_key[attribute.name][0]
            raise InvalidKey(
                f"A query of {target} allows '{lookup.operator}' only on the last attribute of its range key that it "
                f"names, but '{attribute.name}' follows '{before.name}'. Give {lookup.names[0]}=… one value, or leave "
                f"{following.names[0]} out of the query, or use scan, which reads all items."
            )
    for attribute, expected in zip(given, spec.range_keys, strict=False):
        if attribute != expected:
            raise InvalidKey(
                f"A query of {target} has a condition on '{attribute.name}' but none on '{expected.name}', which comes "
                f"before it in the range key {_quoted(spec.range_keys)}: items are sorted by the first attribute, then "
                f"by the next. Give '{expected.name}' one value as well, or use scan, which reads all items."
            )
    return tuple(conditions)


def _range_condition(
    fields: SchemaFields, attribute: KeyAttribute, lookups: list[Lookup], target: str
) -> RangeCondition:
    name = attribute.name
    if len(lookups) > 1:
        operators = " and ".join(lookup.operator for lookup in lookups)
        raise InvalidKey(
            f"A query of {target} allows one condition on its range key '{name}', but was given {operators}. Use "
            f"{lookups[0].names[0]}__between=[lowest, highest] for a range."
        )
    _refuse_none(attribute, lookups[0], target)
    condition = lookups[0].resolve(fields)
    allowed = isinstance(condition, (Between, BeginsWith)) or (
        isinstance(condition, Comparison) and condition.operator != "<>"
    )
    if not allowed:
        raise InvalidKey(
            f"A query of {target} can't use '{lookups[0].operator}' on its range key '{name}': DynamoDB allows eq, lt, "
            "lte, gt, gte, between and begins_with there, and no filter on a key. Use scan, which reads all items."
        )
    assert isinstance(condition, (Comparison, Between, BeginsWith))
    for operand in _operands(condition):
        if not isinstance(operand, Value):
            raise InvalidKey(
                f"The range key '{name}' of {target} can only be compared with values, not with another field."
            )
        _check_type(attribute, operand, target)
    return condition


def _operands(condition: RangeCondition) -> tuple[Operand, ...]:
    if isinstance(condition, Comparison):
        return (condition.right,)
    if isinstance(condition, Between):
        return (condition.low, condition.high)
    return (condition.prefix,)


def _refuse_none(attribute: KeyAttribute, lookup: Lookup, target: str) -> None:
    if lookup.operand is None:
        _check_type(attribute, Value(None), target)


def _check_type(attribute: KeyAttribute, operand: Value, target: str) -> None:
    if operand.value is None or type_of(operand.value) != attribute.type:
        raise InvalidKey(
            f"The key '{attribute.name}' of {target} is {KEY_TYPE_NAMES[attribute.type]}, but was compared with a "
            f"value of the type {type(operand.value).__name__}."
        )


def _refuse_keys(filter_: Condition, spec: TableSpec | IndexSpec, target: str) -> None:
    names = {attribute.name for attribute in spec.key_attributes}
    for path in paths(filter_):
        if path.attribute in names:
            raise InvalidKey(
                f"The key '{path.attribute}' of {target} is used in a filter, where DynamoDB allows no keys: below | "
                "or ~, or as a size. A query takes one condition on each key, AND-ed with the rest; otherwise use "
                "scan, which reads all items."
            )

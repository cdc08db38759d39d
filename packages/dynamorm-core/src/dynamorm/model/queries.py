"""What a query reads: key conditions on keys, and a filter of the rest."""

from __future__ import annotations

from collections.abc import Sequence

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
from dynamorm.model.expressions import Expression
from dynamorm.model.fields import FieldTree
from dynamorm.model.operators import Lookup, conjunction


def split_conditions(
    fields: FieldTree, keyed: TableSpec | IndexSpec, expressions: Sequence[Expression], place: str
) -> tuple[KeyCondition, Condition | None]:
    """Splits the *expressions* of a query into its key condition and its filter.

    *keyed* is the table or the index that is queried; *place* names it in errors. DynamoDB allows ``=`` on
    the hash key, and one condition on the range key; see "Key condition expressions for the Query operation".

    Raises :class:`~dynamorm.exceptions.InvalidKey` for anything else on a key.
    """
    on_hash: list[Lookup] = []
    on_range: list[Lookup] = []
    others: list[Expression] = []
    for expression in expressions:
        for term in expression.terms(fields):
            attribute = _attribute(fields, term)
            if isinstance(term, Lookup) and attribute == keyed.hash_key.name:
                on_hash.append(term)
            elif isinstance(term, Lookup) and keyed.range_key is not None and attribute == keyed.range_key.name:
                on_range.append(term)
            else:
                others.append(term)
    condition = KeyCondition(
        _hash_value(fields, keyed, on_hash, place), _range_condition(fields, keyed, on_range, place)
    )
    filter_ = conjunction(others, fields)
    if filter_ is not None:
        _refuse_keys(filter_, keyed, place)
    return condition, filter_


def _attribute(fields: FieldTree, term: Expression) -> str | None:
    if not isinstance(term, Lookup) or len(term.names) > 1 or term.sized:
        return None
    return fields.locate(term.names).path.attribute


def _hash_value(
    fields: FieldTree, keyed: TableSpec | IndexSpec, lookups: list[Lookup], place: str
) -> tuple[str, AttributeValue]:
    name = keyed.hash_key.name
    if not lookups:
        raise MissingKey(
            f"A query of {place} needs the value of its hash key '{name}'. To look through all items use scan, which reads "
            "them all."
        )
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
    _check_type(keyed.hash_key, condition.right, place)
    return name, condition.right.value


def _range_condition(
    fields: FieldTree, keyed: TableSpec | IndexSpec, lookups: list[Lookup], place: str
) -> RangeCondition | None:
    if not lookups:
        return None
    assert keyed.range_key is not None
    name = keyed.range_key.name
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
        _check_type(keyed.range_key, operand, place)
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

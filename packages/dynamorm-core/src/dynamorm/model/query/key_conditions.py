"""The conditions of a query: a key condition, which decides what is read, and a filter of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

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
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeType, AttributeValue, type_of
from dynamorm.exceptions import InvalidKey, MissingKey
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.operators import Lookup, conjunction

#: The names of types in messages.
_TYPE_NAMES: Mapping[str, str] = {**dict(KEY_TYPE_NAMES.items()), "BOOL": "a boolean"}


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
        refuse_keys(filter_, spec, target)
    return condition, filter_


def _attribute(fields: SchemaFields, term: Expression) -> str | None:
    if not isinstance(term, Lookup) or len(term.names) > 1 or term.sized:
        return None
    return fields.locate(term.names).path.attribute


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _hash_values(
    fields: SchemaFields, spec: TableSpec | IndexSpec, lookups_by_key: Mapping[str, list[Lookup]], target: str
) -> dict[str, AttributeValue]:
    check_hash_key([attribute.name for attribute in spec.hash_keys], lookups_by_key, target)
    return {
        attribute.name: hash_value(fields, attribute.name, attribute.type, lookups_by_key[attribute.name], target)
        for attribute in spec.hash_keys
    }


def check_hash_key(names: Sequence[str], lookups_by_name: Mapping[str, Sequence[Lookup]], target: str) -> None:
    """Raise :class:`~dynamorm.exceptions.MissingKey` if a part of the hash key, by its *names*, has no condition."""
    missing = [name for name in names if not lookups_by_name.get(name)]
    if missing:
        several = f"{_quoted(missing)} of " if len(names) > 1 else ""
        raise MissingKey(f"A query of {target} needs the value of {several}its hash key {_quoted(names)}.")


def hash_value(
    fields: SchemaFields, name: str, type_: AttributeType, lookups: Sequence[Lookup], target: str
) -> AttributeValue:
    """Return the only value that *lookups*, of which there are some, give a part of a hash key.

    *name* names it in errors, and *type_* is the type of its values. Raises :class:`~dynamorm.exceptions.InvalidKey`
    for any other condition.
    """
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
    _refuse_none(name, type_, lookups[0], target)
    condition = lookups[0].resolve(fields)
    assert isinstance(condition, Comparison)
    if not isinstance(condition.right, Value):
        raise InvalidKey(
            f"The hash key '{name}' of {target} can only be compared with a value, not with another field."
        )
    _check_type(name, type_, condition.right, target)
    return condition.right.value


def _range_conditions(
    fields: SchemaFields, spec: TableSpec | IndexSpec, lookups_by_key: Mapping[str, list[Lookup]], target: str
) -> tuple[RangeCondition, ...]:
    given = [attribute for attribute in spec.range_keys if lookups_by_key[attribute.name]]
    conditions = [
        range_condition(fields, attribute.name, attribute.type, lookups_by_key[attribute.name], target)
        for attribute in given
    ]
    names = [attribute.name for attribute in spec.range_keys]
    check_order(
        names, dict(zip([attribute.name for attribute in given], conditions, strict=True)), lookups_by_key, target
    )
    return tuple(conditions)


def check_order(
    names: Sequence[str],
    given: Mapping[str, RangeCondition],
    lookups_by_name: Mapping[str, Sequence[Lookup]],
    target: str,
) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` unless the *given* conditions are on the first of the *names*.

    All but the last condition must compare with ``=``.
    """
    conditions = list(given.items())
    for (before, condition), (name, _) in pairwise(conditions):
        if not isinstance(condition, Comparison) or condition.operator != "=":
            lookup, following = lookups_by_name[before][0], lookups_by_name[name][0]
            raise InvalidKey(
                f"A query of {target} allows '{lookup.operator}' only on the last attribute of its range key that it "
                f"names, but '{name}' follows '{before}'. Give {lookup.names[0]}=… one value, or leave "
                f"{following.names[0]} out of the query, or use scan, which reads all items."
            )
    for name, expected in zip(given, names, strict=False):
        if name != expected:
            raise InvalidKey(
                f"A query of {target} has a condition on '{name}' but none on '{expected}', which comes before it in "
                f"the range key {_quoted(names)}: items are sorted by the first attribute, then by the next. Give "
                f"'{expected}' one value as well, or use scan, which reads all items."
            )


def range_condition(
    fields: SchemaFields, name: str, type_: AttributeType, lookups: Sequence[Lookup], target: str
) -> RangeCondition:
    """Return the condition of *lookups*, of which there are some, on a part of a range key.

    *name* names it in errors, and *type_* is the type of its values. Raises :class:`~dynamorm.exceptions.InvalidKey`
    for a condition that DynamoDB does not allow there.
    """
    if len(lookups) > 1:
        operators = " and ".join(lookup.operator for lookup in lookups)
        raise InvalidKey(
            f"A query of {target} allows one condition on its range key '{name}', but was given {operators}. Use "
            f"{lookups[0].names[0]}__between=[lowest, highest] for a range."
        )
    _refuse_none(name, type_, lookups[0], target)
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
    for operand in operands(condition):
        if not isinstance(operand, Value):
            raise InvalidKey(
                f"The range key '{name}' of {target} can only be compared with values, not with another field."
            )
        _check_type(name, type_, operand, target)
    return condition


def operands(condition: RangeCondition) -> tuple[Operand, ...]:
    """Return what a range key is compared with."""
    if isinstance(condition, Comparison):
        return (condition.right,)
    if isinstance(condition, Between):
        return (condition.low, condition.high)
    return (condition.prefix,)


def _refuse_none(name: str, type_: AttributeType, lookup: Lookup, target: str) -> None:
    if lookup.operand is None:
        _check_type(name, type_, Value(None), target)


def _check_type(name: str, type_: AttributeType, operand: Value, target: str) -> None:
    if operand.value is None or type_of(operand.value) != type_:
        raise InvalidKey(
            f"The key '{name}' of {target} is {_TYPE_NAMES[type_]}, but was compared with a value of the type "
            f"{type(operand.value).__name__}."
        )


def refuse_keys(filter_: Condition, spec: TableSpec | IndexSpec, target: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` for a *filter_* that uses a key of the table or the index."""
    names = {attribute.name for attribute in spec.key_attributes}
    for path in paths(filter_):
        if path.attribute in names:
            raise InvalidKey(
                f"The key '{path.attribute}' of {target} is used in a filter, where DynamoDB allows no keys: below | "
                "or ~, or as a size. A query takes one condition on each key, AND-ed with the rest; otherwise use "
                "scan, which reads all items."
            )

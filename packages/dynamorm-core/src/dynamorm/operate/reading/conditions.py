"""Conditions on attributes of a table, for those who read it without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Condition,
    Contains,
    In,
    KeyCondition,
    Not,
    Value,
)
from dynamorm.data.paths import Path
from dynamorm.data.records import field, record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import AttributeValue, normalise
from dynamorm.exceptions import InvalidKey, InvalidOperator, MissingKey

#: The comparisons, by the names that look-ups of models have.
COMPARISONS: dict[str, ComparisonOperator] = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
#: What the conditions on a range key of a query can be.
RANGE_KEY_OPERATORS = ("eq", "lt", "lte", "gt", "gte", "between", "begins_with")


@record
class TableCondition:
    """A condition on one attribute.

    Attributes:
        attribute: The name of the attribute in the table.
        operator: ``eq``, ``ne``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``, ``in``, ``begins_with``, ``contains``,
            ``not_contains``, ``exists``, ``not_exists`` or ``type``, which mean what they mean in look-ups of models.
        values: The operands: two for ``between``, any number for ``in``, none for ``exists`` and ``not_exists``.
    """

    attribute: str
    operator: str = "eq"
    values: tuple[AttributeValue, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, attribute: str, operator: str, value: Any) -> TableCondition:
        """Return the condition of a look-up with one *value*, as models have them: ``exists=False`` means absence."""
        if operator in {"exists", "not_exists"}:
            is_there = bool(value) is (operator == "exists")
            return cls(attribute, "exists" if is_there else "not_exists")
        if operator in {"in", "between"} and isinstance(value, (list, tuple)):
            return cls(attribute, operator, tuple(value))
        return cls(attribute, operator, (value,))

    def condition(self) -> Condition:
        """Return the condition.

        Raises:
            InvalidOperator: There is no such operator, or it takes another number of values.
            InvalidValue: A value can't be stored.
        """
        path = Path.of(self.attribute)
        operands = tuple(Value(normalise(value, self.attribute)) for value in self.values)
        if self.operator in COMPARISONS:
            self._check(1)
            return Comparison(COMPARISONS[self.operator], path, operands[0])
        if self.operator == "in":
            return In(path, operands)
        if self.operator not in _OTHERS:
            raise InvalidOperator(
                f"'{self.attribute}' has the operator '{self.operator}', and the operators are "
                f"{', '.join(TABLE_OPERATORS)}."
            )
        number, make = _OTHERS[self.operator]
        self._check(number)
        return make(path, operands)

    def _check(self, number: int) -> None:
        if len(self.values) != number:
            raise InvalidOperator(
                f"'{self.operator}' of '{self.attribute}' takes {number} value{'' if number == 1 else 's'}, and was "
                f"given {len(self.values)}."
            )


def _is_type(path: Path, operands: Sequence[Value]) -> Condition:
    return AttributeIsType(path, operands[0].value)  # type: ignore[arg-type]  # the service refuses others


#: The other operators: how many values each takes, and what makes its condition.
_OTHERS: dict[str, tuple[int, Callable[[Path, tuple[Value, ...]], Condition]]] = {
    "between": (2, lambda path, operands: Between(path, operands[0], operands[1])),
    "begins_with": (1, lambda path, operands: BeginsWith(path, operands[0])),
    "contains": (1, lambda path, operands: Contains(path, operands[0])),
    "not_contains": (1, lambda path, operands: Not(Contains(path, operands[0]))),
    "exists": (0, lambda path, _: AttributeExists(path)),
    "not_exists": (0, lambda path, _: AttributeNotExists(path)),
    "type": (1, _is_type),
}

#: The operators of a :class:`TableCondition`.
TABLE_OPERATORS = (*COMPARISONS, "in", *_OTHERS)


def with_key_words(read: TableSpec | IndexSpec, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return a *key* in which ``hash`` and ``range`` may stand for the attributes of a table or an index.

    An attribute of the key that is called so itself is meant first.
    """
    names = {each.name for each in read.key_attributes}
    words = {"hash": read.hash_keys, "range": read.range_keys}
    return {
        words[name][0].name if name in words and name not in names and len(words[name]) == 1 else name: value
        for name, value in key.items()
    }


def all_of(conditions: Sequence[TableCondition]) -> Condition | None:
    """Return the AND of *conditions*; ``None`` without any."""
    made = tuple(each.condition() for each in conditions)
    return (made[0] if len(made) == 1 else And(made)) if made else None


def split_conditions(
    spec: TableSpec, index: IndexSpec | None, conditions: Sequence[TableCondition]
) -> tuple[KeyCondition, Condition | None]:
    """Return the key condition, and the filter, that *conditions* are for a query of a table or of one *index*.

    Raises:
        MissingKey: An attribute of the hash key has no value.
        InvalidKey: A condition on the range key is none that a query can have.
    """
    read: TableSpec | IndexSpec = index or spec
    where = f"'{spec.name}'" if index is None else f"the index '{index.name}' of '{spec.name}'"
    hash_values: dict[str, AttributeValue] = {}
    range_conditions: dict[str, TableCondition] = {}
    hash_names, range_names = ([each.name for each in keys] for keys in (read.hash_keys, read.range_keys))
    others: list[TableCondition] = []
    for given in conditions:
        (name,) = with_key_words(read, {given.attribute: None})
        each = replace(given, attribute=name)
        if each.attribute in hash_names and each.operator == "eq" and each.attribute not in hash_values:
            each.condition()
            hash_values[each.attribute] = normalise(each.values[0], each.attribute)
        elif each.attribute in range_names and each.attribute not in range_conditions:
            if each.operator not in RANGE_KEY_OPERATORS:
                raise InvalidKey(
                    f"A query can't use '{each.operator}' on '{each.attribute}', the range key of {where}. It takes "
                    f"{', '.join(RANGE_KEY_OPERATORS)}. Scan for other conditions."
                )
            range_conditions[each.attribute] = each
        elif each.attribute in (*hash_names, *range_names):
            of_hash_key = each.attribute in hash_names
            needed = f"equality, {each.attribute}=…" if of_hash_key else f"{each.attribute}__between=… for a range"
            raise InvalidKey(
                f"'{each.attribute}' is part of the key of {where}, on which a query has one condition: {needed}."
            )
        else:
            others.append(each)
    missing = [name for name in hash_names if name not in hash_values]
    if missing:
        raise MissingKey(f"A query of {where} needs a value of its hash key: {' and '.join(missing)}.")
    leading = [range_conditions[name].condition() for name in range_names if name in range_conditions]
    if len(leading) < len(range_names) and [*range_conditions] and range_names[0] not in range_conditions:
        raise InvalidKey(f"A condition on the range key of {where} begins with '{range_names[0]}'.")
    return KeyCondition(hash_values, tuple(leading) or None), all_of(others)  # type: ignore[arg-type]  # see RANGE_KEY_OPERATORS

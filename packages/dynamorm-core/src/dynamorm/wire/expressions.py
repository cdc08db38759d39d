"""Conditions, updates, projections and key conditions as DynamoDB's expression strings.

Each attribute name and each value is replaced by a placeholder, so that reserved words, dots and other special
characters in names are safe; see "Expression attribute names (aliases) in DynamoDB". A name has the same placeholder
wherever it occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from dynamorm.data import (
    Add,
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    Condition,
    Contains,
    Delete,
    IfNotExists,
    In,
    KeyCondition,
    ListAppend,
    Minus,
    Not,
    Operand,
    Or,
    Path,
    Plus,
    Remove,
    Set,
    SetValue,
    Size,
    UpdateAction,
    Value,
    values,
)
from dynamorm.data.conditions import too_deep, unknown
from dynamorm.wire.attributes import AttributeCodec, AttributeJson

Writer = TypeVar("Writer")


class Expressions:
    """Builds the expressions of one request, with the placeholders that they share."""

    def __init__(self, codec: AttributeCodec) -> None:
        self._codec = codec
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, AttributeJson] = {}

    @property
    def names(self) -> dict[str, str]:
        """The attribute names by placeholder: the parameter ``ExpressionAttributeNames``."""
        return {placeholder: name for name, placeholder in self._placeholders.items()}

    @property
    def values(self) -> dict[str, AttributeJson]:
        """The values by placeholder, as DynamoDB JSON: the parameter ``ExpressionAttributeValues``."""
        return self._values

    def condition(self, condition: Condition) -> str:
        """Return a condition or filter expression.

        See "Condition and filter expressions, operators, and functions in DynamoDB".

        Raises:
            RequestRejected: The condition is nested more deeply than DynamoDB allows.
            Unsupported: A condition or an operand is of an unknown type.
        """
        try:
            return self.part(condition)
        except RecursionError:
            raise too_deep() from None

    def part(self, condition: Condition) -> str:
        """Return the expression for a part of a condition."""
        return _CONDITIONS[type(condition)](self, condition)

    def key_condition(self, condition: KeyCondition) -> str:
        """Return a key condition expression; see "Key condition expressions for the Query operation in DynamoDB"."""
        equalities = (f"{self._name(name)} = {self.value(value)}" for name, value in condition.hash_values.items())
        return " AND ".join((*equalities, *map(self.condition, condition.range_conditions)))

    def projection(self, paths: Iterable[Path]) -> str:
        """Return a projection expression; see "Using projection expressions in DynamoDB"."""
        return ", ".join(map(self.path, paths))

    def update(self, actions: Sequence[UpdateAction]) -> str:
        """Return the update expression of at least one action; see "Using update expressions in DynamoDB"."""
        clauses: dict[str, list[str]] = {}
        for action in actions:
            keyword, text = _ACTIONS[type(action)](self, action)
            clauses.setdefault(keyword, []).append(text)
        return " ".join(f"{keyword} {', '.join(texts)}" for keyword, texts in clauses.items())

    def path(self, path: Path) -> str:
        """Return a document path with a placeholder for each of its names."""
        text = ""
        for element in path.elements:
            if isinstance(element, int):
                text += f"[{element}]"
            else:
                text += f".{self._name(element)}" if text else self._name(element)
        return text

    def value(self, value: AttributeValue) -> str:
        """Return a new placeholder for a constant."""
        placeholder = f":v{len(self._values)}"
        try:
            self._values[placeholder] = self._codec.encode(value)
        except RecursionError:
            raise values.too_deep() from None
        return placeholder

    def operand(self, operand: Operand | SetValue) -> str:
        """Return one side of a comparison or of an assignment, or an argument of a function."""
        return _OPERANDS[type(operand)](self, operand)

    def _name(self, name: str) -> str:
        placeholder = self._placeholders.get(name)
        if placeholder is None:
            placeholder = self._placeholders[name] = f"#n{len(self._placeholders)}"
        return placeholder


def _joined(expressions: Expressions, keyword: str, conditions: tuple[Condition, ...]) -> str:
    if len(conditions) == 1:
        return expressions.part(conditions[0])
    return f" {keyword} ".join(_grouped(expressions, condition) for condition in conditions)


def _grouped(expressions: Expressions, condition: Condition) -> str:
    # The service refuses redundant parentheses.
    text = expressions.part(condition)
    while isinstance(condition, (And, Or)) and len(condition.conditions) == 1:
        condition = condition.conditions[0]
    return f"({text})" if isinstance(condition, (And, Or)) else text


def _comparison(expressions: Expressions, condition: Comparison) -> str:
    return f"{expressions.operand(condition.left)} {condition.operator} {expressions.operand(condition.right)}"


def _between(expressions: Expressions, condition: Between) -> str:
    operand, low, high = map(expressions.operand, (condition.operand, condition.low, condition.high))
    return f"{operand} BETWEEN {low} AND {high}"


def _in(expressions: Expressions, condition: In) -> str:
    return f"{expressions.operand(condition.operand)} IN ({', '.join(map(expressions.operand, condition.choices))})"


def _begins_with(expressions: Expressions, condition: BeginsWith) -> str:
    return f"begins_with({expressions.path(condition.path)}, {expressions.operand(condition.prefix)})"


def _contains(expressions: Expressions, condition: Contains) -> str:
    return f"contains({expressions.path(condition.path)}, {expressions.operand(condition.operand)})"


def _is_type(expressions: Expressions, condition: AttributeIsType) -> str:
    return f"attribute_type({expressions.path(condition.path)}, {expressions.value(condition.type)})"


def _if_not_exists(expressions: Expressions, operand: IfNotExists) -> str:
    return f"if_not_exists({expressions.path(operand.path)}, {expressions.operand(operand.default)})"


def _list_append(expressions: Expressions, operand: ListAppend) -> str:
    return f"list_append({expressions.operand(operand.left)}, {expressions.operand(operand.right)})"


class _Writers(dict[type, Writer]):
    """The function that writes each type of a *kind*."""

    def __init__(self, kind: str, writers: Mapping[type, Writer]) -> None:
        super().__init__(writers)
        self._kind = kind

    def __missing__(self, given: type) -> NoReturn:
        raise unknown(self._kind, given)


# Dispatching on the exact type takes one look-up. Nobody subclasses these types.
_CONDITIONS: Mapping[type, Callable[[Expressions, Any], str]] = _Writers(
    "Conditions",
    {
        Comparison: _comparison,
        Between: _between,
        In: _in,
        BeginsWith: _begins_with,
        Contains: _contains,
        AttributeExists: lambda expressions, condition: f"attribute_exists({expressions.path(condition.path)})",
        AttributeNotExists: lambda expressions, condition: f"attribute_not_exists({expressions.path(condition.path)})",
        AttributeIsType: _is_type,
        And: lambda expressions, condition: _joined(expressions, "AND", condition.conditions),
        Or: lambda expressions, condition: _joined(expressions, "OR", condition.conditions),
        Not: lambda expressions, condition: f"NOT ({expressions.part(condition.condition)})",
    },
)

_OPERANDS: Mapping[type, Callable[[Expressions, Any], str]] = _Writers(
    "Operands",
    {
        Path: Expressions.path,
        Value: lambda expressions, operand: expressions.value(operand.value),
        Size: lambda expressions, operand: f"size({expressions.path(operand.path)})",
        IfNotExists: _if_not_exists,
        Plus: lambda expressions, sum_: f"{expressions.operand(sum_.left)} + {expressions.operand(sum_.right)}",
        Minus: lambda expressions, difference: (
            f"{expressions.operand(difference.left)} - {expressions.operand(difference.right)}"
        ),
        ListAppend: _list_append,
    },
)

_ACTIONS: Mapping[type, Callable[[Expressions, Any], tuple[str, str]]] = _Writers(
    "Update actions",
    {
        Set: lambda expressions, action: (
            "SET",
            f"{expressions.path(action.path)} = {expressions.operand(action.value)}",
        ),
        Remove: lambda expressions, action: ("REMOVE", expressions.path(action.path)),
        Add: lambda expressions, action: ("ADD", f"{expressions.path(action.path)} {expressions.value(action.value)}"),
        Delete: lambda expressions, action: (
            "DELETE",
            f"{expressions.path(action.path)} {expressions.value(action.value)}",
        ),
    },
)

"""The query language: what users combine with ``&``, ``|`` and ``~``.

An expression names fields, not attributes, and holds values as the user gave them. It becomes a
condition of :mod:`dynamorm.data` when a model resolves it, which finds unknown names, unfit operators
and wrong values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NoReturn

from dynamorm.data.conditions import And, Condition, Not, Operand, Or
from dynamorm.exceptions import InvalidOperator
from dynamorm.model.query.fields import SchemaFields


class Expression(ABC):
    """A condition as a user writes it."""

    @abstractmethod
    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The condition that this is for a model with these *fields*; ``None`` when it asks for nothing.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField`,
        :class:`~dynamorm.exceptions.InvalidOperator`, or
        :class:`~dynamorm.exceptions.ValidationError`.
        """

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """The parts of this that are AND-ed, which is only this one unless it says otherwise."""
        yield self

    def __and__(self, other: Expression) -> Expression:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf))) if isinstance(other, Expression) else NotImplemented

    def __or__(self, other: Expression) -> Expression:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf))) if isinstance(other, Expression) else NotImplemented

    def __invert__(self) -> Expression:
        return NotExpression(self)

    def __bool__(self) -> bool:
        return refuse_truth("A condition")


class OperandExpression(ABC):
    """Something that can stand on the right side of a comparison instead of a constant."""

    @abstractmethod
    def operand(self, fields: SchemaFields) -> Operand:
        """The operand that this is for a model with these *fields*."""


def refuse_truth(what: str) -> NoReturn:
    """Refuses ``bool(condition)``, so that ``a and b`` is never silently only ``b``."""
    raise InvalidOperator(
        f"{what} is neither true nor false by itself. Combine conditions with & | ~ instead of and, or, not, and put "
        "each comparison in parentheses."
    )


class AllOf(Expression):
    """Several expressions, AND-ed."""

    def __init__(self, expressions: tuple[Expression, ...]) -> None:
        self.expressions = expressions

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The AND of those that ask for something."""
        conditions = _resolved(self.expressions, fields)
        if not conditions:
            return None
        return conditions[0] if len(conditions) == 1 else And(conditions)

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """The terms of each of them."""
        for expression in self.expressions:
            yield from expression.terms(fields)


class AnyOf(Expression):
    """Several expressions, OR-ed."""

    def __init__(self, expressions: tuple[Expression, ...]) -> None:
        self.expressions = expressions

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The OR of them; an empty one among them would let everything through, and is refused."""
        conditions = _resolved(self.expressions, fields)
        if len(conditions) != len(self.expressions):
            raise InvalidOperator("An empty Q() stands beside |, which would let everything through. Leave it out.")
        return Or(conditions)


class NotExpression(Expression):
    """The opposite of an expression."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The opposite; that of an empty one would let nothing through, and is refused."""
        condition = self.expression.resolve(fields)
        if condition is None:
            raise InvalidOperator("An empty Q() stands behind ~, which would let nothing through. Leave it out.")
        return Not(condition)


def _parts(expression: Expression, kind: type[AllOf] | type[AnyOf]) -> tuple[Expression, ...]:
    """The parts of an expression of this *kind*, so that a long chain of & or | is no deep nest of pairs."""
    return expression.expressions if isinstance(expression, kind) else (expression,)


def _resolved(expressions: tuple[Expression, ...], fields: SchemaFields) -> tuple[Condition, ...]:
    resolved = (expression.resolve(fields) for expression in expressions)
    return tuple(condition for condition in resolved if condition is not None)

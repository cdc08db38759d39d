"""The query language: what users combine with ``&``, ``|`` and ``~``.

An expression names fields, not attributes, and holds values as the user gave them. A model resolves it into a condition
of :mod:`dynamorm.data`, which finds unknown names, operators that don't fit, and wrong values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from dynamorm.data.conditions import And, Condition, Not, Operand, Or, too_deep
from dynamorm.data.paths import PathElement
from dynamorm.exceptions import InvalidOperator
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.misplaced import QueryElement, instead_of


class Expression(QueryElement, ABC):
    """A condition as a user writes it."""

    @abstractmethod
    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the condition of this expression for a model with these *fields*; ``None`` when it has no conditions.

        Raises:
            InvalidSchemaField: A field or a name below it is not in the schema.
            InvalidOperator: An operator is unknown, or does not fit its field or its value.
            ValidationError: The schema refuses a value.
        """

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """Iterate over the expressions that are AND-ed in this one: by default only itself."""
        yield self

    @abstractmethod
    def spelled(self) -> str:
        """Return the expression as it is written, with its values only if representations show them."""

    def __repr__(self) -> str:
        try:
            return f"<Condition {self.spelled()}>"
        except RecursionError:
            return "<Condition, deeply nested>"

    def __and__(self, other: Expression) -> Expression:
        return AllOf((*_parts(self, AllOf), *_parts(_condition(other, "&"), AllOf)))

    def __or__(self, other: Expression) -> Expression:
        return AnyOf((*_parts(self, AnyOf), *_parts(_condition(other, "|"), AnyOf)))

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        def __rand__(self, other: object) -> NoReturn:
            _condition(other, "&")

        def __ror__(self, other: object) -> NoReturn:
            _condition(other, "|")

    def __invert__(self) -> Expression:
        return NotExpression(self)

    def _usage(self) -> str:
        """Say how conditions are combined."""
        return "Conditions are combined with & | ~, each comparison in parentheses."

    # Not bool, so that type checkers refuse `if condition:`.
    def __bool__(self) -> NoReturn:  # noqa: PLE0304
        refuse_bool("A condition")


class OperandExpression(QueryElement, ABC):
    """Something that can stand on the right side of a comparison instead of a constant."""

    @abstractmethod
    def operand(self, fields: SchemaFields) -> Operand:
        """Return this as an operand for a model with these *fields*."""

    @abstractmethod
    def spelled(self) -> str:
        """Return this as it is written, without the model, and with values only if representations show them."""


def spelled_path(names: Sequence[PathElement]) -> str:
    """Return a path as it is written after the model: ``address['state']``."""
    return str(names[0]) + "".join(f"[{name!r}]" for name in names[1:])


def spelled_operand(value: object) -> str:
    """Return the operand of a condition or an update as it is written; a value only if representations show values."""
    if isinstance(value, OperandExpression):
        return value.spelled()
    from dynamorm.data.display import short_repr, shows_values  # deferred: start-up cost

    return short_repr(value) if shows_values() else "…"


def refuse_bool(what: str, meant: str = "") -> NoReturn:
    """Refuse ``bool(condition)``, so that ``a and b`` never silently becomes ``b`` alone.

    *meant* is a sentence about another way in which Python may have come to ask.
    """
    raise InvalidOperator(
        f"{what} is neither true nor false by itself. Combine conditions with & | ~ instead of and, or, not, and put "
        f"each comparison in parentheses.{meant}"
    )


class AllOf(Expression):
    """Several expressions, AND-ed."""

    def __init__(self, expressions: tuple[Expression, ...]) -> None:
        self.expressions = expressions

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the AND of the expressions that have conditions."""
        conditions = _resolved(self.expressions, fields)
        if not conditions:
            return None
        return conditions[0] if len(conditions) == 1 else And(conditions)

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """Iterate over the terms of each expression."""
        for expression in self.expressions:
            yield from expression.terms(fields)

    def spelled(self) -> str:
        """Return the expressions, joined with ``&``."""
        return " & ".join(map(_in_parentheses, self.expressions))


class AnyOf(Expression):
    """Several expressions, OR-ed."""

    def __init__(self, expressions: tuple[Expression, ...]) -> None:
        self.expressions = expressions

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the OR of the expressions. An empty one would match every item, and is refused."""
        conditions = _resolved(self.expressions, fields)
        if len(conditions) != len(self.expressions):
            raise InvalidOperator("An empty Q() is combined with |, which would match every item. Leave it out.")
        return Or(conditions)

    def spelled(self) -> str:
        """Return the expressions, joined with ``|``."""
        return " | ".join(map(_in_parentheses, self.expressions))


class NotExpression(Expression):
    """An expression, negated."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the negated condition. An empty expression would match no item, and is refused."""
        (condition,) = _resolved((self.expression,), fields) or (None,)
        if condition is None:
            raise InvalidOperator("An empty Q() is negated with ~, which would match no item. Leave it out.")
        return Not(condition)

    def spelled(self) -> str:
        """Return the expression after a ``~``."""
        return f"~({self.expression.spelled()})"


def _condition(given: object, symbol: str) -> Expression:
    """Return what was *given* to an operator that combines conditions, if it is one."""
    if isinstance(given, Expression):
        return given
    raise InvalidOperator(
        f"{symbol} combines Qs and comparisons of fields, not {type(given).__name__}.{instead_of(given)}"
    )


def _parts(expression: Expression, kind: type[AllOf] | type[AnyOf]) -> tuple[Expression, ...]:
    """Return the parts of an expression of this *kind*, so that a long chain of & or | stays flat."""
    return expression.expressions if isinstance(expression, kind) else (expression,)


def _in_parentheses(expression: Expression) -> str:
    return f"({expression.spelled()})" if isinstance(expression, (AllOf, AnyOf)) else expression.spelled()


def _resolved(expressions: tuple[Expression, ...], fields: SchemaFields) -> tuple[Condition, ...]:
    try:
        resolved = [expression.resolve(fields) for expression in expressions]
    except RecursionError:
        raise too_deep() from None
    return tuple(condition for condition in resolved if condition is not None)

"""Parts of the query language in wrong places: as a value, as another part, or with an operator that they lack."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from dynamorm.exceptions import InvalidOperator, ValidationError


class QueryElement:
    """The base of everything that the query language is made of: field paths, their sizes, conditions, changes.

    An operator of Python that a part does not have is refused in words of the query language.
    """

    __slots__ = ()

    @abstractmethod
    def _usage(self) -> str:
        """Return a sentence that says how this is used, for messages about another use."""


def _refusal(symbol: str) -> Callable[..., NoReturn]:
    def refuse(element: QueryElement, *_: object) -> NoReturn:
        raise InvalidOperator(f"Python's {symbol} has no meaning for {element!r}. {element._usage()}")

    return refuse


#: The methods of Python's operators. Type checkers don't see them, and report an operator that is missing.
_OPERATORS: Mapping[str, Sequence[str]] = {
    "~": ("invert",),
    "unary -": ("neg",),
    "unary +": ("pos",),
    "-": ("sub", "rsub"),
    "+": ("add", "radd"),
    "&": ("and", "rand"),
    "|": ("or", "ror"),
    "^": ("xor", "rxor"),
    "*": ("mul", "rmul"),
    "/": ("truediv", "rtruediv"),
    "//": ("floordiv", "rfloordiv"),
    "%": ("mod", "rmod"),
    "**": ("pow", "rpow"),
    "<": ("lt",),
    "<=": ("le",),
    ">": ("gt",),
    ">=": ("ge",),
}
for _symbol, _names in _OPERATORS.items():
    for _name in _names:
        setattr(QueryElement, f"__{_name}__", _refusal(_symbol))


def instead_of(given: object) -> str:
    """Return a sentence, after a space, on what to write for what was *given* in place of a condition; or nothing."""
    if isinstance(given, QueryElement):
        return f" {given._usage()}"
    if isinstance(given, Mapping):
        return f" Write {as_call('Q', given)}."
    if isinstance(given, bool):
        return " A comparison is a condition if one side is a field of the model's class, as in Book.year == 2020."
    return ""


def as_call(function: str, keywords: Mapping[Any, Any]) -> str:
    """Return a call with these *keywords*, without their values."""
    named = [name for name in keywords if isinstance(name, str) and name.isidentifier()]
    if len(named) != len(keywords) or not 1 <= len(named) <= 3:
        return f"{function}(**conditions)"
    return f"{function}({', '.join(f'{name}=…' for name in named)})"


def refuse_positional(given: Sequence[object]) -> None:
    """Raise ``InvalidOperator`` if a ``Q`` was *given* arguments by position."""
    if given:
        raise InvalidOperator(
            f"Q takes conditions as keywords, as in Q(state=…), not {type(given[0]).__name__}.{instead_of(given[0])}"
        )


def values_listed(given: Any) -> tuple[Any, ...]:
    """Return the values that ``is_in`` was *given*. Raises ``InvalidOperator`` for what is no list of values."""
    if isinstance(given, QueryElement) or not isinstance(given, Iterable):
        raise InvalidOperator(
            f"is_in takes a list of values, as in is_in([1, 2]), not {type(given).__name__}. For a value that a list "
            "or set of the item has in it, write Book.tags.contains(…)."
        )
    return tuple(given)


def refuse_query_elements(values: Mapping[str, Any], model_name: str) -> None:
    """Raise ``ValidationError`` if a path or a condition stands in place of one of these *values*, or inside one.

    It is called when a schema or the core has refused the values, so that values that are right cost nothing.
    """
    errors = {
        name: [f"A {type(found).__name__} is not a value. {_WAY_OUT}"]
        for name, value in values.items()
        if (found := next(_query_elements(value), None)) is not None
    }
    if errors:
        raise ValidationError(dict(values), model_name, errors)


_WAY_OUT = (
    "Give the value itself. Only an update can take it from the item, for a whole attribute or a path below one, as in "
    "update(price=Book.list_price)."
)


def _query_elements(value: object) -> Iterator[QueryElement]:
    if isinstance(value, QueryElement):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _query_elements(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _query_elements(each)

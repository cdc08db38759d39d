"""Random items, and conditions, updates and projections for them, for tests that compare one backend with another.

Names and values come from small pools, and most paths, operands and constants from the item, so that what is random
often fits together: a condition often holds, and an update can often be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar, cast, get_args

from hypothesis import strategies as st

from dynamorm.data import (
    Add,
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeType,
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Condition,
    Contains,
    Delete,
    IfNotExists,
    In,
    Item,
    KeyType,
    ListAppend,
    Minus,
    Not,
    Number,
    Operand,
    Or,
    Path,
    PathElement,
    Plus,
    RangeCondition,
    Remove,
    Set,
    SetOperand,
    Size,
    UpdateAction,
    Value,
    type_of,
)

T = TypeVar("T")

#: Names that mean something in an expression, or to a storage that makes paths of text.
NAMES = (
    "a",
    "b",
    "a.b",
    "#n0",
    ":v0",
    "a[0]",
    "0",
    "1st",
    "SELECT",
    "size",
    "a__b",
    "d e",
    "q\"'`",
    "\N{GRINNING FACE}",
)
LARGEST = (10**38 - 1) * 10**88
SETS: tuple[AttributeType, ...] = ("SS", "NS", "BS")

# Often the same few, now and then any.
names = st.one_of(st.sampled_from(NAMES[:3]), st.sampled_from(NAMES))
texts = st.one_of(
    st.sampled_from(("", "a", "ab", "b", "0", "S", "é", "\N{GRINNING FACE}")),
    st.text(st.characters(codec="utf-8"), max_size=5),
)
numbers: st.SearchStrategy[Number] = st.one_of(
    st.sampled_from(cast("tuple[Number, ...]", (0, 1, 2, -1, Decimal("0.5"), Decimal("-0.5")))),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.sampled_from(cast("tuple[Number, ...]", (Decimal("1E-130"), Decimal("-1E-130"), LARGEST, -LARGEST, 10**37))),
)
binaries = st.one_of(st.sampled_from((b"", b"a", b"ab", b"\x00", b"\xff")), st.binary(max_size=4))
scalars = cast("st.SearchStrategy[AttributeValue]", st.one_of(texts, numbers, binaries, st.booleans(), st.none()))
sets = cast(
    "st.SearchStrategy[AttributeValue]",
    st.one_of(*(st.sets(elements, min_size=1, max_size=3) for elements in cast("Any", (texts, numbers, binaries)))),
)
values: st.SearchStrategy[AttributeValue] = st.recursive(
    st.one_of(scalars, sets),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
#: An item without its key.
items: st.SearchStrategy[Item] = st.dictionaries(names, values, max_size=5)


@st.composite
def items_and_conditions(draw: st.DrawFn) -> tuple[Item, Condition]:
    """An item, and a condition for it."""
    about = _About(draw, draw(items))
    return about.item, about.condition(levels=2)


@st.composite
def items_and_updates(draw: st.DrawFn) -> tuple[Item, tuple[UpdateAction, ...]]:
    """An item, and the actions of an update of it."""
    about = _About(draw, draw(items))
    actions: list[UpdateAction] = []
    for _ in range(draw(st.integers(1, 3))):
        action = about.action()
        # Some overlap, but few.
        if not any(action.path.overlaps(other.path) for other in actions) or about.seldom():
            actions.append(action)
    return about.item, tuple(actions)


@st.composite
def items_and_projections(draw: st.DrawFn) -> tuple[Item, tuple[Path, ...]]:
    """An item, and the paths of a projection of it."""
    about = _About(draw, draw(items))
    return about.item, tuple(dict.fromkeys(about.path() for _ in range(draw(st.integers(1, 4)))))


class _About:
    """Draws the parts of operations that are about one item."""

    def __init__(self, draw: st.DrawFn, item: Item) -> None:
        self._draw = draw
        self.item = item
        self._there = list(_parts((), item))

    def seldom(self) -> bool:
        """Once in ten times."""
        return self._draw(st.integers(0, 9)) == 0

    def _maybe(self) -> bool:
        return self._draw(st.booleans())

    def path(self, *kinds: AttributeType) -> Path:
        """A path, mostly of what is there; of these *kinds*, if any are given."""
        there = [path for path, value in self._there if not kinds or type_of(value) in kinds]
        if there and not self.seldom():
            return self._one_of(there)
        below = self._draw(st.lists(st.one_of(names, st.integers(0, 3)), max_size=2))
        if self._there and not self.seldom():
            # Next to something that is there, or below it.
            return Path((*self._one_of(self._there)[0].elements[:-1], self._draw(names)))
        return Path((self._draw(names), *below))

    def constant(self) -> AttributeValue:
        """A value, often of the item."""
        if self._there and self._maybe():
            return self._one_of(self._there)[1]
        return self._draw(values)

    # Conditions

    def condition(self, levels: int) -> Condition:
        """A condition with so many levels of AND, OR and NOT."""
        if levels and self._maybe():
            return self._of_conditions(levels - 1)
        kind = self._one_of(
            (Comparison, Comparison, Between, In, BeginsWith, Contains, AttributeExists, AttributeIsType)
        )
        if kind is Comparison:
            operator = self._one_of(cast("tuple[ComparisonOperator, ...]", get_args(ComparisonOperator)))
            left = self._left()
            sized = isinstance(left, Size) and not self.seldom()
            return Comparison(operator, left, Value(self._draw(st.integers(0, 5))) if sized else self._operand())
        if kind is Between:
            low, high = self._operand(), self._operand()
            return Between(self._left(), low, high)
        if kind is In:
            return In(self._left(), tuple(self._operand() for _ in range(self._draw(st.integers(1, 3)))))
        if kind is BeginsWith:
            return BeginsWith(self.path(), self._operand())
        if kind is Contains:
            return Contains(self.path(), self._operand())
        if kind is AttributeExists:
            return AttributeExists(self.path()) if self._maybe() else AttributeNotExists(self.path())
        return AttributeIsType(self.path(), self._one_of(cast("tuple[AttributeType, ...]", get_args(AttributeType))))

    def _of_conditions(self, levels: int) -> Condition:
        kind = self._one_of((And, Or, Not))
        if kind is Not:
            return Not(self.condition(levels))
        conditions = tuple(self.condition(levels) for _ in range(self._draw(st.integers(1, 3))))
        return And(conditions) if kind is And else Or(conditions)

    def _left(self) -> Operand:
        return Size(self.path()) if self.seldom() else self.path()

    def _operand(self) -> Operand:
        if self._draw(st.integers(0, 3)):
            return Value(self.constant())
        return self._left()

    # Updates

    def action(self) -> UpdateAction:
        """One action of an update."""
        kind = self._one_of((Set, Plus, Minus, ListAppend, Remove, Add, Delete))
        if kind is Remove:
            return Remove(self.path())
        if kind is Delete:
            path = self.path(*SETS)
            return Delete(path, self._set_for(path))
        if kind is Add:
            path = self.path("N", *SETS)
            return Add(path, self._draw(numbers) if self._maybe() else self._set_for(path))
        if kind is Set:
            return Set(self.path(), self._set_operand(self._draw(values)))
        if kind is ListAppend:
            left, right = (self._set_operand(self._draw(st.lists(scalars, max_size=2)), "L") for _ in range(2))
            return Set(self.path(), ListAppend(left, right))
        left, right = (self._set_operand(self._draw(numbers), "N") for _ in range(2))
        return Set(self.path(), Plus(left, right) if kind is Plus else Minus(left, right))

    def _set_for(self, path: Path) -> AttributeValue:
        """A set, mostly of the type of the one at the *path*."""
        there = [value for place, value in self._there if place == path and isinstance(value, set)]
        if not there or self.seldom():
            return self._draw(values if self.seldom() else sets)
        elements: Any = {"SS": texts, "NS": numbers, "BS": binaries}[type_of(there[0])]
        some = self._draw(st.sets(elements, max_size=2))
        return cast("AttributeValue", some | {self._one_of(sorted(there[0], key=repr))})

    def _set_operand(self, constant: AttributeValue, *kinds: AttributeType) -> SetOperand:
        kind: type[SetOperand] = self._one_of((Value, Path, IfNotExists))
        if kind is Value:
            return Value(constant)
        path = self.path(*kinds)
        return path if kind is Path else IfNotExists(path, Value(constant))

    def _one_of(self, choices: list[T] | tuple[T, ...]) -> T:
        return self._draw(st.sampled_from(choices))


def _parts(elements: tuple[PathElement, ...], value: AttributeValue) -> Iterator[tuple[Path, AttributeValue]]:
    if elements:
        yield Path(elements), value
    below: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for element, inner in below:
        yield from _parts((*elements, element), inner)


def range_keys(kind: KeyType) -> st.SearchStrategy[AttributeValue]:
    """What a key of this *kind* can be."""
    possible: dict[KeyType, st.SearchStrategy[Any]] = {"S": texts, "N": numbers, "B": binaries}
    return possible[kind].filter(lambda key: key not in ("", b""))


@st.composite
def range_conditions(draw: st.DrawFn, kind: KeyType, keys: list[AttributeValue]) -> RangeCondition:
    """A condition on the range key ``at`` of this *kind*, often with one of the *keys* that there are."""
    operand = st.one_of(st.sampled_from(keys), st.sampled_from(keys), range_keys(kind), values).map(Value)
    form = draw(st.sampled_from((Comparison, Between, BeginsWith)))
    path = Path(("at",))
    if form is Between:
        return Between(path, draw(operand), draw(operand))
    if form is BeginsWith:
        return BeginsWith(path, draw(operand))
    return Comparison(
        draw(st.sampled_from(cast("tuple[ComparisonOperator, ...]", get_args(ComparisonOperator)))), path, draw(operand)
    )

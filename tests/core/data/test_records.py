"""The decorator ``record`` makes what the standard one would make of the same class."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Sequence
from typing import get_type_hints

import pytest

from dynamorm import data
from dynamorm.data.operations import GetItem, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec, Throughput

RECORDS = [kind for name in data.__all__ if dataclasses.is_dataclass(kind := getattr(data, name))]
SPEC = TableSpec(
    "books",
    KeyAttribute("isbn", "S"),
    indexes=(IndexSpec("by-author", "global", KeyAttribute("author", "S")),),
    throughput=Throughput(1, 2),
)


@record
class Point:
    """A record with two fields, one with a default."""

    x: int
    y: int = 0


@record
class OtherPoint:
    """Another record with the same fields."""

    x: int
    y: int = 0


@record
class Positive:
    """A record that checks its field."""

    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("not positive")


def test_there_are_records() -> None:
    assert len(RECORDS) > 40


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: str(kind.__name__))
def test_a_record_has_what_the_standard_decorator_makes(kind: type) -> None:
    fields = [
        (field.name, field.type, dataclasses.field(default=field.default))
        if field.default is not dataclasses.MISSING
        else (field.name, field.type)
        for field in dataclasses.fields(kind)
    ]
    standard = dataclasses.make_dataclass(kind.__name__, fields, frozen=True, slots=True)
    assert inspect.signature(kind) == inspect.signature(standard)
    assert vars(kind)["__slots__"] == vars(standard)["__slots__"]
    assert vars(kind)["__match_args__"] == vars(standard)["__match_args__"]


def test_type_hints_of_the_constructor_can_be_resolved() -> None:
    assert get_type_hints(Point.__init__) == {"x": int, "y": int, "return": type(None)}


def test_fields_are_positional_or_keyword_arguments_and_may_have_defaults() -> None:
    assert (Point(1, 2).x, Point(1, 2).y) == (1, 2)
    assert Point(y=2, x=1) == Point(1, 2)
    assert Point(1) == Point(1, 0)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)  # type: ignore[call-arg]


def test_records_are_equal_by_type_and_value() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    others: list[object] = [OtherPoint(1, 2), (1, 2), Point(2, 1)]
    assert Point(1, 2) not in others
    assert len({Point(1, 2), Point(1, 2), Point(2, 1)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(GetItem("books", {"isbn": "1"}))


def test_repr_shows_the_fields() -> None:
    assert repr(Path.of("a", 0)) == "Path(elements=('a', 0))"
    assert repr(Point(1)) == "Point(x=1, y=0)"


def test_records_are_immutable() -> None:
    point = Point(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="'y'"):
        del point.y
    with pytest.raises(dataclasses.FrozenInstanceError, match="'z'"):
        setattr(point, "z", 3)  # noqa: B010 - a type checker refuses the plain assignment
    assert point == Point(1, 2)


def test_post_init_runs_for_new_and_replaced_records() -> None:
    assert Positive(1).value == 1
    with pytest.raises(ValueError, match="not positive"):
        dataclasses.replace(Positive(1), value=0)


def test_replace_returns_a_changed_copy() -> None:
    scan = Scan("books", limit=3)
    assert dataclasses.replace(scan, limit=None) == Scan("books")
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 0}


@pytest.mark.parametrize(
    "copied", [copy.copy(SPEC), copy.deepcopy(SPEC), pickle.loads(pickle.dumps(SPEC))], ids=["copy", "deep", "pickle"]
)
def test_records_can_be_copied_and_pickled(copied: TableSpec) -> None:
    assert copied == SPEC
    assert isinstance(copied, TableSpec)


def test_records_match_class_patterns() -> None:
    found: Sequence[int] = ()
    match Point(1, 2):
        case Point(x, y=y):
            found = (x, y)
    assert found == (1, 2)

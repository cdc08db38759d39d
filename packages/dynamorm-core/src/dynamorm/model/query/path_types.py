"""The paths of fields by the type of their values, as type checkers see them. When a program runs, all are one class.

Type checkers and editors are told what DynamoDB can do with a value: ``Book.title.begins_with("A")`` is right and
``Book.year.begins_with("1")`` is not, ``Book.tags.append("x")`` lacks the brackets of a list. A program that runs
learns the same from the schema. A test compares these classes with the one that programs have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamorm.model.query.changes import Change
from dynamorm.model.query.expressions import Expression as Condition

if TYPE_CHECKING:
    from datetime import date, time, timedelta
    from decimal import Decimal
    from typing import Generic, Never, TypeVar, overload
    from uuid import UUID

    from dynamorm.data.values import AttributeType

    T = TypeVar("T")
    U = TypeVar("U")
    Number = TypeVar("Number", bound=int | float | Decimal)
    Moment = TypeVar("Moment", bound=date | time | timedelta | UUID)
    _Number: TypeAlias = int | float | Decimal

    class Operand(Generic[T]):
        """A value that DynamoDB computes in an update: ``Book.list_price - Book.rebate``."""

    class Path(Operand[T]):
        """The path of a field, or of a value below it: what all paths have."""

        @property
        def names(self) -> tuple[str | int, ...]:
            """The field's name, followed by the names and indexes below it."""

        def __hash__(self) -> int: ...
        def __bool__(self) -> Never: ...
        def __eq__(self, other: T | Path[T] | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __ne__(self, other: T | Path[T] | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def is_in(self, choices: Iterable[T]) -> Condition:
            """Return the condition that the value is one of 1 to 100 *choices*."""

        def exists(self) -> Condition:
            """Return the condition that there is a value."""

        def not_exists(self) -> Condition:
            """Return the condition that there is no value."""

        def is_type(self, type_: AttributeType) -> Condition:
            """Return the condition that the value has this DynamoDB type: ``"S"``, ``"N"``, ``"L"`` and so on."""

        def if_not_exists(self, default: T | Operand[T]) -> Computable[T]:
            """Return the value at this path, or the *default* if there is none, as a value of an update."""

        def set(self, value: T | Operand[T] | None) -> Change:
            """Set the value, to a constant or to what DynamoDB computes. ``None`` removes an attribute."""

        def set_if_not_exists(self, value: T | Operand[T]) -> Change:
            """Set the value, unless there is one."""

        def remove(self) -> Change:
            """Remove the value. Nothing happens if there is none."""

    class Computable(Operand[T]):
        """What ``+`` and ``-`` combine in an update: a number or a list of the item, or a default for it."""

        def __add__(self, other: T | _Number | Operand[Any]) -> Operand[T]: ...
        def __radd__(self, other: T | _Number) -> Operand[T]: ...
        def __sub__(self, other: T | _Number | Operand[Any]) -> Operand[T]: ...
        def __rsub__(self, other: T | _Number) -> Operand[T]: ...

    class SizePath:
        """The size of a value, to be compared with a number."""

        def __hash__(self) -> int: ...
        def __bool__(self) -> Never: ...
        def __eq__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __ne__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __lt__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...
        def __le__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...
        def __gt__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...
        def __ge__(self, other: int | NumberPath[Any] | SizePath) -> Condition: ...
        def between(self, low: int | NumberPath[Any], high: int | NumberPath[Any]) -> Condition:
            """Return the condition that ``low <= size <= high``."""

        def is_in(self, choices: Iterable[int]) -> Condition:
            """Return the condition that the size is one of 1 to 100 *choices*."""

    class _Ordered(Path[T]):
        def __lt__(self, other: T | Path[T]) -> Condition: ...
        def __le__(self, other: T | Path[T]) -> Condition: ...
        def __gt__(self, other: T | Path[T]) -> Condition: ...
        def __ge__(self, other: T | Path[T]) -> Condition: ...
        def between(self, low: T | Path[T], high: T | Path[T]) -> Condition:
            """Return the condition that ``low <= value <= high``."""

    class NumberPath(Path[Number], Computable[Number]):
        """The path of a number, which is compared with numbers of any type."""

        def __hash__(self) -> int: ...
        def __eq__(self, other: _Number | Path[Any] | SizePath | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __ne__(self, other: _Number | Path[Any] | SizePath | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __lt__(self, other: _Number | NumberPath[Any] | SizePath) -> Condition: ...
        def __le__(self, other: _Number | NumberPath[Any] | SizePath) -> Condition: ...
        def __gt__(self, other: _Number | NumberPath[Any] | SizePath) -> Condition: ...
        def __ge__(self, other: _Number | NumberPath[Any] | SizePath) -> Condition: ...
        def between(self, low: _Number | NumberPath[Any], high: _Number | NumberPath[Any]) -> Condition:
            """Return the condition that ``low <= value <= high``."""

        def plus(self, value: Number | Operand[Any]) -> Change:
            """Add to the number, which must be there; ``add`` starts from 0 if it is not."""

        def minus(self, value: Number | Operand[Any]) -> Change:
            """Subtract from the number, which must be there."""

        def add(self, value: Number) -> Change:
            """Add to the number, and start from 0 if there is none."""

    class TextPath(_Ordered[str]):
        """The path of a string."""

        def begins_with(self, prefix: str | Path[str]) -> Condition:
            """Return the condition that the string begins with *prefix*."""

        def contains(self, value: str | Path[str]) -> Condition:
            """Return the condition that *value* is a substring."""

        def size(self) -> SizePath:
            """Return the length of the string, to be compared with a number."""

    class BytesPath(_Ordered[bytes]):
        """The path of binary data."""

        def begins_with(self, prefix: bytes | Path[bytes]) -> Condition:
            """Return the condition that the bytes begin with *prefix*."""

        def contains(self, value: bytes | Path[bytes]) -> Condition:
            """Return the condition that *value* is a part of the bytes."""

        def size(self) -> SizePath:
            """Return the number of bytes, to be compared with a number."""

    class MomentPath(Path[Moment]):
        """The path of a date, a time or a UUID: compared with its stored text or a part of that, too."""

        def __hash__(self) -> int: ...
        def __eq__(self, other: Moment | str | Path[Moment] | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __ne__(self, other: Moment | str | Path[Moment] | None) -> Condition: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        def __lt__(self, other: Moment | str | Path[Moment]) -> Condition: ...
        def __le__(self, other: Moment | str | Path[Moment]) -> Condition: ...
        def __gt__(self, other: Moment | str | Path[Moment]) -> Condition: ...
        def __ge__(self, other: Moment | str | Path[Moment]) -> Condition: ...
        def between(self, low: Moment | str | Path[Moment], high: Moment | str | Path[Moment]) -> Condition:
            """Return the condition that ``low <= value <= high``."""

        def begins_with(self, prefix: str) -> Condition:
            """Return the condition that the text begins with *prefix*, ``"2026-01"`` for dates."""

    class FieldPath(_Ordered[T], Computable[T]):
        """The path of a value of any other type: whatever DynamoDB can do."""

        def __hash__(self) -> int: ...
        def __getitem__(self, element: str | int) -> FieldPath[Any]: ...
        def begins_with(self, prefix: str | bytes | Path[Any]) -> Condition:
            """Return the condition that the string or the bytes begin with *prefix*."""

        def contains(self, value: Any) -> Condition:
            """Return the condition that *value* is a substring of the string, or an element of the list or set."""

        def size(self) -> SizePath:
            """Return the size of the value, to be compared with a number."""

        def append(self, values: Iterable[Any] | Operand[Any]) -> Change:
            """Add a list of elements at the end of the list. A list that is not there is made."""

        def prepend(self, values: Iterable[Any] | Operand[Any]) -> Change:
            """Add a list of elements at the beginning of the list. A list that is not there is made."""

        def plus(self, value: Any) -> Change:
            """Add to the number, which must be there; ``add`` starts from 0 if it is not."""

        def minus(self, value: Any) -> Change:
            """Subtract from the number, which must be there."""

        def add(self, value: Any) -> Change:
            """Add to the number, or add a set of elements to the set."""

        def delete(self, value: Any) -> Change:
            """Remove a set of elements from the set."""

    class ListPath(Path[list[U]], Computable[list[U]]):
        """The path of a list."""

        def __hash__(self) -> int: ...
        @overload
        def __getitem__(self: ListPath[Never], element: int) -> FieldPath[Any]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[bool], element: int) -> FieldPath[bool]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[str], element: int) -> TextPath: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[int], element: int) -> NumberPath[int]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[float], element: int) -> NumberPath[float]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[Decimal], element: int) -> NumberPath[Decimal]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[list[T]], element: int) -> ListPath[T]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: ListPath[dict[str, T]], element: int) -> MapPath[T]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self, element: int) -> FieldPath[U]: ...
        def __getitem__(self, element: Any) -> Any: ...
        def contains(self, value: U) -> Condition:
            """Return the condition that *value* is an element of the list."""

        def size(self) -> SizePath:
            """Return the number of elements, to be compared with a number."""

        def append(self, values: list[U] | Operand[list[U]]) -> Change:
            """Add a list of elements at the end of the list. A list that is not there is made."""

        def prepend(self, values: list[U] | Operand[list[U]]) -> Change:
            """Add a list of elements at the beginning of the list. A list that is not there is made."""

    class SetPath(Path[set[U]]):
        """The path of a set."""

        def contains(self, value: U) -> Condition:
            """Return the condition that *value* is an element of the set."""

        def size(self) -> SizePath:
            """Return the number of elements, to be compared with a number."""

        def add(self, value: set[U]) -> Change:
            """Add elements to the set. A set that is not there is made."""

        def delete(self, value: set[U]) -> Change:
            """Remove elements from the set. The attribute is removed when no element is left."""

    class MapPath(Path[dict[str, U]]):
        """The path of a map."""

        @overload
        def __getitem__(self: MapPath[Never], element: str) -> FieldPath[Any]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[bool], element: str) -> FieldPath[bool]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[str], element: str) -> TextPath: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[int], element: str) -> NumberPath[int]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[float], element: str) -> NumberPath[float]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[Decimal], element: str) -> NumberPath[Decimal]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[list[T]], element: str) -> ListPath[T]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self: MapPath[dict[str, T]], element: str) -> MapPath[T]: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self, element: str) -> FieldPath[U]: ...
        def __getitem__(self, element: Any) -> Any: ...
        def size(self) -> SizePath:
            """Return the number of entries, to be compared with a number."""

else:
    from dynamorm.model.query.expressions import OperandExpression as Operand
    from dynamorm.model.query.field_paths import FieldPath, SizePath
    from dynamorm.model.query.update_operands import UpdateOperand as Computable

    Path = TextPath = NumberPath = BytesPath = MomentPath = ListPath = SetPath = MapPath = FieldPath

#: The positional argument of an update: changes by field path, or as the methods of paths return them.
GivenChanges: TypeAlias = "Mapping[Path[Any], Any] | Change | Sequence[Change] | None"

#: The attributes that a read asks for: a string of names, or names and field paths.
GivenPaths: TypeAlias = "str | Iterable[str | Path[Any]]"

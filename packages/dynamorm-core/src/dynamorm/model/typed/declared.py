"""``Mapped`` and ``mapped`` as type checkers see them. At run time :mod:`dynamorm.model.typed.mapped` has them.

No checker can be told that an annotation in a class body makes a descriptor, so to checkers ``Mapped`` is one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Generic, Never, TypedDict, TypeVar, Unpack, overload
from uuid import UUID

from dynamorm.model.query.path_types import (
    BytesPath,
    FieldPath,
    ListPath,
    MapPath,
    MomentPath,
    NumberPath,
    SetPath,
    TextPath,
)

T = TypeVar("T")
U = TypeVar("U")


class Mapped(Generic[T]):
    """The annotation of a field of a typed model: ``isbn: Mapped[str]``.

    On the class it is the path of the field, whose type says what DynamoDB can do with the value; on an instance it is
    the value.
    """

    # Concrete types may stand in a union. Those with a TypeVar need overloads of their own: mypy would infer Never.
    @overload
    def __get__(self: Mapped[Never], instance: None, owner: Any) -> FieldPath[Any]: ...
    @overload
    def __get__(self: Mapped[bool] | Mapped[bool | None], instance: None, owner: Any) -> FieldPath[bool]: ...
    @overload
    def __get__(self: Mapped[str] | Mapped[str | None], instance: None, owner: Any) -> TextPath: ...
    @overload
    def __get__(self: Mapped[int] | Mapped[int | None], instance: None, owner: Any) -> NumberPath[int]: ...
    @overload
    def __get__(self: Mapped[float] | Mapped[float | None], instance: None, owner: Any) -> NumberPath[float]: ...
    @overload
    def __get__(self: Mapped[Decimal] | Mapped[Decimal | None], instance: None, owner: Any) -> NumberPath[Decimal]: ...
    @overload
    def __get__(self: Mapped[bytes] | Mapped[bytes | None], instance: None, owner: Any) -> BytesPath: ...
    @overload
    def __get__(
        self: Mapped[datetime] | Mapped[datetime | None], instance: None, owner: Any
    ) -> MomentPath[datetime]: ...
    @overload
    def __get__(self: Mapped[date] | Mapped[date | None], instance: None, owner: Any) -> MomentPath[date]: ...
    @overload
    def __get__(self: Mapped[time] | Mapped[time | None], instance: None, owner: Any) -> MomentPath[time]: ...
    @overload
    def __get__(
        self: Mapped[timedelta] | Mapped[timedelta | None], instance: None, owner: Any
    ) -> MomentPath[timedelta]: ...
    @overload
    def __get__(self: Mapped[UUID] | Mapped[UUID | None], instance: None, owner: Any) -> MomentPath[UUID]: ...
    @overload
    def __get__(self: Mapped[list[U]], instance: None, owner: Any) -> ListPath[U]: ...
    @overload
    def __get__(self: Mapped[list[U] | None], instance: None, owner: Any) -> ListPath[U]: ...
    @overload
    def __get__(self: Mapped[set[U]], instance: None, owner: Any) -> SetPath[U]: ...
    @overload
    def __get__(self: Mapped[set[U] | None], instance: None, owner: Any) -> SetPath[U]: ...
    @overload
    def __get__(self: Mapped[frozenset[U]], instance: None, owner: Any) -> SetPath[U]: ...
    @overload
    def __get__(self: Mapped[frozenset[U] | None], instance: None, owner: Any) -> SetPath[U]: ...
    @overload
    def __get__(self: Mapped[dict[str, U]], instance: None, owner: Any) -> MapPath[U]: ...
    @overload
    def __get__(self: Mapped[dict[str, U] | None], instance: None, owner: Any) -> MapPath[U]: ...
    @overload
    def __get__(self, instance: None, owner: Any) -> FieldPath[T]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> T: ...
    def __get__(self, instance: object | None, owner: Any) -> Any:
        raise NotImplementedError

    def __set__(self, instance: Any, value: T) -> None:
        raise NotImplementedError


class FieldArguments(TypedDict, total=False):
    """The arguments of ``mapped`` besides the default: the attribute's name, and Pydantic's field arguments."""

    attribute: str
    title: str
    description: str
    examples: list[Any]
    gt: Any
    ge: Any
    lt: Any
    le: Any
    multiple_of: float
    min_length: int
    max_length: int
    pattern: str
    strict: bool
    discriminator: str
    max_digits: int
    decimal_places: int
    allow_inf_nan: bool
    validate_default: bool
    json_schema_extra: dict[str, Any]


@overload
def mapped(*, default: T, **field: Unpack[FieldArguments]) -> Mapped[T]: ...
@overload
def mapped(*, default_factory: Callable[[], T], **field: Unpack[FieldArguments]) -> Mapped[T]: ...
@overload
def mapped(**field: Unpack[FieldArguments]) -> Mapped[Any]: ...
def mapped(**field: Any) -> Any:
    """Return the default and the settings of a field."""
    raise NotImplementedError

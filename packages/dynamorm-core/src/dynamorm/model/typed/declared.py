"""``Mapped`` and ``mapped`` as type checkers see them. At run time :mod:`dynamorm.model.typed.mapped` has them.

No checker can be told that an annotation in a class body makes a descriptor, so to checkers ``Mapped`` is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload

from dynamorm.model.query.field_paths import FieldPath

T = TypeVar("T")


class Mapped(Generic[T]):
    """The annotation of a field: ``isbn: Mapped[str]``."""

    @overload
    def __get__(self, instance: None, owner: Any) -> FieldPath: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> T: ...
    def __get__(self, instance: object | None, owner: Any) -> FieldPath | T:
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

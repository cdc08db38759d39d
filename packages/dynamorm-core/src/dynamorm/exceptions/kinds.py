"""Exceptions of tables that several models share, and of items whose keys are made of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.exceptions import DynamoTableException, _KindOfItem


class UnknownKind(_KindOfItem, DynamoTableException, LookupError):
    """An item of a shared table is of no model's kind. Import the module of its model, or leave such items out.

    Attributes:
        kind: The kind of the item, as it is stored; ``None`` if it has none.
        key: The primary key of the item, by attribute name.
    """


class KeyMismatch(DynamoTableException):
    """An item whose key is not the one that its fields give. Only a strict load raises it; ``reindex`` repairs some.

    Attributes:
        key: The primary key as it is stored, by attribute name.
        expected: The attributes of the key that the fields give; ``None`` if they give none.
        attributes: The names of the attributes that differ.
    """

    def __init__(
        self,
        message: str = "",
        key: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
        attributes: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.key: Mapping[str, Any] = {} if key is None else key
        self.expected = expected
        self.attributes = tuple(attributes)


for _public in (UnknownKind, KeyMismatch):
    _public.__module__ = "dynamorm.exceptions"  # their public place

"""Stored forms of native values: what msgspec writes as JSON, but with numbers, bytes and sets as DynamoDB has them.

Date-times with a UTC offset are stored in UTC, always with six digits for the microseconds, and with ``Z``: what
msgspec itself writes does not sort as the instants do.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Struct

from dynamorm.ports.date_times import utc_text
from dynamorm_msgspec.nodes import Member, Node, all_below, node_of

#: Makes a storable value of one of a type that msgspec does not know, as ``enc_hook`` does.
EncHook: TypeAlias = Callable[[Any], Any]
_TEXT = frozenset({str})
#: The types of values that are stored as they are.
SCALARS = frozenset({str, int, float, bool, type(None), Decimal, bytes, bytearray, memoryview})


def as_given_text(value: datetime.datetime) -> str:
    """Return a date-time as msgspec writes it, with the offset that was given."""
    text: str = msgspec.to_builtins(value)
    return text


class Writer:
    """Writes native values in their stored form."""

    def __init__(self, enc_hook: EncHook | None = None) -> None:
        self._enc_hook = enc_hook

    def stored(self, value: Any, node: Node | None = None) -> Any:
        """Return the stored form of a *value*; *node* is its place, where only that knows the names in it.

        What can't be stored is returned as it is.
        """
        kind = type(value)
        if kind in SCALARS:
            return value
        if node is None:
            if kind is list and SCALARS.issuperset(map(type, value)):
                return value
            if kind is dict and SCALARS.issuperset(map(type, value.values())) and _TEXT.issuperset(map(type, value)):
                return value
        elif has_renamed_dicts(node):
            found = self._by_place(value, node)
            if found is not UNSET:
                return found
        write = _OF_TYPE.get(kind)
        if write is not None:
            return write(value)
        if isinstance(value, Struct) or dataclasses.is_dataclass(kind):
            return self._of_members(value)
        if isinstance(value, enum.Enum):
            return self.stored(value.value)
        return self._contained(value)

    def _contained(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._key(key): self.stored(each) for key, each in value.items() if each is not UNSET}
        if isinstance(value, (list, tuple)):
            return [self.stored(each) for each in value]
        if isinstance(value, (set, frozenset)):
            elements = [self.stored(each) for each in value]
            try:
                return set(elements)
            except TypeError:
                # Sets of what is no single value.
                return value
        for base, write in _OF_TYPE.items():
            if isinstance(value, base):
                return write(value)
        if isinstance(value, (str, int, float, Decimal, bytes)) or self._enc_hook is None:
            return value
        return self.stored(self._enc_hook(value))

    def _of_members(self, value: Any) -> dict[str, Any]:
        kind: Any = type(value)
        node = node_of(kind)
        stored = _tag(node)
        for name, member in node.members.items():
            each = getattr(value, name, UNSET)
            if type(each) in SCALARS:
                stored[member.attribute] = each
            elif each is not UNSET and (each or not _is_default_set(each, member)):
                stored[member.attribute] = self.stored(each, member.node)
        return stored

    def _by_place(self, value: Any, node: Node) -> Any:
        if node.is_union:
            node = next((each for each in node.choices if has_renamed_dicts(each)), node)
        if isinstance(value, Mapping) and node.is_typed_dict:
            members = node.members
            return {
                members[name].attribute: self.stored(each, members[name].node)
                for name, each in value.items()
                if name in members and each is not UNSET
            }
        if isinstance(value, Mapping) and node.is_map:
            return {self._key(key): self.stored(each, node.entry) for key, each in value.items()}
        if isinstance(value, (list, tuple)) and node.is_sequence:
            places: Sequence[Node | None] = node.places or [node.entry] * len(value)
            return [self.stored(each, place) for place, each in zip(places, value, strict=False)]
        return UNSET

    def _key(self, key: Any) -> Any:
        if type(key) is str:
            return key
        if isinstance(key, datetime.datetime):
            return utc_text(key)
        try:
            return next(iter(msgspec.to_builtins({key: None}, str_keys=True)))
        except (TypeError, msgspec.MsgspecError):
            return key


def _is_default_set(value: Any, member: Member) -> bool:
    """Return whether an empty *value* is a set that is read again if it is missing: DynamoDB stores no empty set."""
    return isinstance(value, (set, frozenset)) and member.defaults_to_empty_set


def _tag(node: Node) -> dict[str, Any]:
    tag_field = getattr(node.info, "tag_field", None)
    return {} if tag_field is None else {tag_field: node.info.tag}  # type: ignore[attr-defined] # a Struct's


@lru_cache(maxsize=1024)
def has_renamed_dicts(node: Node) -> bool:
    """Return whether there are dictionaries in a place whose names in the table only the place knows."""
    return any(
        each.is_typed_dict and any(name != member.attribute for name, member in each.members.items())
        for each in all_below(node)
    )


_OF_TYPE: Mapping[type, Callable[[Any], Any]] = {
    datetime.datetime: utc_text,
    datetime.date: datetime.date.isoformat,
    datetime.time: msgspec.to_builtins,
    datetime.timedelta: msgspec.to_builtins,
    uuid.UUID: str,
}

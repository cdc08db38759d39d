"""Keys: which are refused, in which order they stand, and how hash keys are distributed over the segments of a scan.

A key becomes a *key tuple*: its hash slot, then a *key part* for each of its attributes. Key tuples of one table or
index compare in Python, and in a database that compares bytes, as DynamoDB orders keys: strings by their UTF-8 bytes,
binary values by unsigned bytes, and numbers by value, since the part of a number is a string that sorts by it. Equal
keys have equal key tuples. The order is that of "Query" in the API reference, and the limits are those of "Quotas in
Amazon DynamoDB", section "Partition keys and sort keys".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from dynamorm.data import (
    KEY_TYPE_NAMES,
    AttributeValue,
    IndexSpec,
    Item,
    KeyAttribute,
    Number,
    TableSpec,
    limits,
    size_of,
)
from dynamorm.data.values import lone_surrogate
from dynamorm.exceptions import InvalidKey
from dynamorm.rules.paths import check_value

#: The sortable form of the value of one key attribute: a string as it is, bytes as they are, a number as a string.
KeyPart: TypeAlias = str | bytes
#: The hash slot and the parts of a key. The items of a table, and the entries of an index, stand in their order.
KeyTuple: TypeAlias = tuple[int | KeyPart, ...]

#: The number of hash slots. Hash keys are distributed evenly over them, and a segment of a scan is a range of slots.
HASH_SLOTS: Final = 2**32

_LARGE: Final = 10**limits.NUMBER_DIGITS
_COMPLEMENTS: Final = str.maketrans("0123456789", "9876543210")


def hash_slot(hash_parts: Iterable[KeyPart]) -> int:
    """Return the slot of a hash key with these *hash_parts*, which is at least 0 and less than :data:`HASH_SLOTS`."""
    value = 0
    try:
        for part in hash_parts:
            value = zlib.crc32(part.encode() if isinstance(part, str) else part, value)
    except UnicodeEncodeError:
        raise lone_surrogate() from None
    return value


def sortable_number(number: Number) -> str:
    """Return a string for *number* that sorts by its value. Equal numbers have equal strings.

    The string is a sign, the exponent in three digits, and the significant digits. For a negative number, both are
    complemented, and a character follows that sorts after every digit.

    Raise :class:`~dynamorm.exceptions.InvalidValue` for a number that DynamoDB can't store.
    """
    if not number:
        return "0"
    if isinstance(number, int):
        if not -_LARGE < number < _LARGE:
            check_value(number)
        digits = str(abs(number))
        exponent = len(digits) - 1
    else:
        check_value(number)
        digits = "".join(map(str, number.as_tuple().digits))
        exponent = number.adjusted()
    digits = digits.rstrip("0")
    biased = exponent - limits.NUMBER_SMALLEST_EXPONENT
    return f"1{biased:03d}{digits}" if number > 0 else f"-{999 - biased:03d}{digits.translate(_COMPLEMENTS)}~"


def after_prefix(prefix: KeyPart) -> KeyPart | None:
    """Return the least value that is greater than all values beginning with *prefix*, or ``None`` if there is none."""
    if isinstance(prefix, bytes):
        stem = prefix.rstrip(b"\xff")
        return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None
    text = prefix.rstrip("\U0010ffff")
    # U+D7FF is followed by the surrogates, which are not characters and have no UTF-8 form.
    return text[:-1] + ("\ue000" if text[-1] == "\ud7ff" else chr(ord(text[-1]) + 1)) if text else None


class KeySchema:
    """The key attributes of a table or an index, which checks keys and makes key tuples of them.

    ``description`` names the key in error messages: ``"the primary key of 'books'"``.
    """

    __slots__ = ("_joint", "_limits", "description", "hash_keys", "names", "range_keys")

    def __init__(self, keyed: TableSpec | IndexSpec, description: str) -> None:
        self.hash_keys = keyed.hash_keys
        self.range_keys = keyed.range_keys
        self.names = tuple(attribute.name for attribute in keyed.key_attributes)
        self.description = description
        parts = ((self.hash_keys, limits.HASH_KEY_BYTES), (self.range_keys, limits.RANGE_KEY_BYTES))
        self._limits = tuple((attribute, largest) for attributes, largest in parts for attribute in attributes)
        # The attributes that share one limit.
        self._joint = tuple((attributes, largest) for attributes, largest in parts if len(attributes) > 1)

    def key_tuple(self, item: Mapping[str, AttributeValue]) -> KeyTuple:
        """Return the key tuple of the key in *item*. Raise what :meth:`parts` raises."""
        parts = self.parts(item)
        return (hash_slot(parts[: len(self.hash_keys)]), *parts)

    def key_tuple_if_present(self, item: Item) -> KeyTuple | None:
        """Return the key tuple of the key in *item*, or ``None`` if an attribute of the key is missing.

        The attributes that are present have to be valid in the key, even if another one is missing. Otherwise raise
        :class:`~dynamorm.exceptions.InvalidKey`.
        """
        present = [name in item for name in self.names]
        if all(present):
            return self.key_tuple(item)
        for (attribute, largest), there in zip(self._limits, present, strict=True):
            if there:
                self.part(attribute, item[attribute.name])
                self._check_size(attribute, item[attribute.name], largest)
        self._check_joint_sizes(item)
        return None

    def parts(self, item: Mapping[str, AttributeValue]) -> tuple[KeyPart, ...]:
        """Return the key parts of the key in *item*, in the order of the attributes.

        Raise :class:`~dynamorm.exceptions.InvalidKey` if an attribute of the key is missing, empty, too long or of
        another type.
        """
        result: list[KeyPart] = []
        for attribute, largest in self._limits:
            name = attribute.name
            if name not in item:
                raise InvalidKey(f"'{name}' is missing: it is part of {self.description}.")
            part = self.part(attribute, item[name])
            if len(part) > largest // 4:
                self._check_size(attribute, item[name], largest)
            result.append(part)
        if self._joint:
            self._check_joint_sizes(item)
        return tuple(result)

    def part(self, attribute: KeyAttribute, value: AttributeValue) -> KeyPart:
        """Return the key part of one *attribute* of this key, without checking its size.

        Raise what :meth:`parts` raises, and :class:`~dynamorm.exceptions.InvalidValue` for a value that is not
        canonical.
        """
        kind = attribute.type
        if kind == "S":
            if type(value) is str:
                if value:
                    return value
                raise self._empty(attribute)
        elif kind == "B":
            if type(value) is bytes:
                if value:
                    return value
                raise self._empty(attribute)
        elif not isinstance(value, (bool, str, bytes, list, dict, set)) and value is not None:
            return sortable_number(value)
        check_value(value)
        given = "None" if value is None else f"a value of the type {type(value).__name__}"
        raise InvalidKey(
            f"'{attribute.name}' is part of {self.description} and has to be {KEY_TYPE_NAMES[kind]}; it was given "
            f"{given}."
        )

    def _check_size(self, attribute: KeyAttribute, value: AttributeValue, largest: int) -> None:
        if not isinstance(value, (str, bytes)):
            return
        size = len(value.encode()) if isinstance(value, str) else len(value)
        if size > largest:
            raise InvalidKey(
                f"'{attribute.name}' has {size:,} bytes, and it is part of {self.description}; DynamoDB allows "
                f"{largest:,} bytes for a {_kind(largest)} key."
            )

    def _check_joint_sizes(self, item: Mapping[str, AttributeValue]) -> None:
        for attributes, largest in self._joint:
            names = [attribute.name for attribute in attributes if attribute.name in item]
            size = sum(size_of(item[name]) for name in names)
            if size > largest:
                raise InvalidKey(
                    f"{quoted(names)} have {size:,} bytes together, and they are part of {self.description}; DynamoDB "
                    f"allows {largest:,} bytes for all attributes of a {_kind(largest)} key."
                )

    def _empty(self, attribute: KeyAttribute) -> InvalidKey:
        return InvalidKey(
            f"'{attribute.name}' is empty, and it is part of {self.description}; DynamoDB allows no empty keys."
        )


def _kind(largest: int) -> str:
    return "hash" if largest == limits.HASH_KEY_BYTES else "range"


def quoted(names: Iterable[str]) -> str:
    """Return the *names* for a message, each in quotes."""
    return ", ".join(f"'{name}'" for name in names)


def check_no_extra_attributes(key: Item, names: Sequence[str], description: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` if a *key* has other attributes than the *names* of its schema.

    *description* is what the names make up.
    """
    if len(key) != len(names):
        others = quoted(name for name in key if name not in names)
        raise InvalidKey(f"{others} is not part of {description}, which is {' and '.join(names)}.")

"""Key attributes as SQLite columns, which sort as DynamoDB sorts keys.

Strings are TEXT, which SQLite compares by UTF-8 bytes. Binary values are BLOB, which it compares by unsigned bytes.
Numbers are TEXT in a form that sorts by value. The order is that of "Query" in the API reference, and the limits are
those of "Quotas in Amazon DynamoDB", section "Partition keys and sort keys".
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
    KeyType,
    Number,
    TableSpec,
    limits,
    size_of,
)
from dynamorm.data.values import lone_surrogate
from dynamorm.exceptions import InvalidKey
from dynamorm.rules import check_value

KeyColumn: TypeAlias = str | bytes

#: The number of hash slots. Hash keys are distributed evenly over them, and a segment of a scan is a range of slots.
HASH_SLOTS: Final = 2**32
SQL_TYPES: Final[Mapping[KeyType, str]] = {"S": "TEXT", "N": "TEXT", "B": "BLOB"}

_LARGE: Final = 10**limits.NUMBER_DIGITS
_COMPLEMENTS: Final = str.maketrans("0123456789", "9876543210")


def hash_slot(hash_columns: Iterable[KeyColumn]) -> int:
    """Return the slot of a hash key, which is at least 0 and less than :data:`HASH_SLOTS`."""
    value = 0
    try:
        for column in hash_columns:
            value = zlib.crc32(column.encode() if isinstance(column, str) else column, value)
    except UnicodeEncodeError:
        raise lone_surrogate() from None
    return value


def number_column(number: Number) -> str:
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


def after_prefix(prefix: KeyColumn) -> KeyColumn | None:
    """Return the least value that is greater than all values beginning with *prefix*, or ``None`` if there is none."""
    if isinstance(prefix, bytes):
        stem = prefix.rstrip(b"\xff")
        return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None
    text = prefix.rstrip("\U0010ffff")
    # U+D7FF is followed by the surrogates, which are not characters and have no UTF-8 form.
    return text[:-1] + ("\ue000" if text[-1] == "\ud7ff" else chr(ord(text[-1]) + 1)) if text else None


class KeySchema:
    """The key attributes of a table or an index, which turns their values into columns.

    ``description`` names the key in error messages: ``"the primary key of 'books'"``.
    """

    __slots__ = ("_columns", "_joint", "description", "hash_keys", "names", "range_keys")

    def __init__(self, keyed: TableSpec | IndexSpec, description: str) -> None:
        self.hash_keys = keyed.hash_keys
        self.range_keys = keyed.range_keys
        self.names = tuple(attribute.name for attribute in keyed.key_attributes)
        self.description = description
        parts = ((self.hash_keys, limits.HASH_KEY_BYTES), (self.range_keys, limits.RANGE_KEY_BYTES))
        self._columns = tuple((attribute, largest) for attributes, largest in parts for attribute in attributes)
        # The attributes that share one limit.
        self._joint = tuple((attributes, largest) for attributes, largest in parts if len(attributes) > 1)

    def hash_slot(self, columns: Sequence[KeyColumn]) -> int:
        """Return the hash slot of the key with these *columns*."""
        return hash_slot(columns[: len(self.hash_keys)])

    def columns(self, item: Mapping[str, AttributeValue]) -> tuple[KeyColumn, ...]:
        """Return the columns of the key in *item*.

        Raise :class:`~dynamorm.exceptions.InvalidKey` if an attribute of the key is missing, empty, too long or of
        another type.
        """
        result: list[KeyColumn] = []
        for attribute, largest in self._columns:
            name = attribute.name
            if name not in item:
                raise InvalidKey(f"'{name}' is missing: it is part of {self.description}.")
            column = self.column(attribute, item[name])
            if len(column) > largest // 4:
                self._check_size(attribute, item[name], largest)
            result.append(column)
        if self._joint:
            self._check_joint_sizes(item)
        return tuple(result)

    def columns_if_present(self, item: Item) -> tuple[KeyColumn, ...] | None:
        """Return the columns of the key in *item*, or ``None`` if an attribute of the key is missing.

        The attributes that are present have to be valid in the key, even if another one is missing. Otherwise raise
        :class:`~dynamorm.exceptions.InvalidKey`.
        """
        present = [name in item for name in self.names]
        if all(present):
            return self.columns(item)
        for (attribute, largest), there in zip(self._columns, present, strict=True):
            if there:
                self.column(attribute, item[attribute.name])
                self._check_size(attribute, item[attribute.name], largest)
        self._check_joint_sizes(item)
        return None

    def column(self, attribute: KeyAttribute, value: AttributeValue) -> KeyColumn:
        """Return the column for one *attribute* of this key, without checking its size.

        Raise what :meth:`columns` raises, and :class:`~dynamorm.exceptions.InvalidValue` for a value that is not
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
            return number_column(value)
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

"""Attribute values as DynamoDB JSON: ``"abc"`` is ``{"S": "abc"}``, 5 is ``{"N": "5"}``.

See "AttributeValue" in DynamoDB's API reference. Numbers are sent as strings and keep all of their 38 digits; they
never become a ``float``.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from dynamorm.data import AttributeValue, Item, Number, limits
from dynamorm.data.values import ByType, type_of_set
from dynamorm.exceptions import InvalidValue, Unsupported

#: One value in DynamoDB JSON: a dictionary with one entry, the name of the type and a form that depends on the type.
AttributeJson: TypeAlias = dict[str, Any]


class _Decoders(dict[str, Callable[[Any], AttributeValue]]):
    def __missing__(self, kind: str) -> Callable[[Any], AttributeValue]:
        raise Unsupported(
            f"The service returned a value of the type {kind}, which this version of DynamORM does not know. "
            "Leave the attribute out with a projection, or upgrade dynamorm-core."
        )


class AttributeCodec:
    """Convert canonical values to DynamoDB JSON and back.

    Transports differ only in the form of binary data. By default ``bytes`` stay ``bytes``, as botocore's client takes
    and returns them; :data:`JSON` is the codec for a transport that writes and parses JSON itself. A transport that
    parses JSON to other objects than dictionaries overrides ``decode`` and ``decode_item``.

    Args:
        encode_binary: Converts ``bytes`` to their form in a request.
        decode_binary: Converts their form in a response to ``bytes``.
    """

    def __init__(
        self, encode_binary: Callable[[bytes], Any] = bytes, decode_binary: Callable[[Any], bytes] = bytes
    ) -> None:
        self._encode_binary = encode_binary
        self._encoders = ByType[Callable[[Any], AttributeJson]](
            {
                str: lambda value: {"S": value},
                int: _encode_integer,
                Decimal: lambda value: {"N": str(value)},
                bytes: lambda value: {"B": encode_binary(value)},
                bool: lambda value: {"BOOL": value},
                type(None): lambda _value: {"NULL": True},
                list: lambda value: {"L": [self.encode(element) for element in value]},
                dict: lambda value: {"M": self.encode_item(value)},
                set: self._encode_set,
            }
        )
        self._decoders = _Decoders(
            {
                "S": lambda text: text,
                "N": decode_number,
                "B": decode_binary,
                "BOOL": lambda flag: flag,
                "NULL": lambda _true: None,
                "L": lambda elements: [self.decode(element) for element in elements],
                "M": self.decode_item,
                "SS": set,
                "NS": lambda elements: set(map(decode_number, elements)),
                "BS": lambda elements: set(map(decode_binary, elements)),
            }
        )

    def encode(self, value: AttributeValue) -> AttributeJson:
        """Return the DynamoDB JSON of one canonical *value*.

        Raises:
            InvalidValue: The value is not canonical.
        """
        return self._encoders[type(value)](value)

    def encode_item(self, item: Mapping[str, AttributeValue]) -> dict[str, AttributeJson]:
        """Return the DynamoDB JSON of an item, a key or a map. Raises the exceptions of :meth:`encode`."""
        encoders = self._encoders
        return {name: encoders[type(value)](value) for name, value in item.items()}

    def decode(self, attribute: AttributeJson) -> AttributeValue:
        """Return the canonical value of one attribute in DynamoDB JSON.

        Raises:
            Unsupported: The attribute has a type that DynamoDB added after this version of DynamORM.
        """
        [(kind, value)] = attribute.items()
        return self._decoders[kind](value)

    def decode_item(self, attributes: Mapping[str, AttributeJson]) -> Item:
        """Return the canonical form of an item, a key or a map. Raises the exceptions of :meth:`decode`."""
        decoders = self._decoders
        item: Item = {}
        for name, attribute in attributes.items():
            [(kind, value)] = attribute.items()
            # Most attributes are strings, the only type whose form needs no conversion.
            item[name] = value if kind == "S" else decoders[kind](value)
        return item

    def decode_items(self, items: Iterable[Mapping[str, AttributeJson]]) -> list[Item]:
        """Return the canonical forms of several items. Raises the exceptions of :meth:`decode`."""
        return list(map(self.decode_item, items))

    def _encode_set(self, elements: set[Any]) -> AttributeJson:
        kind = type_of_set(elements)
        if kind == "SS":
            return {"SS": list(elements)}
        if kind == "BS":
            return {"BS": list(map(self._encode_binary, elements))}
        try:
            return {"NS": list(map(str, elements))}
        except ValueError:
            raise _beyond_range() from None


def _encode_integer(number: int) -> AttributeJson:
    try:
        return {"N": str(number)}
    except ValueError:
        raise _beyond_range() from None


def _beyond_range() -> InvalidValue:
    # Python refuses to convert thousands of digits to a string. The service refuses shorter numbers itself.
    return InvalidValue("An operation holds a number beyond DynamoDB's range. Store it as a string.")


def _to_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


#: The last digits of a fraction in its shortest form, in which the service returns numbers.
_LAST_DIGITS = frozenset("123456789")


def decode_number(text: str) -> Number:
    """Return the number in *text*: an ``int`` when it is integral, otherwise a ``Decimal`` with all its digits.

    Raises:
        ValueError: There is no number in it, or none that DynamoDB can store.
        decimal.InvalidOperation: There is no number in it.
    """
    if text.isdecimal():
        return int(text)
    if text[-1:] in _LAST_DIGITS and "." in text and "E" not in text and "e" not in text:
        return Decimal(text)
    if text.lstrip("-").isdecimal():
        return int(text)
    number = Decimal(text)
    # It has an exponent or trailing zeros, which only other implementations of the service send. Arithmetic would round
    # to the precision of the decimal context, which is 28 digits by default.
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or number.adjusted() > limits.NUMBER_LARGEST_EXPONENT:
        raise ValueError("The service sent a number that DynamoDB can't store.")
    if exponent >= 0:
        return int(number)
    significant = len(digits)
    while exponent < 0 < significant and not digits[significant - 1]:
        significant -= 1
        exponent += 1
    canonical = Decimal((sign, digits[:significant], exponent))
    return int(canonical) if exponent >= 0 or not significant else canonical


#: The codec for transports that take and return ``bytes``, as botocore's client does.
BYTES = AttributeCodec()
#: The codec for transports that write and parse JSON themselves: binary data is encoded as base64.
JSON = AttributeCodec(_to_base64, a2b_base64)

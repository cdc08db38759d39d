"""Attribute values as DynamoDB JSON: ``"abc"`` is ``{"S": "abc"}``, 5 is ``{"N": "5"}``.

The forms are those of "AttributeValue" in DynamoDB's API reference. Numbers travel as text and keep
all of their 38 digits; they never become a ``float``.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from dynamorm.data import AttributeValue, Item, Number, limits
from dynamorm.exceptions import InvalidValue, Unsupported

#: One value in DynamoDB JSON: a single entry, the type's name and a form that depends on the type.
AttributeJson: TypeAlias = dict[str, Any]


class _Encoders(dict[type, Callable[[Any], AttributeJson]]):
    def __missing__(self, kind: type) -> Callable[[Any], AttributeJson]:
        raise InvalidValue(
            f"An operation holds a value of the type {kind.__name__}, which DynamoDB can't store. "
            "Bring values into their canonical form with dynamorm.data.normalise first."
        )


class _Decoders(dict[str, Callable[[Any], AttributeValue]]):
    def __missing__(self, kind: str) -> Callable[[Any], AttributeValue]:
        raise Unsupported(
            f"The service answered with a value of the type {kind}, which this version of DynamORM does not know. "
            "Leave the attribute out with a projection, or upgrade dynamorm-core."
        )


class AttributeCodec:
    """Turns canonical values into DynamoDB JSON and back.

    Binary data is the one thing that transports treat differently: the codec asks *encode_binary* and
    *decode_binary* for its form on the wire. As it stands, ``bytes`` stay ``bytes``, which is what
    botocore's client takes and gives; :data:`JSON` is for a transport that writes and parses the JSON itself.

    A transport that parses JSON into other objects than dictionaries overrides ``decode`` and ``decode_item``.
    """

    def __init__(
        self, encode_binary: Callable[[bytes], Any] = bytes, decode_binary: Callable[[Any], bytes] = bytes
    ) -> None:
        self._encode_binary = encode_binary
        self._encoders = _Encoders(
            {
                str: lambda value: {"S": value},
                int: lambda value: {"N": str(value)},
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
                "S": lambda text: cast("str", text),
                "N": decode_number,
                "B": decode_binary,
                "BOOL": lambda flag: cast("bool", flag),
                "NULL": lambda _true: None,
                "L": lambda elements: [self.decode(element) for element in elements],
                "M": self.decode_item,
                "SS": set,
                "NS": lambda elements: set(map(decode_number, elements)),
                "BS": lambda elements: set(map(decode_binary, elements)),
            }
        )

    def encode(self, value: AttributeValue) -> AttributeJson:
        """The DynamoDB JSON of one canonical *value*.

        Raises :class:`~dynamorm.exceptions.InvalidValue` for a type that is not canonical.
        """
        return self._encoders[type(value)](value)

    def encode_item(self, item: Mapping[str, AttributeValue]) -> dict[str, AttributeJson]:
        """The DynamoDB JSON of an item, a key or a map, by attribute name. Raises as :meth:`encode` does."""
        encoders = self._encoders
        return {name: encoders[type(value)](value) for name, value in item.items()}

    def decode(self, attribute: AttributeJson) -> AttributeValue:
        """The canonical value of one attribute in DynamoDB JSON.

        Raises :class:`~dynamorm.exceptions.Unsupported` for a type that DynamoDB did not have when
        this was written.
        """
        [(kind, value)] = attribute.items()
        return self._decoders[kind](value)

    def decode_item(self, attributes: Mapping[str, AttributeJson]) -> Item:
        """The canonical values of an item, a key or a map, by attribute name. Raises as :meth:`decode` does."""
        decoders = self._decoders
        item: Item = {}
        for name, attribute in attributes.items():
            [(kind, value)] = attribute.items()
            # Most attributes are strings, and theirs is the one form that needs no call.
            item[name] = value if kind == "S" else decoders[kind](value)
        return item

    def decode_items(self, items: Iterable[Mapping[str, AttributeJson]]) -> list[Item]:
        """The canonical values of several items. Raises as :meth:`decode` does."""
        return list(map(self.decode_item, items))

    def _encode_set(self, elements: set[Any]) -> AttributeJson:
        for element in elements:
            if isinstance(element, str):
                return {"SS": list(elements)}
            if isinstance(element, bytes):
                return {"BS": list(map(self._encode_binary, elements))}
            return {"NS": list(map(str, elements))}
        raise InvalidValue("An operation holds an empty set, which DynamoDB can't store. Leave the attribute out.")


def _to_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


#: How a fraction in its shortest form ends, which is how the service answers.
_LAST_DIGITS = frozenset("123456789")


def decode_number(text: str) -> Number:
    """The number that *text* stands for: an ``int`` when it is integral, else a ``Decimal`` with all its digits.

    Raises ``ValueError`` or ``decimal.InvalidOperation`` when it stands for none.
    """
    if text.isdecimal():
        return int(text)
    if text[-1:] in _LAST_DIGITS and "." in text and "E" not in text and "e" not in text:
        return Decimal(text)
    if text.lstrip("-").isdecimal():
        return int(text)
    number = Decimal(text)
    # With an exponent or trailing zeros, which only imitations of the service send. Arithmetic would round to the
    # context's precision, 28 digits unless a program changes it.
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


#: The codec for transports that take and give ``bytes``, as botocore's client does.
BYTES = AttributeCodec()
#: The codec for transports that write and parse the JSON themselves: binary data are base64.
JSON = AttributeCodec(_to_base64, a2b_base64)

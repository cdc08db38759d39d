"""Cursors: where the next page of a read starts, as an opaque text that is safe in a URL.

The text is base64 of these bytes: the format's version; 1 when it is signed, else 0; an id of the secret (4 bytes); a digest of the
read that it belongs to (16) and one of each of its parts (2 each), so that an error can say what differs; the position as JSON;
and a tag (32), HMAC-SHA256 of all that is before it. Without a secret the tag is that of an empty one: it shows accidents,
and keeps nobody from making cursors.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias, cast

from dynamorm.data.conditions import And, In, Or
from dynamorm.data.operations import Query, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import AttributeValue, Item, normalise
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidCursor, InvalidValue

#: The secret that signs cursors, or several: the first one signs, and each is good for a cursor that was signed with it.
Secret: TypeAlias = str | bytes | Sequence[str | bytes]

SECRET_BYTES = 16

_FORMAT = 1
_NO_SECRET = b""
_ID_BYTES, _READ_BYTES, _PART_BYTES, _TAG_BYTES = 4, 16, 2, 32
_NUMBER = r"-?[0-9]{1,130}(\.[0-9]{1,130})?(E-[0-9]{1,3})?"

#: The parts of conditions that have no order.
_UNORDERED: Mapping[type, Sequence[str]] = {And: ("conditions",), Or: ("conditions",), In: ("choices",)}

#: JSON, as far as it is used here.
_Json: TypeAlias = Any


class Cursors:
    """Makes the cursors of one read, and opens those that belong to it.

    *operation* is what is read, wherever it starts; *segments* is the number of segments of a parallel scan. *keys* are the key
    attributes of the table and of the index that is read. With *secrets* cursors are signed.
    """

    def __init__(
        self,
        model_name: str,
        operation: Query | Scan,
        segments: int | None,
        keys: Sequence[KeyAttribute],
        secrets: Sequence[bytes],
    ) -> None:
        self._model_name = model_name
        self._operation = operation
        self._segments = segments
        self._keys = keys
        self._secrets = secrets

    def made(self, position: Position) -> str:
        """The cursor of a *position* of this read."""
        secret = self._secrets[0] if self._secrets else _NO_SECRET
        text = json.dumps(self._encoded(position), separators=(",", ":"))
        head = bytes([_FORMAT, bool(self._secrets)]) + _id_of(secret)
        body = head + self._digests(secret) + text.encode()
        return base64.urlsafe_b64encode(body + _tag(secret, body)).rstrip(b"=").decode()

    def opened(self, text: object) -> Position:
        """The position that a cursor holds. Raises :class:`~dynamorm.exceptions.InvalidCursor`."""
        if not isinstance(text, str):
            raise self._refusal(f"is {type(text).__name__}, and no text.")
        body, tag = self._parts(text)
        secret = self._secret_of(body)
        if not hmac.compare_digest(tag, _tag(secret, body)):
            raise self._refusal("was changed, or cut off. Ask for the first page again.")
        start = 2 + _ID_BYTES
        digests = body[start : start + len(self._digests(secret))]
        self._check_read(secret, digests)
        try:
            return self._decoded(json.loads(body[start + len(digests) :]))
        except (ValueError, TypeError, LookupError, RecursionError, DynamoException) as error:
            # Only one that somebody has made without a secret gets here.
            raise self._refusal("holds no position of this read.") from error

    def _parts(self, text: str) -> tuple[bytes, bytes]:
        try:
            decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        # Some of the bits of the last character count for nothing: each cursor has only one form.
        if not decoded or base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.encode():
            raise self._refusal("is none, or was changed or cut off. Ask for the first page again.")
        if decoded[0] != _FORMAT:
            raise self._refusal(
                f"was changed, or made by another version of DynamORM: its format is {decoded[0]}, and this version knows {_FORMAT}. "
                "Ask for the first page again."
            )
        if len(decoded) <= 2 + _ID_BYTES + len(self._digests(_NO_SECRET)) + _TAG_BYTES:
            raise self._refusal("was cut off. Ask for the first page again.")
        return decoded[:-_TAG_BYTES], decoded[-_TAG_BYTES:]

    def _secret_of(self, body: bytes) -> bytes:
        is_signed, secret_id = body[1], body[2 : 2 + _ID_BYTES]
        if not self._secrets:
            if is_signed:
                raise self._refusal(
                    "is signed, and this read has no secret to check it with. Give it one: signed(secret)."
                )
            return _NO_SECRET
        if not is_signed:
            raise self._refusal("is not signed, and this read takes none but signed ones.")
        for secret in self._secrets:
            if hmac.compare_digest(secret_id, _id_of(secret)):
                return secret
        raise self._refusal("was changed, or signed with another secret.")

    def _check_read(self, secret: bytes, digests: bytes) -> None:
        own = self._digests(secret)
        if hmac.compare_digest(digests, own):
            return
        pairs = zip(self._read, _split(own), _split(digests), strict=True)
        differing = [name for name, expected, given in pairs if given != expected]
        others = " and ".join(f"another {name}" for name in differing) or "another read"
        raise self._refusal(f"belongs to {others}. It goes on with the read that it was made for, and no other.")

    @cached_property
    def _read(self) -> Mapping[str, str]:
        """The parts of the read that a cursor is bound to, in a form that is the same in each process."""
        operation = self._operation
        is_query = isinstance(operation, Query)
        return {
            "kind of read": "query" if is_query else "scan",
            "table": operation.table,
            "index": _canonical(operation.index),
            "key condition": _canonical(operation.key_condition) if isinstance(operation, Query) else "",
            "filter": _canonical(operation.filter),
            "direction": _canonical(not isinstance(operation, Query) or operation.forward),
            "number of segments": _canonical(self._segments),
        }

    def _digests(self, secret: bytes) -> bytes:
        whole = json.dumps(list(self._read.values())).encode()
        parts = (_digest(secret, f"{name}:{text}".encode())[:_PART_BYTES] for name, text in self._read.items())
        return _digest(secret, b"read:" + whole)[:_READ_BYTES] + b"".join(parts)

    # Positions

    def _encoded(self, position: Position) -> _Json:
        if not isinstance(position, SegmentPositions):
            return self._encoded_key(position)
        begun = {
            str(segment): None if key is None else self._encoded_key(key) for segment, key in position.begun.items()
        }
        return {"total": position.total, "following": position.following, "begun": begun}

    def _encoded_key(self, key: Item) -> _Json:
        return [_encoded_value(key[attribute.name]) for attribute in self._keys]

    def _decoded(self, position: _Json) -> Position:
        if self._segments is None:
            return self._decoded_key(position)
        total, following = position["total"], position["following"]
        begun = {
            int(segment): None if key is None else self._decoded_key(key) for segment, key in position["begun"].items()
        }
        is_number = type(following) is int and 0 <= following <= self._segments
        if total != self._segments or not is_number or not all(0 <= segment < following for segment in begun):
            raise InvalidValue("The segments don't fit the scan.")
        return SegmentPositions(total, begun, following)

    def _decoded_key(self, values: _Json) -> Item:
        if not isinstance(values, list):
            raise InvalidValue("A key is a list of values.")
        return {
            attribute.name: _decoded_value(attribute, value)
            for attribute, value in zip(self._keys, values, strict=True)
        }

    def _refusal(self, reason: str) -> InvalidCursor:
        return InvalidCursor(f"The cursor for a read of {self._model_name} {reason}")


def secrets_of(secret: Secret) -> tuple[bytes, ...]:
    """The bytes of one secret or several. Raises ``InvalidValue`` for a short one, ``DynaModelException`` for another type."""
    given = (secret,) if isinstance(secret, (str, bytes)) else tuple(secret)
    found = []
    for each in given:
        if not isinstance(each, (str, bytes)):
            raise DynaModelException(f"A secret for cursors is a text or bytes, not {type(each).__name__}.")
        found.append(each.encode() if isinstance(each, str) else each)
        if len(found[-1]) < SECRET_BYTES:
            raise InvalidValue(
                f"A secret for cursors has at least {SECRET_BYTES} bytes, or it could be guessed. secrets.token_bytes() makes one."
            )
    if not found:
        raise InvalidValue("Cursors can't be signed without a secret. Give at least one.")
    return tuple(found)


def _digest(secret: bytes, text: bytes) -> bytes:
    return hmac.new(secret, b"dynamorm cursor " + text, hashlib.sha256).digest()


def _tag(secret: bytes, body: bytes) -> bytes:
    return _digest(secret, b"tag:" + body)


def _id_of(secret: bytes) -> bytes:
    return _digest(secret, b"id:")[:_ID_BYTES]


def _split(digests: bytes) -> list[bytes]:
    parts = digests[_READ_BYTES:]
    return [parts[start : start + _PART_BYTES] for start in range(0, len(parts), _PART_BYTES)]


def _encoded_value(value: AttributeValue) -> _Json:
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    return value if isinstance(value, str) else {"N": str(value)}


def _decoded_value(attribute: KeyAttribute, value: _Json) -> AttributeValue:
    if attribute.type == "S":
        if not isinstance(value, str) or not value:
            raise InvalidValue("The key is no text.")
        return normalise(value, attribute.name)
    text = value[attribute.type]
    if attribute.type == "B":
        return base64.b64decode(text, validate=True)
    # Checked first: a short text can stand for a number whose digits would fill the memory.
    if not re.fullmatch(_NUMBER, text):
        raise InvalidValue("The key is no number.")
    return normalise(Decimal(text), attribute.name)


def _canonical(value: object) -> str:
    return json.dumps(_comparable(value), sort_keys=True)


def _comparable(value: object) -> _Json:
    """JSON that is the same for equal parts of operations: what has no order is sorted."""
    if is_dataclass(value):
        parts = {field.name: _comparable(getattr(value, field.name)) for field in fields(value)}
        for name in _UNORDERED.get(type(value), ()):
            parts[name] = sorted(parts[name], key=_text)
        return {"": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {"M": {name: _comparable(each) for name, each in value.items()}}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((_comparable(each) for each in value), key=_text)}
    if isinstance(value, (list, tuple)):
        return [_comparable(each) for each in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    return _encoded_value(cast("int | Decimal | bytes", value))


def _text(value: _Json) -> str:
    return json.dumps(value, sort_keys=True)

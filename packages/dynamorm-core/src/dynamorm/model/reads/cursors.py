"""Cursors: the position of the next page of a read, as an opaque string that is safe in a URL.

The string is base64 of these bytes: the format's version; 1 if it is signed, else 0; an id of the secret (4 bytes); a
digest of the read that it belongs to (16) and one of each part of that (2 each), so that an error can name what
differs; the position as JSON; and a tag (32), the HMAC-SHA256 of all bytes before it. Without a secret, the tag is
computed with an empty one: it detects accidents, but prevents nobody from making cursors.
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

from dynamorm.data import limits
from dynamorm.data.conditions import And, In, Or
from dynamorm.data.operations import Query, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.sizes import size_of
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import AttributeValue, Item, normalise
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidCursor, InvalidValue
from dynamorm.rules import holds

#: The secret that signs cursors, or several: the first one signs, and cursors signed with any of them are accepted.
Secret: TypeAlias = str | bytes | Sequence[str | bytes]

SECRET_BYTES = 16

_FORMAT = 1
_NO_SECRET = b""
_ID_BYTES, _READ_BYTES, _PART_BYTES, _TAG_BYTES = 4, 16, 2, 32
_NUMBER = r"-?[0-9]{1,130}(\.[0-9]{1,130})?(E-[0-9]{1,3})?"

#: The parts of conditions that have no order.
_UNORDERED: Mapping[type, Sequence[str]] = {And: ("conditions",), Or: ("conditions",), In: ("choices",)}

#: The JSON of a position.
_Json: TypeAlias = Any


class Cursors:
    """The encoder and decoder of the cursors of one read.

    *operation* is the read, wherever it starts; *segments* is the number of segments of a parallel scan. *keys* are the
    key attributes of the table and of the index that is read. With *secrets*, cursors are signed. *models* are those
    whose items are read, of a table that has items of several models.
    """

    def __init__(
        self,
        model_name: str,
        operation: Query | Scan,
        segments: int | None,
        keys: Sequence[KeyAttribute],
        secrets: Sequence[bytes],
        *,
        models: str | None = None,
    ) -> None:
        self._model_name = model_name
        self._models = models
        self._operation = operation
        self._segments = segments
        self._keys = keys
        self._secrets = secrets

    def encode(self, position: Position) -> str:
        """Return the cursor for a *position* of this read."""
        secret = self._secrets[0] if self._secrets else _NO_SECRET
        encoded = json.dumps(self._encode_position(position), separators=(",", ":"))
        head = bytes([_FORMAT, bool(self._secrets)]) + _id_of(secret)
        body = head + self._digests(secret) + encoded.encode()
        return base64.urlsafe_b64encode(body + _tag(secret, body)).rstrip(b"=").decode()

    def decode(self, cursor: object) -> Position:
        """Return the position of a *cursor*; raise :class:`~dynamorm.exceptions.InvalidCursor` for a wrong one."""
        if not isinstance(cursor, str):
            raise self._refusal(f"must be a string, not {type(cursor).__name__}.")
        body, tag = self._body_and_tag(cursor)
        secret = self._find_secret(body)
        if not hmac.compare_digest(tag, _tag(secret, body)):
            raise self._refusal("was changed, or cut off. Start with the first page again.")
        start = 2 + _ID_BYTES
        digests = body[start : start + len(self._digests(secret))]
        self._check_read(secret, digests)
        try:
            return self._decode_position(json.loads(body[start + len(digests) :]))
        except (ValueError, TypeError, LookupError, RecursionError, DynamoException) as error:
            # Only a cursor that somebody made without a secret gets here.
            raise self._refusal("holds no position of this read.") from error

    def _body_and_tag(self, cursor: str) -> tuple[bytes, bytes]:
        try:
            decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        # Some bits of the last character have no meaning; only one form of each cursor is accepted.
        least = 2 + _ID_BYTES + len(self._digests(_NO_SECRET)) + _TAG_BYTES
        is_encoded = base64.urlsafe_b64encode(decoded).rstrip(b"=") == cursor.encode()
        if not decoded or not is_encoded or (decoded[0] != _FORMAT and len(decoded) <= least):
            raise self._refusal("is not a cursor, or was changed or cut off. Start with the first page again.")
        if decoded[0] != _FORMAT:
            raise self._refusal(
                "is not a cursor, or was changed, or made by another version of DynamORM: its format is "
                f"{decoded[0]}, and this version reads format {_FORMAT}. Start with the first page again."
            )
        if len(decoded) <= least:
            raise self._refusal("was cut off. Start with the first page again.")
        return decoded[:-_TAG_BYTES], decoded[-_TAG_BYTES:]

    def _find_secret(self, body: bytes) -> bytes:
        is_signed, secret_id = body[1], body[2 : 2 + _ID_BYTES]
        if not self._secrets:
            if is_signed:
                raise self._refusal(
                    "is signed, but this read has no secret to check it with. Add one with signed(secret)."
                )
            return _NO_SECRET
        if not is_signed:
            raise self._refusal("is not signed, but this read accepts only signed cursors.")
        for secret in self._secrets:
            if hmac.compare_digest(secret_id, _id_of(secret)):
                return secret
        raise self._refusal("was changed, or signed with another secret or for another context.")

    def _check_read(self, secret: bytes, digests: bytes) -> None:
        own = self._digests(secret)
        if hmac.compare_digest(digests, own):
            return
        pairs = zip(self._read, _split(own), _split(digests), strict=True)
        differing = [name for name, expected, given in pairs if given != expected]
        if isinstance(self._operation, Scan) and self._operation.segment is not None:
            differing = ["segment" if name == "number of segments" else name for name in differing]
        others = " and ".join(f"another {name}" for name in differing) or "another read"
        raise self._refusal(f"belongs to {others}. A cursor can continue only the read that it was made for.")

    @cached_property
    def _read(self) -> Mapping[str, str]:
        """The parts of the read that a cursor is bound to, in a form that is the same in every process."""
        operation = self._operation
        is_query = isinstance(operation, Query)
        segment = None
        if isinstance(operation, Scan) and operation.segment is not None:
            segment = [operation.segment, operation.total_segments]
        models = {} if self._models is None else {"model": _canonical(self._models)}
        return {
            "kind of read": "query" if is_query else "scan",
            "table": operation.table,
            "index": _canonical(operation.index),
            "key condition": _canonical(operation.key_condition) if isinstance(operation, Query) else "",
            "filter": _canonical(operation.filter),
            "direction": _canonical(not isinstance(operation, Query) or operation.forward),
            "number of segments": _canonical(self._segments if segment is None else segment),
            **models,
        }

    def _digests(self, secret: bytes) -> bytes:
        whole = json.dumps(list(self._read.values())).encode()
        parts = (_digest(secret, f"{name}:{part}".encode())[:_PART_BYTES] for name, part in self._read.items())
        return _digest(secret, b"read:" + whole)[:_READ_BYTES] + b"".join(parts)

    # Positions

    def _encode_position(self, position: Position) -> _Json:
        if not isinstance(position, SegmentPositions):
            return self._encode_key(position)
        begun = {
            str(segment): None if key is None else self._encode_key(key) for segment, key in position.begun.items()
        }
        return {"total": position.total, "following": position.following, "begun": begun}

    def _encode_key(self, key: Item) -> _Json:
        return [_encode_value(key[attribute.name]) for attribute in self._keys]

    def _decode_position(self, position: _Json) -> Position:
        if self._segments is None:
            return self._decode_key(position)
        total, following, given = position["total"], position["following"], position["begun"]
        if not isinstance(given, dict):
            raise InvalidValue("The positions of segments are a map.")
        begun = {int(segment): None if key is None else self._decode_key(key) for segment, key in given.items()}
        is_number = type(following) is int and 0 <= following <= self._segments
        if total != self._segments or not is_number or not all(0 <= segment < following for segment in begun):
            raise InvalidValue("The segments don't fit the scan.")
        return SegmentPositions(total, begun, following)

    def _decode_key(self, values: _Json) -> Item:
        if not isinstance(values, list):
            raise InvalidValue("A key is a list of values.")
        key = {
            attribute.name: _decode_value(attribute, value) for attribute, value in zip(self._keys, values, strict=True)
        }
        self._check_key(key)
        return key

    def _check_key(self, key: Item) -> None:
        """Raise ``InvalidValue`` for a *key* at which no page of this read can end."""
        for attribute in self._keys:
            # A hash key may be longer than a range key; whether it is one of the table, the cursor does not say.
            if size_of(key[attribute.name]) > limits.HASH_KEY_BYTES or key[attribute.name] == b"":
                raise InvalidValue("The key has a value that no key can have.")
        if isinstance(self._operation, Query):
            condition = self._operation.key_condition
            given = {name: key.get(name) for name in condition.hash_values}
            if given != condition.hash_values or not all(holds(part, key) for part in condition.range_conditions):
                raise InvalidValue("The key is not one that the query reads.")

    def _refusal(self, reason: str) -> InvalidCursor:
        return InvalidCursor(f"The cursor for a read of {self._model_name} {reason}")


def parse_secrets(secret: Secret, context: str = "") -> tuple[bytes, ...]:
    """Return one secret or several as bytes, made from the secrets and the *context* if there is one.

    Raises :class:`~dynamorm.exceptions.InvalidValue` for a short secret or none, and
    :class:`~dynamorm.exceptions.DynaModelException` for another type.
    """
    if not isinstance(context, str):
        raise DynaModelException(f"The context of signed cursors must be a string, not {type(context).__name__}.")
    if not isinstance(secret, (str, bytes, Sequence)):
        raise DynaModelException(
            f"A secret for cursors must be a string or bytes, or a list of those, not {type(secret).__name__}."
        )
    given = (secret,) if isinstance(secret, (str, bytes)) else tuple(secret)
    found = []
    for each in given:
        if not isinstance(each, (str, bytes)):
            raise DynaModelException(f"A secret for cursors must be a string or bytes, not {type(each).__name__}.")
        found.append(each.encode() if isinstance(each, str) else each)
        if len(found[-1]) < SECRET_BYTES:
            raise InvalidValue(
                f"A secret for cursors must have at least {SECRET_BYTES} bytes, or it could be guessed. "
                "secrets.token_bytes() makes one."
            )
    if not found:
        raise InvalidValue("Cursors can't be signed without a secret. Pass at least one.")
    return tuple(_digest(each, b"context:" + context.encode()) if context else each for each in found)


def _digest(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, b"dynamorm cursor " + message, hashlib.sha256).digest()


def _tag(secret: bytes, body: bytes) -> bytes:
    return _digest(secret, b"tag:" + body)


def _id_of(secret: bytes) -> bytes:
    return _digest(secret, b"id:")[:_ID_BYTES]


def _split(digests: bytes) -> list[bytes]:
    parts = digests[_READ_BYTES:]
    return [parts[start : start + _PART_BYTES] for start in range(0, len(parts), _PART_BYTES)]


def _encode_value(value: AttributeValue) -> _Json:
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    return value if isinstance(value, str) else {"N": str(value)}


def _decode_value(attribute: KeyAttribute, value: _Json) -> AttributeValue:
    if attribute.type == "S":
        if not isinstance(value, str) or not value:
            raise InvalidValue("The key is not a string.")
        return normalise(value, attribute.name)
    encoded = value[attribute.type]
    if attribute.type == "B":
        return base64.b64decode(encoded, validate=True)
    # Checked first: a short string can be a number whose digits would fill the memory.
    if not re.fullmatch(_NUMBER, encoded):
        raise InvalidValue("The key is not a number.")
    return normalise(Decimal(encoded), attribute.name)


def _canonical(value: object) -> str:
    return json.dumps(_comparable(value), sort_keys=True)


def _comparable(value: object) -> _Json:
    """Return JSON that is the same for equal parts of operations: parts without an order are sorted."""
    if is_dataclass(value):
        parts = {field.name: _comparable(getattr(value, field.name)) for field in fields(value)}
        for name in _UNORDERED.get(type(value), ()):
            parts[name] = sorted(parts[name], key=_sort_key)
        return {"": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {"M": {name: _comparable(each) for name, each in value.items()}}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((_comparable(each) for each in value), key=_sort_key)}
    if isinstance(value, (list, tuple)):
        return [_comparable(each) for each in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    return _encode_value(cast("int | Decimal | bytes", value))


def _sort_key(value: _Json) -> str:
    return json.dumps(value, sort_keys=True)

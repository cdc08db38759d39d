"""Parse and check the responses that boto3's client receives.

botocore's parser walks through the shapes of a response, value by value, which takes longer than everything else that a
client does with a page of items. ``dynamorm.wire`` needs just the JSON. A session takes its parsers from the component
``response_parser_factory``.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ChecksumError
from botocore.parsers import ResponseParserError, ResponseParserFactory

from dynamorm_boto3.checksums import CHECKSUM, checksum, has_checksum
from dynamorm_boto3.item_json import ITEM_ACTIONS, from_json, json_object
from dynamorm_boto3.item_response import ItemResponse
from dynamorm_boto3.malformed import fault_of_body

#: The lowest status of an error.
_FIRST_ERROR = 300
_SHAPES = {f"{action}Output": action for action in ITEM_ACTIONS}
_PROTOCOL = "json"
#: No body has it.
_WRONG_CHECKSUM = "-1"
#: The names of the member of errors that says why a request was throttled, which older releases of botocore leave out.
_THROTTLING_REASONS = ("throttlingReasons", "ThrottlingReasons")


class PlainItemsFactory(ResponseParserFactory):
    """Makes the parsers of a session, which leave responses to operations on items as plain JSON."""

    def __init__(self) -> None:
        super().__init__()
        self._known: _PlainItemsParser | None = None

    def create_parser(self, protocol_name: str, *arguments: Any, **options: Any) -> Any:
        """Return the parser for a protocol: botocore's own for any other protocol than DynamoDB's JSON."""
        if protocol_name != _PROTOCOL or arguments or options:
            return super().create_parser(protocol_name, *arguments, **options)
        # A client asks for a parser for each response.
        if self._known is None:
            self._known = _PlainItemsParser(super().create_parser(protocol_name))
        return self._known

    def set_parser_defaults(self, **defaults: Any) -> None:
        """Set the arguments for the parsers that are made from now on."""
        super().set_parser_defaults(**defaults)
        self._known = None


class _PlainItemsParser:
    """Parses successful responses to operations on items, and leaves everything else to botocore's own parser."""

    def __init__(self, full: Any) -> None:
        self._full = full

    def __getattr__(self, name: str) -> Any:
        return getattr(self._full, name)

    def parse(self, response: Any, shape: Any, *arguments: Any, **options: Any) -> Any:
        status, body = response["status_code"], response["body"]
        if _is_damaged(response["headers"], body):
            # botocore sends a request again whose response has a wrong checksum. It does not look at the length, and
            # fails at a checksum that is no number.
            response["headers"][CHECKSUM] = _WRONG_CHECKSUM
        if status >= _FIRST_ERROR and not _is_error(body):
            # botocore then takes the status as the error's code.
            response = {**response, "body": b""}
        if status != 200 or shape is None or shape.name not in _SHAPES:
            return self._full.parse(response, shape, *arguments, **options)
        parsed = ItemResponse()
        # If the checksum is wrong, botocore retries the request, or else check_response raises.
        if has_checksum(body, response["headers"].get(CHECKSUM)):
            try:
                parsed = from_json(_SHAPES[shape.name], body)
            except ValueError as error:
                raise ResponseParserError(fault_of_body(body)) from error
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": response["headers"]}
        return parsed


def _is_damaged(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the *headers* or the *body* were cut off as the connection ended, or the checksum is no number."""
    length = headers.get("content-length")
    if not headers.get(CHECKSUM, "0").isdecimal():
        return True
    if length is None:
        return not body and "transfer-encoding" not in headers
    return length.isdecimal() and len(body) < int(length)


def _is_error(body: bytes) -> bool:
    """Return whether botocore can read the *body* of an error, which may be any text."""
    try:
        parsed = json.loads(body.decode())
    except (UnicodeDecodeError, RecursionError):
        return False
    except ValueError:
        return True
    return isinstance(parsed, dict) and isinstance(parsed.get("__type", ""), str)


def check_response(
    http_response: Any, model: Any, *, parsed: Any = None, parsed_here: Container[str] = (), **_context: Any
) -> None:
    """Check a final response, as a handler of botocore's event ``after-call``.

    *parsed* is what botocore has made of it, and *parsed_here* are the actions whose successful responses the parser of
    this module has read.

    Raises ``ChecksumError`` for a wrong checksum: in the retry mode "standard", botocore returns such a response when
    its retries are used up. Raises ``ResponseParserError`` for a successful response that is not a JSON object:
    botocore takes it for ``{}``.
    """
    # Responses of botocore's Stubber have neither headers nor content.
    expected = http_response.headers.get(CHECKSUM)
    if expected is not None and not has_checksum(http_response.content, expected):
        actual = checksum(http_response.content)
        raise ChecksumError(checksum_type="crc32", expected_checksum=expected, actual_checksum=actual)
    if getattr(http_response, "raw", None) is None:
        return
    if http_response.status_code >= _FIRST_ERROR:
        _add_throttling_reasons(parsed, http_response.content)
        return
    if model.name in parsed_here and http_response.status_code == 200:
        return
    service = model.service_model
    if getattr(service, "resolved_protocol", service.protocol) == _PROTOCOL:
        body = http_response.content
        # Operations without output, those on tags, have an empty response.
        if body or model.output_shape is not None:
            _check_object(body)


def _add_throttling_reasons(parsed: Any, body: bytes) -> None:
    """Add to a *parsed* error what older releases of botocore leave out of its *body*."""
    if not isinstance(parsed, dict) or b"hrottlingReasons" not in body or not _is_error(body):
        return
    with suppress(ValueError):
        error = json.loads(body)
        for name in _THROTTLING_REASONS:
            if name in error:
                parsed.setdefault(name, error[name])


def _check_object(body: bytes) -> None:
    try:
        json_object(body)
    except ValueError as error:
        raise ResponseParserError(fault_of_body(body)) from error

"""botocore's client without its parser of responses, where ``dynamorm.wire`` needs no more than the JSON.

botocore walks through the shapes of a response, value by value, which takes longer than all else that a client does with a page
of items. A session takes a factory of parsers as its component ``response_parser_factory``.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Container
from typing import Any

from botocore.exceptions import ChecksumError
from botocore.parsers import ResponseParserError, ResponseParserFactory

from dynamorm_boto3.checksums import CHECKSUM, has_checksum
from dynamorm_boto3.item_json import ITEM_ACTIONS, from_json, json_object
from dynamorm_boto3.malformed import fault_of_body

#: The first status that tells an error.
_FIRST_ERROR = 300
_SHAPES = {f"{action}Output": action for action in ITEM_ACTIONS}


class PlainItemsFactory(ResponseParserFactory):
    """Makes the parsers of a session, whose clients then answer actions on items with the JSON as it is: binary data are base64."""

    def __init__(self) -> None:
        super().__init__()
        self._parsers: dict[str, _PlainItemsParser] = {}

    def create_parser(self, protocol_name: str) -> Any:
        """The parser for a protocol."""
        # A client asks for one each time it has a response.
        if protocol_name not in self._parsers:
            self._parsers[protocol_name] = _PlainItemsParser(super().create_parser(protocol_name))
        return self._parsers[protocol_name]


def check_body(
    operation_model: Any, response_dict: dict[str, Any], *, except_for: Container[str] = (), **_context: Any
) -> None:
    """Check the body of a response before botocore parses it, as a handler of its event ``before-parse``.

    botocore takes a successful response that is no JSON for an empty one, and some bodies of errors make its parser fail: such
    a body is emptied, so that the status tells which error it is. *except_for* are the actions whose successful responses are
    checked elsewhere. Raise ``ResponseParserError`` for a successful response that is no JSON object.
    """
    service: Any = operation_model.service_model
    if getattr(service, "resolved_protocol", service.protocol) != "json":
        return
    if not has_checksum(response_dict["headers"], response_dict["body"]):
        # botocore sends the request again, if it may. If not, check_checksum raises.
        response_dict["body"] = b"{}"
    elif response_dict["status_code"] >= _FIRST_ERROR:
        if not _is_error(response_dict["body"]):
            response_dict["body"] = b""
    elif operation_model.name not in except_for:
        _check_success(response_dict["body"], may_be_empty=operation_model.output_shape is None)


def _is_error(body: bytes) -> bool:
    """Return whether botocore can read the *body* of an error, which may be any text."""
    try:
        parsed = json.loads(body.decode())
    except (UnicodeDecodeError, RecursionError):
        return False
    except ValueError:
        return True
    return isinstance(parsed, dict) and isinstance(parsed.get("__type", ""), str)


def _check_success(body: bytes, *, may_be_empty: bool) -> None:
    # The operations on tags have no output, and are answered with nothing.
    if body or not may_be_empty:
        try:
            json_object(body)
        except ValueError as error:
            raise ResponseParserError(fault_of_body(body)) from error


def check_checksum(http_response: Any, **_context: Any) -> None:
    """Raise ``ChecksumError`` for a response that has another checksum than its header says.

    It is a handler of botocore's event ``after-call``. In the retry mode "standard", botocore returns such a response when its
    retries are used up.
    """
    # botocore's Stubber has no content.
    if CHECKSUM in http_response.headers and not has_checksum(http_response.headers, http_response.content):
        expected, actual = http_response.headers[CHECKSUM], str(zlib.crc32(http_response.content))
        raise ChecksumError(checksum_type="crc32", expected_checksum=expected, actual_checksum=actual)


class _PlainItemsParser:
    """Parses what answers an action on items; all else, and each error, goes to botocore's own parser."""

    def __init__(self, full: Any) -> None:
        self._full = full

    def parse(self, response: Any, shape: Any) -> Any:
        if response["status_code"] != 200 or shape is None or shape.name not in _SHAPES:
            return self._full.parse(response, shape)
        try:
            parsed = from_json(_SHAPES[shape.name], response["body"])
        except ValueError as error:
            raise ResponseParserError(fault_of_body(response["body"])) from error
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": response["headers"]}
        return parsed

"""botocore's client without its parser of responses, where ``dynamorm.wire`` needs no more than the JSON.

botocore walks through the shapes of a response, value by value, which takes longer than all else that a client does with a page
of items. A session takes a factory of parsers as its component ``response_parser_factory``.
"""

from __future__ import annotations

from typing import Any

from botocore.parsers import ResponseParserFactory

from dynamorm_boto3.item_json import ITEM_ACTIONS, from_json

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


class _PlainItemsParser:
    """Parses what answers an action on items; all else, and each error, goes to botocore's own parser."""

    def __init__(self, full: Any) -> None:
        self._full = full

    def parse(self, response: Any, shape: Any) -> Any:
        if response["status_code"] != 200 or shape is None or shape.name not in _SHAPES:
            return self._full.parse(response, shape)
        try:
            parsed = from_json(_SHAPES[shape.name], response["body"])
        except ValueError:
            # It says what is wrong as botocore does.
            return self._full.parse(response, shape)
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": response["headers"]}
        return parsed

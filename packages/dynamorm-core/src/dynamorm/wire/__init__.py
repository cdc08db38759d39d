"""DynamoDB's JSON: operations as requests, responses as results, error codes as exceptions.

Pure functions for every backend that speaks to DynamoDB or to a server with its interface. One call each
way::

    request = wire.encode(operation)             # Request("GetItem", {"TableName": "books", "Key": …})
    result = wire.decode(operation, response)    # ItemResult({"isbn": "1", …})
    raise wire.exception_for(operation, code, message, response)

As they stand, binary data are ``bytes`` in requests and responses. A backend that writes and parses the JSON itself passes the
codec :data:`JSON`; one whose transport has yet another form an :class:`AttributeCodec` of its own.
"""

from dynamorm.wire.attributes import BYTES, JSON, AttributeCodec, AttributeJson, decode_number
from dynamorm.wire.capacity import decode_consumed_capacity
from dynamorm.wire.errors import exception_for, subject_of, tables_of
from dynamorm.wire.requests import Parameters, Request, action_of, encode
from dynamorm.wire.responses import Response, decode

__all__ = [
    "BYTES",
    "JSON",
    "AttributeCodec",
    "AttributeJson",
    "Parameters",
    "Request",
    "Response",
    "action_of",
    "decode",
    "decode_consumed_capacity",
    "decode_number",
    "encode",
    "exception_for",
    "subject_of",
    "tables_of",
]

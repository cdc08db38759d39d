"""DynamoDB's JSON: operations as requests, responses as results, error codes as exceptions.

Pure functions for every backend that speaks to DynamoDB or to a server with its interface. One call each
way::

    request = wire.encode(operation)             # Request("GetItem", {"TableName": "books", "Key": …})
    result = wire.decode(operation, response)    # ItemResult({"isbn": "1", …})
    raise wire.exception_for(operation, code, message, response)

A backend whose transport has another form of binary data passes an :class:`AttributeCodec` of its own.
"""

from dynamorm.wire.attributes import BYTES, AttributeCodec, AttributeJson
from dynamorm.wire.capacity import decode_consumed_capacity
from dynamorm.wire.errors import exception_for, subject_of, tables_of
from dynamorm.wire.requests import Parameters, Request, action_of, encode
from dynamorm.wire.responses import Response, decode

__all__ = [
    "BYTES",
    "AttributeCodec",
    "AttributeJson",
    "Parameters",
    "Request",
    "Response",
    "action_of",
    "decode",
    "decode_consumed_capacity",
    "encode",
    "exception_for",
    "subject_of",
    "tables_of",
]

"""DynamoDB's JSON: operations as requests, responses as results, error codes as exceptions.

These are pure functions, for backends that talk to DynamoDB or to a server with the same API::

    request = wire.encode(operation)             # Request("GetItem", {"TableName": "books", "Key": …})
    result = wire.decode(operation, response)    # ItemResult({"isbn": "1", …})
    raise wire.exception_for(operation, code, message, response)

By default, binary data is ``bytes`` in requests and responses, as in botocore's client. A backend that writes and
parses JSON itself passes the codec :data:`JSON`. For any other form of binary data, make an :class:`AttributeCodec`.
"""

from dynamorm.wire.attributes import BYTES, JSON, AttributeCodec, AttributeJson, decode_number
from dynamorm.wire.capacity import decode_consumed_capacity
from dynamorm.wire.errors import exception_for, without_values
from dynamorm.wire.requests import Parameters, Request, action_of, encode
from dynamorm.wire.responses import Response, decode
from dynamorm.wire.subjects import subject_of, tables_of

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
    "without_values",
]

"""A server in a process of its own that answers each request with prepared bytes, so that only the client works."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import Any

from benchmarks.prepared_server import Answer, always, compact_json, response, running, serve
from benchmarks.values import HASH_KEY, TABLE, book_json, isbn

_START = re.compile(rb'"ExclusiveStartKey".*?"978(\d+)"', re.DOTALL)
_SEGMENTS = re.compile(rb'"TotalSegments": *(\d+)')
_KEYS = re.compile(rb'"(978\d{10})"')


@dataclass(frozen=True, slots=True)
class Canned:
    """What the server answers: items in a page, pages in the table, and after how many seconds.

    One of ``throttled`` gets is refused as too many, none if that is 0. A server with a ``certificate``, the path of a
    file that also has its key, speaks TLS.
    """

    page_items: int = 1_000
    pages: int = 1
    latency: float = 0.0
    throttled: int = 0
    certificate: str = ""


def canned_server(canned: Canned) -> AbstractContextManager[str]:
    """Return a context in which the server runs; it gives the server's URL."""
    return running(__name__, json.dumps(asdict(canned)))


def answers(canned: Canned) -> Mapping[bytes, Answer]:
    """Return the response to each action that the server knows."""
    key = {"AttributeName": HASH_KEY, "AttributeType": "S"}
    table = {
        "TableName": TABLE,
        "TableStatus": "ACTIVE",
        "TableArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}",
        "AttributeDefinitions": [key],
        "KeySchema": [{"AttributeName": HASH_KEY, "KeyType": "HASH"}],
    }
    return {
        b"GetItem": _got(canned),
        b"BatchGetItem": _got_in_batch,
        b"PutItem": always({}),
        b"BatchWriteItem": always({"UnprocessedItems": {}}),
        b"DescribeTable": always({"Table": table}),
        b"DescribeTimeToLive": always({"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}),
        b"ListTagsOfResource": always({"Tags": []}),
        b"Query": always(_page(canned)),
        b"Scan": partial(_scanned, canned, compact_json(_page(canned))[:-1]),
    }


def _got(canned: Canned) -> Answer:
    found = always({"Item": book_json(1)})
    if not canned.throttled:
        return found
    refusal = {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
    refused = response(compact_json(refusal), status="400 Bad Request")
    numbers = count(1)
    return lambda request: found(request) if next(numbers) % canned.throttled else refused


#: A book's JSON before and after its key.
_BOOK = compact_json(book_json(1)).split(isbn(1).encode())


def _got_in_batch(request: bytes) -> bytes:
    """Return an item for each key of the *request*."""
    items = b",".join(key.join(_BOOK) for key in _KEYS.findall(request))
    return response(b'{"Responses":{"%s":[' % TABLE.encode(), items, b']},"UnprocessedKeys":{}}')


def _page(canned: Canned) -> dict[str, Any]:
    items = [book_json(number) for number in range(canned.page_items)]
    return {"Items": items, "Count": canned.page_items, "ScannedCount": canned.page_items}


def _scanned(canned: Canned, open_page: bytes, request: bytes) -> bytes:
    """Return the next page of a scan: each segment has its share of pages, and its key says how many were read."""
    start, segments = _START.search(request), _SEGMENTS.search(request)
    read = 1 + (int(start[1]) if start else 0)
    share = canned.pages // (int(segments[1]) if segments else 1)
    last = "}" if read >= share else f',"LastEvaluatedKey":{{"{HASH_KEY}":{{"S":"{isbn(read)}"}}}}}}'
    return response(open_page, last.encode())


async def _serve(canned: Canned) -> None:
    context = None
    if canned.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(canned.certificate)
    await serve(answers(canned), latency=canned.latency, context=context)


if __name__ == "__main__":
    # A faster loop, if there is one, so that the clients have less to wait for.
    loop_factory = import_module("uvloop").new_event_loop if find_spec("uvloop") else None
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(Canned(**json.loads(sys.argv[1]))))

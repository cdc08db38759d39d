"""The canned server answers as DynamoDB does, as far as a client can tell from prepared bytes."""

from __future__ import annotations

import http.client
import json
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.canned_server import Canned, canned_server
from benchmarks.values import TABLE, book_json, isbn


@pytest.fixture(scope="module")
def server() -> Iterator[http.client.HTTPConnection]:
    with canned_server(Canned(page_items=3, pages=4)) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        yield connection
        connection.close()


def ask(server: http.client.HTTPConnection, action: str, body: object, pieces: int = 1) -> dict[str, Any]:
    """Sends a request on the one connection, and checks what every answer has."""
    content = json.dumps(body).encode()
    server.putrequest("POST", "/")
    server.putheader("X-Amz-Target", f"DynamoDB_20120810.{action}")
    server.putheader("Content-Length", str(len(content)))
    server.endheaders()
    size = max(1, len(content) // pieces)
    for start in range(0, len(content), size):
        server.send(content[start : start + size])
    response = server.getresponse()
    answer = response.read()
    assert response.status == 200
    assert response.getheader("Content-Type") == "application/x-amz-json-1.0"
    assert response.getheader("x-amz-crc32") == str(zlib.crc32(answer))
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def read_all(server: http.client.HTTPConnection, **segment: int) -> list[int]:
    """The number of items of each page of a scan."""
    found = []
    start: dict[str, Any] = {}
    while True:
        page = ask(server, "Scan", {"TableName": "books", **segment, **start})
        found.append(len(page["Items"]))
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_item_is_given(server: http.client.HTTPConnection) -> None:
    assert ask(server, "GetItem", {"TableName": "books"}) == {"Item": book_json(1)}


def test_request_may_come_in_pieces(server: http.client.HTTPConnection) -> None:
    assert ask(server, "PutItem", {"Item": book_json(1)}, pieces=7) == {}


def test_query_has_one_page(server: http.client.HTTPConnection) -> None:
    page = ask(server, "Query", {"TableName": "books"})
    assert page == {"Items": [book_json(number) for number in range(3)], "Count": 3, "ScannedCount": 3}


def test_scan_has_all_pages_and_shares_them_among_segments(server: http.client.HTTPConnection) -> None:
    assert read_all(server) == [3, 3, 3, 3]
    assert [read_all(server, Segment=segment, TotalSegments=2) for segment in range(2)] == [[3, 3], [3, 3]]


def test_batch_of_gets_has_an_item_for_each_key(server: http.client.HTTPConnection) -> None:
    keys = [{"isbn": {"S": isbn(number)}} for number in (7, 3)]
    answer = ask(server, "BatchGetItem", {"RequestItems": {TABLE: {"Keys": keys}}})
    assert answer["Responses"][TABLE] == [{**book_json(1), **key} for key in keys]
    assert answer["UnprocessedKeys"] == {}


def test_some_gets_are_refused() -> None:
    statuses = []
    with canned_server(Canned(throttled=3)) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        for _ in range(6):
            connection.request("POST", "/", b"{}", {"X-Amz-Target": "DynamoDB_20120810.GetItem"})
            response = connection.getresponse()
            statuses.append((response.status, b"ProvisionedThroughputExceededException" in response.read()))
        connection.close()
    assert statuses == 2 * [(200, False), (200, False), (400, True)]

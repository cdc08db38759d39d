"""boto3 alone: its client, whose items are DynamoDB's JSON, and its resource, whose items are dicts of values."""

from __future__ import annotations

from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks.clients import bare_client
from benchmarks.programs import REQUEST_ITEMS
from benchmarks.values import HASH_KEY, TABLE, book, book_json, isbn


class Client:
    """One request after the other, of DynamoDB's JSON that is there already: no library can do with less."""

    def __init__(self, url: str, items: int) -> None:
        self._client = bare_client(url)
        self._key: Any = {HASH_KEY: {"S": isbn(1)}}
        self._item: Any = book_json(1)
        self._query: Any = {
            "KeyConditionExpression": "isbn = :isbn",
            "ExpressionAttributeValues": {":isbn": {"S": isbn(1)}},
        }
        self._puts: list[Any] = [{"PutRequest": {"Item": book_json(number)}} for number in range(items)]

    def get(self) -> object:
        return self._client.get_item(TableName=TABLE, Key=self._key)["Item"]

    def put(self) -> None:
        self._client.put_item(TableName=TABLE, Item=self._item)

    def page(self) -> list[object]:
        return [*self._client.query(TableName=TABLE, **self._query)["Items"]]

    def write(self) -> None:
        for start in range(0, len(self._puts), REQUEST_ITEMS):
            requests = self._puts[start : start + REQUEST_ITEMS]
            answer = self._client.batch_write_item(RequestItems={TABLE: requests})
            assert not answer["UnprocessedItems"]

    def scan(self, segments: int) -> int:
        pages = self._client.get_paginator("scan").paginate(TableName=TABLE)
        return sum(len(page["Items"]) for page in pages)


class Resource:
    """One request after the other."""

    def __init__(self, url: str, items: int) -> None:
        self._table = boto3.resource("dynamodb", endpoint_url=url).Table(TABLE)
        self._key = {HASH_KEY: isbn(1)}
        self._items = [book(number) for number in range(items)]

    def get(self) -> object:
        return self._table.get_item(Key=self._key)["Item"]

    def put(self) -> None:
        self._table.put_item(Item=book(1))

    def page(self) -> list[object]:
        return [*self._table.query(KeyConditionExpression=Key(HASH_KEY).eq(isbn(1)))["Items"]]

    def write(self) -> None:
        with self._table.batch_writer() as batch:
            for item in self._items:
                batch.put_item(Item=item)

    def scan(self, segments: int) -> int:
        answer = self._table.scan()
        count = len(answer["Items"])
        while "LastEvaluatedKey" in answer:
            answer = self._table.scan(ExclusiveStartKey=answer["LastEvaluatedKey"])
            count += len(answer["Items"])
        return count

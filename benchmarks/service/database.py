"""DynamoDB for the forum, as prepared responses in a process of its own, so that only the service works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.prepared_server import Answer, always, compact_json, response, running, serve

#: How many threads a page of the list has, and how many users have written them.
THREADS = 20
USERS = 8
FORUM = "dynamodb"
WRITTEN = "2026-11-23T12:00:00.000000Z"

_TABLE = re.compile(rb'"TableName": *"(\w+)"')


def database() -> AbstractContextManager[str]:
    """Return a context in which the database runs; it gives the database's URL."""
    return running(__name__)


def user(number: int) -> dict[str, Any]:
    """Return the item of a user."""
    return {"name": {"S": f"user-{number}"}, "joined": {"S": WRITTEN}, "karma": {"N": "42"}}


def thread(number: int) -> dict[str, Any]:
    """Return the item of a thread."""
    return {
        "forum_name": {"S": FORUM},
        "subject": {"S": f"Thread {number:04}"},
        "user_name": {"S": f"user-{number % USERS}"},
        "tags": {"SS": ["keys", "tables"]},
        "replies_in_all": {"N": "17"},
    }


def answers() -> Mapping[bytes, Answer]:
    """Return the answer to each action, by the table as well where that makes a difference."""
    threads = [thread(number) for number in range(THREADS)]
    last = {"forum_name": {"S": FORUM}, "subject": threads[-1]["subject"]}
    return {
        b"GetItem": _by_table({b"threads": {"Item": thread(1)}, b"users": {"Item": user(1)}}),
        b"Query": _by_table(
            {b"threads": {"Items": threads, "Count": THREADS, "ScannedCount": THREADS, "LastEvaluatedKey": last}}
        ),
        b"BatchGetItem": always(
            {"Responses": {"users": [user(number) for number in range(USERS)]}, "UnprocessedKeys": {}}
        ),
        b"TransactWriteItems": always({}),
    }


def _by_table(bodies: Mapping[bytes, Mapping[str, Any]]) -> Answer:
    prepared = {table: response(compact_json(body)) for table, body in bodies.items()}

    def answer(request: bytes) -> bytes:
        table = _TABLE.search(request)
        if table is None:
            raise ValueError("A request names no table.")
        return prepared[table[1]]

    return answer


if __name__ == "__main__":
    asyncio.run(serve(answers()))

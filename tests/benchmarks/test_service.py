"""The load run's service gets from its database what it asks for, and its table tells the best of all rounds."""

from __future__ import annotations

import httpx
import pytest

from benchmarks.service import on_dynamorm
from benchmarks.service.__main__ import Measured, table_of
from benchmarks.service.database import THREADS, USERS, database
from benchmarks.service.load import REQUESTS, Outcome
from dynamorm.testing import using_everywhere


@pytest.mark.asyncio
async def test_each_request_has_a_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURSOR_SECRET", "a secret of 16 bytes or more")
    responses = []
    with database() as url, using_everywhere("sqlite:///:memory:"):
        monkeypatch.setattr(on_dynamorm, "DATABASE_URL", url)
        transport = httpx.ASGITransport(on_dynamorm.app)
        async with (
            on_dynamorm.lifespan(on_dynamorm.app),
            httpx.AsyncClient(transport=transport, base_url="http://forum") as client,
        ):
            for request in REQUESTS.values():
                head, _, body = request.partition(b"\r\n\r\n")
                method, path, _ = head.decode().split(" ", 2)
                headers = {"Content-Type": "application/json"} if body else {}
                responses.append(await client.request(method, path, content=body, headers=headers))
    assert [each.status_code for each in responses] == [200, 200, 201]
    one, page, reply = (each.json() for each in responses)
    assert one["user"]["name"] == "user-1"
    assert [each["user"]["name"] for each in page["items"]] == [f"user-{each % USERS}" for each in range(THREADS)]
    assert page["next"] is not None
    assert reply["user_name"] == "user-1"


def test_the_table_has_the_best_of_all_rounds() -> None:
    slow, fast = Outcome(2.0, [0.1] * 100), Outcome(2.0, [0.01] * 400)
    taken = {"a thread": {"DynamORM": [Measured(slow, 0.1), Measured(fast, 0.8)], "aiobotocore": [Measured(slow, 0.2)]}}
    columns = [list(column.cells) for column in table_of(taken, 32).columns]
    assert columns[2:4] == [["200", "50", "4.00"], ["1,000 µs", "2,000 µs", "0.50"]]

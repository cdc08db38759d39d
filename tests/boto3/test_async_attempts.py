"""What awaited operations share with boto3: retries, credentials, and its client in threads."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials

from dynamorm.data import DescribeTable, PutItem, TransactWrite
from dynamorm.exceptions import Throttled
from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import CREDENTIALS, GET, Awaited, connect_both
from tests.boto3.test_async_connections import on_a_loop, until
from tests.boto3.test_direct_connections import is_direct
from tests.boto3.test_direct_credentials import keys_of, pass_hours

__all__ = ["pass_hours"]

TABLE = {
    "Table": {
        "TableName": "books",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "isbn", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "isbn", "AttributeType": "S"}],
    }
}


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


def threads_of_the_backend() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("dynamorm-boto3")]


# Retries


def test_no_thread_waits_before_a_request_is_sent_again(canned_server: CannedServer) -> None:
    """While all of them wait for their turn, the only request that is sent is another one's."""
    throttled = {f"{number}" for number in range(30)}

    def respond(received: Request) -> Response:
        body = received.body.decode()
        found = next((number for number in throttled if f'"isbn-{number}"' in body), None)
        if found is None:
            return Response()
        throttled.discard(found)
        return Response.error("ThrottlingException")

    canned_server.respond = respond
    counts: list[int] = []

    async def scenario(connection: Any) -> None:
        puts = [PutItem("books", {"isbn": f"isbn-{number}"}) for number in sorted(throttled)]
        tasks = [asyncio.create_task(connection.aexecute(put)) for put in puts]
        await until(lambda: not throttled)
        counts.append(len(threads_of_the_backend()))
        assert [(await task).retries for task in tasks] == [1] * 30

    on_a_loop(canned_server, scenario, config={"retries": {"mode": "standard"}})
    # That which makes boto3's client, at most.
    assert counts[0] <= 1
    assert all(map(is_direct, canned_server.received))


def test_further_attempt_tells_what_boto3_tells(canned_server: CannedServer) -> None:
    canned_server.script = [Response.error("InternalServerError", 500)]
    with Awaited(canned_server.url, config={"retries": {"mode": "standard", "total_max_attempts": 3}}) as backend:
        assert backend.execute(GET).retries == 1
    first, second = (received.headers["amz-sdk-request"] for received in canned_server.received)
    assert "attempt=1" in first
    assert "attempt=2; max=3" in second


def test_quota_of_retries_is_used_up_and_refilled(canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the mode "standard" each retry takes 5 of 500 or more, and each success gives a part back."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _seconds: sleep(0))
    with Awaited(canned_server.url, config={"retries": {"mode": "standard", "total_max_attempts": 2}}) as backend:

        def retries_of_a_failure() -> int:
            canned_server.script = [Response.error("ThrottlingException")] * 2
            with pytest.raises(Throttled) as information:
                backend.execute(GET)
            canned_server.script = []
            return information.value.retries

        assert [retries_of_a_failure() for _ in range(102)][-1] == 0
        for _ in range(10):
            backend.execute(GET)
        assert [retries_of_a_failure() for _ in range(4)] == [1, 1, 0, 0]
    assert all(map(is_direct, canned_server.received))


# Credentials


def test_credentials_that_end_soon_are_refreshed_first(
    canned_server: CannedServer, pass_hours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for all operations that wait for it."""

    async def scenario(connection: Any) -> None:
        pass_hours(0)
        await connection.aexecute(GET)
        pass_hours(1)
        # To refresh that much earlier is the same as that so much time has passed.
        monkeypatch.setattr("dynamorm_boto3.credentials._MANDATORY_REFRESH", 3600 * 1.5)
        await asyncio.gather(*(connection.aexecute(GET) for _ in range(10)))

    on_a_loop(canned_server, scenario, **dict.fromkeys(CREDENTIALS))
    assert keys_of(canned_server) == ["KEY1TOKEN1"] + ["KEY2TOKEN2"] * 10
    assert all(map(is_direct, canned_server.received))


@pytest.mark.skipif("account_id" not in ReadOnlyCredentials._fields, reason="this botocore knows no accounts")
def test_transaction_keeps_its_token_when_boto3_has_to_continue_it(
    canned_server: CannedServer, pass_hours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first attempt may have been carried out. Meanwhile the credentials have become those of another account."""
    actions = (PutItem("books", {"isbn": "1"}),)

    def respond(received: Request) -> Response:
        if b"TransactItems" not in received.body or not is_direct(received):
            return Response()
        pass_hours(2)
        monkeypatch.setattr("dynamorm_boto3.credentials._MANDATORY_REFRESH", 3600 * 2.5)
        return Response.error("InternalServerError", 500)

    async def scenario(connection: Any) -> None:
        for hours in (0, 1):
            pass_hours(hours)
            monkeypatch.setattr("dynamorm_boto3.credentials._MANDATORY_REFRESH", 3600 * (hours + 0.5))
            await connection.aexecute(GET)
        canned_server.respond = respond
        assert (await connection.aexecute(TransactWrite(actions))).retries == 1

    on_a_loop(canned_server, scenario, **dict.fromkeys(CREDENTIALS))
    first, second = canned_server.received[-2:]
    assert keys_of(canned_server)[-2:] == ["KEY2TOKEN2", "KEY3TOKEN3"]
    assert is_direct(first)
    assert not is_direct(second)
    assert json.loads(first.body)["ClientRequestToken"] == json.loads(second.body)["ClientRequestToken"]


def test_operations_go_on_while_credentials_are_refreshed(
    canned_server: CannedServer, pass_hours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are still good, so nothing waits, and they are refreshed only once."""
    gate = threading.Event()
    refresh, calls = RefreshableCredentials.get_frozen_credentials, 0

    def slowly(credentials: Any) -> Any:
        nonlocal calls
        if gated:
            calls += 1
            gate.wait(30)
        return refresh(credentials)

    gated = False
    monkeypatch.setattr(RefreshableCredentials, "get_frozen_credentials", slowly)

    async def scenario(connection: Any) -> None:
        nonlocal gated
        pass_hours(0)
        await connection.aexecute(GET)
        gated = True
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        monkeypatch.setattr(RefreshableCredentials, "_advisory_refresh_timeout", 3600 * 1.5)
        await asyncio.gather(*(connection.aexecute(GET) for _ in range(10)))
        gate.set()
        await until(lambda: not threads_of_the_backend())
        monkeypatch.setattr(RefreshableCredentials, "_advisory_refresh_timeout", 60)
        monkeypatch.setattr(time, "time", lambda: now() + 7200)
        await connection.aexecute(GET)

    on_a_loop(canned_server, scenario, **dict.fromkeys(CREDENTIALS))
    assert keys_of(canned_server) == ["KEY1TOKEN1"] * 11 + ["KEY2TOKEN2"]
    assert calls <= 2


# Threads


def test_operation_on_a_table_leaves_the_loop_alone(canned_server: CannedServer) -> None:
    gate = threading.Event()

    def respond(received: Request) -> Response:
        if is_direct(received):
            return Response()
        gate.wait(30)
        return Response.json(TABLE)

    canned_server.respond = respond

    async def scenario(connection: Any) -> str:
        task = asyncio.create_task(connection.aexecute(DescribeTable("books")))
        await until(lambda: len(canned_server.received) == 1)
        await connection.aexecute(GET)
        gate.set()
        name: str = (await task).spec.name
        return name

    assert on_a_loop(canned_server, scenario) == "books"


@pytest.mark.parametrize("options", [{"direct": False}, {"config": {"retries": {"mode": "adaptive"}}}])
def test_what_the_direct_path_refuses_goes_through_the_client(
    canned_server: CannedServer, options: dict[str, Any]
) -> None:
    async def scenario(connection: Any) -> None:
        await asyncio.gather(*(connection.aexecute(GET) for _ in range(20)))

    on_a_loop(canned_server, scenario, **options)
    assert len(canned_server.received) == 20
    assert not any(map(is_direct, canned_server.received))


def test_cancelled_operation_makes_no_further_attempt(canned_server: CannedServer) -> None:
    gate = threading.Event()

    def respond(_received: Request) -> Response:
        gate.wait(30)
        return Response.error("InternalServerError", 500)

    canned_server.respond = respond

    async def scenario(connection: Any) -> None:
        task = asyncio.create_task(connection.aexecute(GET))
        await until(lambda: len(canned_server.received) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()

    on_a_loop(canned_server, scenario, direct=False)
    for thread in threads_of_the_backend():
        thread.join(30)
    assert len(canned_server.received) == 1


def test_table_with_options_of_its_own_has_its_own_connections(canned_server: CannedServer) -> None:
    from dynamorm.ports.backends import TableOptions

    async def run() -> None:
        connection = connect_both("http://127.0.0.1:9")
        table = connection.for_table(TableOptions(resource_kwargs={"endpoint_url": canned_server.url}))
        await table.aexecute(GET)
        await connection.aclose()

    asyncio.run(run())
    assert len(canned_server.received) == 1
    assert is_direct(canned_server.received[0])

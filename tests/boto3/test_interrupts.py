"""Interrupts of batches: what was sent is not sent again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dynamorm.data import KeyAttribute, PutRequest, TableSpec
from dynamorm.engine.plans import batches
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import connect
from tests.support.counts import COUNTS
from tests.support.interrupts import interrupt_main

pytestmark = pytest.mark.usefixtures("interruptible")

SPEC = TableSpec("books", KeyAttribute("isbn", "N"))
PUTS = tuple(PutRequest("books", {"isbn": number}) for number in range(25 * 8))


@pytest.mark.parametrize("direct", [True, False])
def test_nothing_is_sent_again_after_an_interrupt(canned_server: CannedServer, direct: bool) -> None:
    interrupt_batches(canned_server, direct)


def interrupt_batches(canned_server: CannedServer, direct: bool) -> None:
    barrier, release = threading.Barrier(4), threading.Event()

    def respond(_received: Request) -> Response:
        if barrier.wait() == 0:
            interrupt_main()
        release.wait()
        return Response(500)

    canned_server.respond = respond
    config = {"retries": {"total_max_attempts": 5}, "max_pool_connections": 4}
    with connect(canned_server.url, direct=direct, config=config) as backend:
        with pytest.raises(KeyboardInterrupt) as raised:
            run(batches.write_all([(SPEC, put) for put in PUTS]), Connection(backend, max_concurrency=4))
        COUNTS["interrupts"] += 1
        release.set()
        for thread in threading.enumerate():
            if thread.name.startswith("dynamorm_"):
                thread.join()
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert unprocessed == PUTS
    assert len(canned_server.received) == 4

"""A request without a response: the exception says that it may have been carried out, and the next one is fine."""

from __future__ import annotations

import threading
import time

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import FaultServer, WireFault
from dynamorm.testing.wire.suite import OPERATIONS, PUT, WireSuite, gets_its_own, unavailable

_LOST: tuple[WireFault, ...] = (
    "lose request",
    "lose response",
    "cut headers",
    "cut response",
    "wrong checksum",
)


class ConnectionTests(WireSuite):
    """Test what becomes of requests whose responses are lost."""

    @pytest.mark.parametrize("fault", _LOST)
    def test_response_that_is_lost_or_damaged_is_no_success(
        self, backend: Backend, server: FaultServer, fault: WireFault
    ) -> None:
        """The connection ends before or in the middle of the response, or its checksum is wrong."""
        for number, operation in enumerate(OPERATIONS.values()):
            server.always = fault
            unavailable(backend, operation, f"the fault '{fault}'")
            server.always = None
            gets_its_own(backend, str(number))

    def test_server_that_never_responds(self, backend: Backend, server: FaultServer) -> None:
        """The backend has a time-out of its own."""
        server.always = "be silent"
        end = threading.Timer(self.seconds_to_wait, server.close_connections)
        end.start()
        started = time.monotonic()
        try:
            unavailable(backend, PUT, "silence")
        finally:
            end.cancel()
        assert time.monotonic() - started < self.seconds_to_wait, "the backend waits for ever"
        server.always = None
        gets_its_own(backend, "after")

    def test_connection_that_the_server_closed_in_the_meantime(self, backend: Backend, server: FaultServer) -> None:
        """A connection on which nothing was sent for a time was closed: no failure, and nothing is sent twice."""
        for name, operation in OPERATIONS.items():
            gets_its_own(backend, name)
            server.close_connections()
            _wait_until_closed(server)
            server.received.clear()
            backend.execute(operation)
            assert len(server.received) == 1


def _wait_until_closed(server: FaultServer) -> None:
    end = time.monotonic() + 5
    while server.open_ports and time.monotonic() < end:
        time.sleep(0.001)

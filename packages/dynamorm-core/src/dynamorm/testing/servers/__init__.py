"""A small HTTP server for tests that responds to DynamoDB's requests, with faults where a test wants them."""

from __future__ import annotations

from dynamorm.testing.servers.messages import Request, Response
from dynamorm.testing.servers.server import FaultServer
from dynamorm.testing.servers.wire_faults import NO_RESPONSE, NO_SUCCESS, SERVER_ERRORS, WireFault

__all__ = ["NO_RESPONSE", "NO_SUCCESS", "SERVER_ERRORS", "FaultServer", "Request", "Response", "WireFault"]

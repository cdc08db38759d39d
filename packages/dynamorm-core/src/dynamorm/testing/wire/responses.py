"""A response that is not the service's is never a success, and its request is not sent again."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import NO_SUCCESS, FaultServer, Response, WireFault
from dynamorm.testing.wire.suite import GET, OPERATIONS, WireSuite, gets_its_own, unavailable

#: Items that the service never returns, in its JSON.
_ITEMS: dict[str, Any] = {
    "number that is text": {"id": {"N": "secret"}},
    "number without an end": {"id": {"N": "Infinity"}},
    "no number": {"id": {"N": "NaN"}},
    "number with a huge exponent": {"id": {"N": "1E+40000000"}},
    "number of many digits": {"id": {"N": "1" * 5000}},
    "number of JSON": {"id": {"N": 1}},
    "value without a type": {"id": {}},
    "value of JSON": {"id": "secret"},
    "null": {"id": None},
    "binary that is no base64": {"id": {"B": "a"}},
    "list that is a number": {"id": {"L": 1}},
    "map that is a list": {"id": {"M": ["secret"]}},
    "set that is a number": {"id": {"SS": 1}},
    "list for an item": ["secret"],
}


class ResponseTests(WireSuite):
    """Test what becomes of responses that are complete, and wrong or right."""

    def test_response_of_the_service_is_the_result(self, backend: Backend, server: FaultServer) -> None:
        """Without a fault, each operation is sent once and succeeds."""
        for number, operation in enumerate(OPERATIONS.values(), start=1):
            backend.execute(operation)
            assert len(server.received) == number
        gets_its_own(backend, "after")

    @pytest.mark.parametrize("fault", NO_SUCCESS)
    def test_response_that_is_not_the_services_is_no_success(
        self, backend: Backend, server: FaultServer, fault: WireFault
    ) -> None:
        """A login page, an empty body, JSON of another form: never a success, and never sent again."""
        for operation in OPERATIONS.values():
            server.received.clear()
            server.script = [fault]
            unavailable(backend, operation, f"the fault '{fault}'")
            assert len(server.received) == 1, f"the fault '{fault}': what got a response is not sent again"
        gets_its_own(backend, "after")

    def test_response_lacks_what_it_must_have(self, backend: Backend, server: FaultServer) -> None:
        """An empty object is no response to operations that always have a content."""
        for number, name in enumerate(("Query", "Scan", "BatchGet", "TransactGet", "BatchWrite"), start=1):
            server.script = [Response.json({})]
            unavailable(backend, OPERATIONS[name], "an empty object")
            assert len(server.received) == number, "what got a response is not sent again"

    def test_items_of_another_form(self, backend: Backend, server: FaultServer) -> None:
        """Values that the service never sends are no items, and no exception of the parser gets out."""
        for case, item in _ITEMS.items():
            server.script = [Response.json({"Item": item})]
            unavailable(backend, GET, case)
            server.script = [Response.json({"Items": [item], "Count": 1, "ScannedCount": 1})]
            unavailable(backend, OPERATIONS["Scan"], case)

    @pytest.mark.parametrize("fault", ["continue first", "bytes behind", "end"])
    def test_complete_response_is_a_success_whatever_surrounds_it(
        self, backend: Backend, server: FaultServer, fault: WireFault
    ) -> None:
        """An interim response, bytes behind, and the end of the connection: sent once, and the next gets its own."""
        for number, operation in enumerate(OPERATIONS.values()):
            server.received.clear()
            server.script = [fault]
            backend.execute(operation)
            gets_its_own(backend, str(number))
            assert len(server.received) == 2, f"the fault '{fault}': what got a response is not sent again"

"""Errors of the service become the exceptions of DynamORM, whatever their bodies look like."""

from __future__ import annotations

import pytest

from dynamorm.data import GetItem
from dynamorm.exceptions import (
    AccessDenied,
    AccountLimitReached,
    BackendUnavailable,
    CapacityExceeded,
    ConditionFailed,
    HotKey,
    OnDemandLimitReached,
    Throttled,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import SERVER_ERRORS, FaultServer, Response, WireFault
from dynamorm.testing.wire.suite import GET, KEY, OPERATIONS, PUT, WireSuite, gets_its_own, unavailable

_REASONS: dict[str, type[Throttled]] = {
    "TableReadKeyRangeThroughputExceeded": HotKey,
    "TableReadProvisionedThroughputExceeded": CapacityExceeded,
    "TableReadMaxOnDemandThroughputExceeded": OnDemandLimitReached,
    "TableReadAccountLimitExceeded": AccountLimitReached,
    "ShelfReadTooLong": Throttled,
    "": Throttled,
}


class ErrorTests(WireSuite):
    """Test what becomes of responses that are errors."""

    @pytest.mark.parametrize("fault", SERVER_ERRORS)
    def test_error_of_the_server(self, backend: Backend, server: FaultServer, fault: WireFault) -> None:
        """A write may have been carried out, also where the error is a web page or can't be read."""
        for operation in (OPERATIONS["Scan"], PUT, OPERATIONS["TransactWrite"]):
            server.always = fault
            unavailable(backend, operation, f"the fault '{fault}'")
            server.always = None
            gets_its_own(backend, "after")

    def test_throttled_request_has_the_reason(self, backend: Backend, server: FaultServer) -> None:
        """The exception has the class of the service's reason, and the key of the operation."""
        for reason, kind in _REASONS.items():
            server.always = Response.throttled(reason)
            with pytest.raises(Throttled) as raised:
                backend.execute(GET)
            assert type(raised.value) is kind
            assert [each.reason for each in raised.value.reasons] == ([reason] if reason else [])
            assert raised.value.key == KEY
            assert "secret" not in str(raised.value)

    def test_signature_that_has_expired(self, backend: Backend, server: FaultServer) -> None:
        """A clock that is wrong is no fault of the server's."""
        server.always = "expired"
        with pytest.raises(AccessDenied):
            backend.execute(PUT)

    def test_failed_condition(self, backend: Backend, server: FaultServer) -> None:
        """It is final, and has the item as it is now; where that has another form, it is no item."""
        code = "ConditionalCheckFailedException"
        server.script = [Response.error(code, Item={"id": {"S": "secret"}})]
        with pytest.raises(ConditionFailed) as raised:
            backend.execute(PUT)
        assert raised.value.item == {"id": "secret"}
        assert "secret" not in str(raised.value)
        server.script = [Response.error(code, Item={"id": {"N": "secret"}})]
        unavailable(backend, PUT, "an odd item of a failed condition")
        assert len(server.received) == 2, "what got a response is not sent again"

    def test_attempts_are_told(self, backend: Backend, server: FaultServer) -> None:
        """The final exception has the number of attempts before the last one, and of those that may have worked."""
        server.always = "lose response"
        with pytest.raises(BackendUnavailable) as raised:
            backend.execute(GetItem("books", {"id": "1"}))
        sent = len(server.received)
        assert raised.value.retries == sent - 1
        if sent > 1:
            assert raised.value.unconfirmed_attempts == sent

"""The conformance suite for backends that speak DynamoDB's protocol, one module for each subject."""

from __future__ import annotations

from dynamorm.testing.wire.connections import ConnectionTests
from dynamorm.testing.wire.errors import ErrorTests
from dynamorm.testing.wire.responses import ResponseTests


class WireConformance(ResponseTests, ConnectionTests, ErrorTests):
    """Test a backend against a server with faults: subclass this class and say how to open the backend.

    In a module that pytest collects::

        class TestMyWire(WireConformance):
            @pytest.fixture
            @classmethod
            def open_backend(cls) -> Callable[[str], Backend | AsyncBackend]:
                return lambda url: MyBackend(url, timeout=0.5, attempts=2)

    The suite starts a :class:`~dynamorm.testing.FaultServer` for each test, and closes the backend that the function
    opens on its URL. An asynchronous backend is run on an event loop in a thread of its own.

    It tests what a backend promises where something goes wrong on the way: a response that is not the service's is
    never a success; what got a complete response is never sent a second time; ``BackendUnavailable`` says that a write
    may have been carried out; no exception of another library, and no value of an item, gets out; and the next
    operation gets its own response. A request without a response may be sent again. Let the backend give up soon then,
    so that the tests are fast: one further attempt at most, and a short time-out.

    If the backend is known to differ, list the tests in ``known_deviations``, as for
    :class:`~dynamorm.testing.BackendConformance`.
    """

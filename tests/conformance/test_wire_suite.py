"""The suite for DynamoDB's protocol finds what a backend does wrong there.

It finds nothing in the page's own backend: see ``tests/docs/test_write_a_backend.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from dynamorm import wire
from dynamorm.data import GetItem, Operation, PutItem
from dynamorm.exceptions import BackendUnavailable, RequestRejected, Throttled
from dynamorm.ports.backends import Backend, BackendAddress
from dynamorm.testing import WireConformance
from dynamorm.testing.servers import FaultServer
from dynamorm.testing.wire.suite import respond
from tests.support import pages

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "write-a-backend.md"
ADDRESS = BackendAddress("urllib", "eu-west-1", "urllib://eu-west-1")

#: Executes an operation with a backend, and does something wrong.
Fault: TypeAlias = Callable[[Backend, Operation[Any]], Any]


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    """The page "Write a backend", whose backend is right."""
    module = ModuleType("backend_of_the_page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        for example in pages.examples(PAGE):
            if "class TestUrllibBackend" in example.source:
                break
            exec(example.compiled(), module.__dict__)
        yield module


class Faulty(Backend):
    """A *right* backend with a *fault*."""

    def __init__(self, right: Backend, fault: Fault) -> None:
        self.right = right
        self.fault = fault

    def execute(self, operation: Operation[Any]) -> Any:
        return self.fault(self.right, operation)

    def close(self) -> None:
        self.right.close()


def takes_anything_for_success(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        if "is not DynamoDB" in str(error) and isinstance(operation, PutItem):
            return wire.decode(operation, {})
        raise


def leaks_the_parsers_errors(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        raise error.__cause__ or error from None


def sends_again(backend: Backend, operation: Operation[Any]) -> Any:
    with suppress(BackendUnavailable):
        return backend.execute(operation)
    return backend.execute(operation)


def says_nothing_of_writes(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        raise BackendUnavailable("It can't be reached.") from error


def quotes_values(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        raise BackendUnavailable(f"{error} {wire.encode(operation).parameters}") from error


def forgets_reasons(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except Throttled as error:
        raise Throttled(str(error)) from error


def rejects_errors_of_the_server(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        if "(5" in str(error):
            raise RequestRejected(str(error)) from error
        raise


def waits_for_ever(backend: Backend, operation: Operation[Any]) -> Any:
    """It does so by its time-out, see below."""
    return backend.execute(operation)


def returns_the_first_response(backend: Backend, operation: Operation[Any]) -> Any:
    result = backend.execute(operation)
    return vars(backend).setdefault("first", result) if isinstance(operation, GetItem) else result


def counts_wrongly(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except BackendUnavailable as error:
        error.retries = 5
        raise


#: The test that finds each fault.
FAULTS: dict[Fault, str] = {
    takes_anything_for_success: "test_response_that_is_not_the_services_is_no_success",
    leaks_the_parsers_errors: "test_items_of_another_form",
    sends_again: "test_response_lacks_what_it_must_have",
    says_nothing_of_writes: "test_response_that_is_lost_or_damaged_is_no_success",
    quotes_values: "test_response_that_is_lost_or_damaged_is_no_success",
    forgets_reasons: "test_throttled_request_has_the_reason",
    rejects_errors_of_the_server: "test_error_of_the_server",
    waits_for_ever: "test_server_that_never_responds",
    returns_the_first_response: "test_connection_that_the_server_closed_in_the_meantime",
    counts_wrongly: "test_attempts_are_told",
}


def cases(name: str) -> list[dict[str, Any]]:
    """The arguments with which pytest would call a test."""
    for mark in getattr(getattr(WireConformance, name), "pytestmark", ()):
        return [{mark.args[0]: value} for value in mark.args[1]]
    return [{}]


def passes(page: ModuleType, fault: Fault, name: str) -> bool:
    """Run a test of the suite on a backend with a *fault*."""
    suite: Any = WireConformance()
    suite.seconds_to_wait = 1
    for arguments in cases(name):
        with FaultServer(respond) as server:
            options = {"endpoint_url": server.url, "timeout": 60.0 if fault is waits_for_ever else 0.2}
            with Faulty(page.connect(ADDRESS, options), fault) as backend:
                try:
                    getattr(suite, name)(backend=backend, server=server, **arguments)
                except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever the test raises
                    return False
    return True


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_of_a_backend_is_found(page: ModuleType, fault: Fault) -> None:
    assert not passes(page, fault, FAULTS[fault])

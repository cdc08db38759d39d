"""Each access pattern of an application is one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

import pytest

from dynamorm.data import Operation
from tests.support.backends import RecordingBackend

OneRequest: TypeAlias = Callable[[type[Operation[Any]]], AbstractContextManager[None]]


@pytest.fixture
def one_request(recorder: RecordingBackend) -> OneRequest:
    """Make sure that a block sends one request, and which action it asks for."""

    @contextmanager
    def one_request(action: type[Operation[Any]]) -> Iterator[None]:
        recorder.sent.clear()
        yield
        assert [type(operation) for operation in recorder.sent] == [action]

    return one_request

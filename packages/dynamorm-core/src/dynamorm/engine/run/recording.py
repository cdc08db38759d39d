"""Whether operations are sent here, or collected because a verb or a function is explained."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from dynamorm.data.operations import Operation


class Recorder(Protocol):
    """Collects operations: the dry run."""

    def record(self, operation: Operation[Any]) -> NoReturn:
        """Collect an *operation* that is executed without a verb, and leave its caller."""


recorder_in_force: ContextVar[Recorder | None] = ContextVar("dynamorm_recorder", default=None)

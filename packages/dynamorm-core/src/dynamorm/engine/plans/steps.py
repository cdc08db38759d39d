"""What a plan may yield, and what a plan is.

A plan is a generator. It yields steps and is sent the result of each; an exception of the backend is
thrown into it, and may be handled there. It does no input or output itself, so that one plan serves
the synchronous and the asynchronous runner, and a test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.data.records import record
from dynamorm.exceptions import DynamoException

Emitted = TypeVar("Emitted")
Answer = TypeVar("Answer")


@record
class Parallel:
    """Operations to be run side by side; the plan is sent the list of their results, in this order.

    When one fails, the others are still waited for; then the first failure, in this order, is thrown. With
    *return_exceptions* nothing is thrown: each failure stands in the place of the result that there is not.
    """

    operations: tuple[Operation[Any], ...]
    return_exceptions: bool = False

    def answer(self, outcomes: list[Any]) -> list[Any]:
        """What the plan is to be sent, of the result or the failure of each operation. Raises the first failure."""
        if not self.return_exceptions:
            for outcome in outcomes:
                if isinstance(outcome, DynamoException):
                    raise outcome
        return outcomes


@record
class GetConcurrency:
    """Asks how many operations the backend runs side by side; the plan is sent the number, which is at least 1."""


@record
class Sleep:
    """PendingReference, in seconds."""

    seconds: float


@record
class Emit(Generic[Emitted]):
    """Something for the one who reads the plan's stream. The plan goes on only when more is asked for."""

    value: Emitted


#: What a runner does for a plan.
Step: TypeAlias = Operation[Any] | Parallel | GetConcurrency | Sleep

#: A plan with one answer at its end.
Plan: TypeAlias = Generator[Step, Any, Answer]

#: A plan that emits a stream of answers while it goes.
StreamPlan: TypeAlias = Generator[Step | Emit[Emitted], Any, None]

"""What a plan may yield, and what a plan is.

A plan is a generator. It yields steps and is sent the result of each; an exception of the backend is
thrown into it, and may be handled there. It does no input or output itself, so that one plan serves
the synchronous and the asynchronous runner, and a test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

from dynamorm.data.nouns import noun
from dynamorm.data.operations import Operation

Emitted = TypeVar("Emitted")
Answer = TypeVar("Answer")


@noun
class Together:
    """Operations to be run side by side; the plan is sent the list of their results, in this order.

    When one fails, the others are still waited for; then the first failure, in this order, is thrown.
    """

    operations: tuple[Operation[Any], ...]


@noun
class Pause:
    """Waiting, in seconds."""

    seconds: float


@noun
class Emit(Generic[Emitted]):
    """Something for the one who reads the plan's stream. The plan goes on only when more is asked for."""

    value: Emitted


#: What a runner does for a plan.
Step: TypeAlias = Operation[Any] | Together | Pause

#: A plan with one answer at its end.
Plan: TypeAlias = Generator[Step, Any, Answer]

#: A plan that emits a stream of answers while it goes.
StreamPlan: TypeAlias = Generator[Step | Emit[Emitted], Any, None]

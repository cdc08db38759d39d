"""The steps of a faulty operation, written once, and taken by both sides of the backend."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from dynamorm.data.operations import Operation


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for this long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send an operation to the backend, and return its result."""

    operation: Operation[Any]


#: The course of one operation: steps are yielded, and what comes of them is sent or thrown in. Returns the result.
Course: TypeAlias = Generator[Wait | Send, Any, Any]
#: Begins the course of an operation.
Begin: TypeAlias = Callable[[Operation[Any]], Course]


def send(operation: Operation[Any]) -> Course:
    """Send an *operation*, and nothing else."""
    return (yield Send(operation))


class SentAgain(Exception):
    """An attempt that the backend itself makes again. *is_unconfirmed* says whether it may have been carried out."""

    def __init__(self, *, is_unconfirmed: bool) -> None:
        super().__init__()
        self.is_unconfirmed = is_unconfirmed

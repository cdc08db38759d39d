"""The exception of a rate that does not let an operation wait."""

from __future__ import annotations

from dynamorm.exceptions.backends import DynamoException


class RateExceeded(DynamoException, RuntimeError):
    """An operation would have to wait to keep a rate, longer than the rate allows, and was not sent. Try again later.

    Attributes:
        seconds: For how many seconds it would have to wait, about: what a web service answers as ``Retry-After``.
    """

    __module__ = "dynamorm.exceptions"

    def __init__(self, message: str = "", seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds

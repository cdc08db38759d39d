"""Blocks that hold for the current thread or task: they set a context variable, and reset it where they end."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

from dynamorm.exceptions import DynaModelException


def reset(variable: ContextVar[Any], token: Token[Any], exception: BaseException | None, block: str) -> None:
    """Reset the *variable* of a *block*, such as ``"using()"``, that ends with an *exception* or without one.

    Raises :class:`~dynamorm.exceptions.DynaModelException` if the block has begun in another context: there is nothing
    to be reset here, and there it can't be reset any more. An exception of the program is not replaced.
    """
    try:
        variable.reset(token)
    except ValueError:
        message = (
            f"A block of {block} ends in another task, or in another thread's context, than it began in, where it "
            "remains in force. A generator with a yield in such a block causes that. Put no yield into the block: give "
            "the generator's caller the block, or pass what is needed as an argument."
        )
        if exception is None or isinstance(exception, GeneratorExit):
            raise DynaModelException(message) from None
        exception.add_note(message)

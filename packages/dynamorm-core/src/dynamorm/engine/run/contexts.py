"""Blocks that hold for the current thread or task, and those that are entered in one of two ways."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, ClassVar

from dynamorm.exceptions import DynaModelException


class PlainBlock:
    """The base of blocks that ``with`` opens, also in a coroutine, because there is nothing to await."""

    #: The call that makes the block, such as ``"budget()"``.
    _usage: ClassVar[str]

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        async def __aenter__(self):
            """Raise :class:`~dynamorm.exceptions.DynaModelException`."""
            raise DynaModelException(
                f"A block of {self._usage} awaits nothing, and is opened without async, also in a coroutine: "
                f"with dynamorm.{self._usage}."
            )

        async def __aexit__(self, *exception):
            """Python asks for it before it opens the block."""


class AwaitedBlock:
    """The base of blocks that ``async with`` opens, because they hold for what is awaited."""

    #: The call that makes the block, such as ``"merged_reads()"``.
    _usage: ClassVar[str]

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        def __enter__(self):
            """Raise :class:`~dynamorm.exceptions.DynaModelException`."""
            raise DynaModelException(
                f"A block of {self._usage} holds for verbs that are awaited, and is opened with async, in a coroutine: "
                f"async with dynamorm.{self._usage}."
            )

        def __exit__(self, *exception):
            """Python asks for it before it opens the block."""


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

"""The blocks of batches and transactions, which collect writes and send them when they end."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import DynaModelException, UnknownAttribute
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.model.verbs.pending import PendingWrite, begin


class BlockState:
    """Whether the block of a batch or a transaction (the *kind*) is open; *usage* is its statement, for messages."""

    def __init__(self, kind: str, usage: str) -> None:
        self._kind = kind
        self._usage = usage
        self._is_open = False
        self._is_over = False
        #: Whether the end of the block is awaited.
        self.is_awaited = False

    def open(self, *, awaited: bool) -> None:
        """Open the block. Raises :class:`~dynamorm.exceptions.DynaModelException` when it is over, or open already."""
        self._refuse_when_over()
        if self._is_open:
            usage = f"async {self._usage}" if awaited else self._usage
            raise DynaModelException(
                f"This {self._kind} is open already: each block, and each task, needs one of its own: {usage}."
            )
        self._is_open, self.is_awaited = True, awaited

    def end(self, *, awaited: bool) -> None:
        """End the block; it can't be opened again. Raises ``DynaModelException`` if it was opened the other way."""
        self._is_open, self._is_over = False, True
        if awaited is not self.is_awaited:
            entered, left = ("with", "async with") if awaited else ("async with", "with")
            raise DynaModelException(
                f"This {self._kind} was entered with '{entered}', and is left as '{left}' leaves it. Leave it as it "
                "was entered. Nothing was sent."
            )

    def check(self) -> None:
        """Raise ``DynaModelException`` if the block is not open, because writes would never be sent."""
        self._refuse_when_over()
        if not self._is_open:
            raise DynaModelException(
                f"A {self._kind} is sent at the end of its block, and takes writes only within: {self._usage}."
            )

    def text_of(self, kind: str, writes: int) -> str:
        """Return the ``repr`` of a block of this *kind* with this number of *writes*."""
        state = "over" if self._is_over else "open" if self._is_open else "not open yet"
        return f"<{kind} of {writes} {'write' if writes == 1 else 'writes'}, {state}>"

    def _refuse_when_over(self) -> None:
        if self._is_over:
            usage = f"async {self._usage}" if self.is_awaited else self._usage
            raise DynaModelException(f"This {self._kind} is over. Open another one: {usage}.")


class WriteBlock:
    """The base of a batch and of a transaction: a ``with`` or ``async with`` block whose end sends its writes."""

    #: What messages call it.
    _kind: ClassVar[str]

    def __init__(self, usage: str) -> None:
        self._writes: list[PendingWrite] = []
        self._block = BlockState(self._kind, usage)

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        def __getattr__(self, name: str) -> object:
            """Say what to use in place of a method that the blocks of other libraries have."""
            from dynamorm.model.verbs.block_habits import message_for  # deferred: start-up cost

            raise UnknownAttribute(message_for(self._kind, name, [each for each in dir(type(self)) if each[0] != "_"]))

    def _commit(self) -> Plan[None]:
        """Return the plan that sends the writes."""
        raise NotImplementedError

    def _begin(self, what: StoredInstance | type[StoredInstance], plan: Plan[object]) -> PendingWrite | None:
        return begin(what, plan, awaited=self._block.is_awaited)

    def __enter__(self) -> Self:
        self._block.open(awaited=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.end(awaited=False)
        if exception is None and self._writes:
            drive_on(self._writes[0].connection, self._commit())

    async def __aenter__(self) -> Self:
        self._block.open(awaited=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.end(awaited=True)
        if exception is None and self._writes:
            await adrive_on(self._writes[0].connection, self._commit())

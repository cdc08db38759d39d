"""Both sides of the backend that plays and records a cassette."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from dynamorm.data.operations import Operation
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.wrapping import WrappingBackend
from dynamorm.exceptions import DynamoException
from dynamorm.ports.backends import AsyncBackend, Backend, Capability, TableOptions
from dynamorm.testing.cassettes.tape import Tape

Result = TypeVar("Result")


class CassetteBackend(WrappingBackend):
    """Plays a *tape*, and records what the tape does not have from a connection, which *connect* returns."""

    #: Several at once would come in another order each time.
    max_concurrency = 1

    def __init__(self, tape: Tape, capabilities: frozenset[Capability], connect: Callable[[], Connection]) -> None:
        self.capabilities = capabilities
        #: The file, for messages.
        self.name = tape.name
        self._tape = tape
        self._connect = connect
        # By the identity of their connections, which they keep alive.
        self._tables: dict[int, CassetteBackend] = {}
        self._asynchronous = AsyncCassetteBackend(tape, capabilities, connect)

    def execute(self, operation: Operation[Result]) -> Result:
        """Return what was recorded for an *operation*, or record it."""
        recording = self._tape.play(operation)
        if recording is not None:
            return cast("Result", self._tape.outcome(recording))
        backend = self._connect().backend
        line = self._tape.begin(operation)
        try:
            result = backend.execute(operation)
        except DynamoException as error:
            self._tape.end(line, error)
            raise
        self._tape.end(line, result)
        return result

    def close(self) -> None:
        """Leave the recorded connection open: whoever has opened it closes it."""

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*, which matter only where something is recorded."""
        connection = _for_table(self._tape, self._connect, options)
        if connection is None:
            return self
        table = CassetteBackend(self._tape, self.capabilities, lambda: connection)
        return self._tables.setdefault(id(connection), table)

    def asynchronous(self) -> AsyncBackend:
        """Return the side for event loops, which plays the same tape."""
        return self._asynchronous


class AsyncCassetteBackend(AsyncBackend):
    """Does the same for event loops."""

    max_concurrency = 1

    def __init__(self, tape: Tape, capabilities: frozenset[Capability], connect: Callable[[], Connection]) -> None:
        self.capabilities = capabilities
        self._tape = tape
        self._connect = connect
        self._tables: dict[int, AsyncCassetteBackend] = {}

    async def execute(self, operation: Operation[Result]) -> Result:
        """Return what was recorded for an *operation*, or record it."""
        recording = self._tape.play(operation)
        if recording is not None:
            return cast("Result", self._tape.outcome(recording))
        backend = await self._connect().async_backend()
        line = self._tape.begin(operation)
        try:
            result = await backend.execute(operation)
        except DynamoException as error:
            self._tape.end(line, error)
            raise
        self._tape.end(line, result)
        return result

    async def close(self) -> None:
        """Leave the recorded connection open: whoever has opened it closes it."""

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend for a table with these *options*."""
        connection = _for_table(self._tape, self._connect, options)
        if connection is None:
            return self
        table = AsyncCassetteBackend(self._tape, self.capabilities, lambda: connection)
        return self._tables.setdefault(id(connection), table)


def _for_table(tape: Tape, connect: Callable[[], Connection], options: TableOptions) -> Connection | None:
    """Return the connection for a table with these *options*; ``None`` if it needs no other than the rest."""
    if not tape.may_record:
        return None
    connection = connect()
    configured = connection.for_table(options)
    return None if configured is connection else configured

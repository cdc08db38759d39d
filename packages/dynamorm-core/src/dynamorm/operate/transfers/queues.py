"""Queues between what reads chunks and what writes them, which run at the same time.

A queue holds few chunks, so memory is flat: a reader that is faster waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from threading import Condition, Thread

from dynamorm.operate.transfers.chunks import Chunk
from dynamorm.ports.interruption import interruptible

#: How long the end of a block waits for the reader.
SECONDS_AFTER_INTERRUPT = 1.0
#: How many chunks wait to be written.
QUEUED_CHUNKS = 2


@contextmanager
def read_in_thread(chunks: Iterator[Chunk]) -> Iterator[Callable[[], Chunk | None]]:
    """Read *chunks* in a thread during a block, which gets a function that returns the next one; ``None`` at the end.

    It raises what the reader has raised, after all chunks that were read before. At the end of the block the reader is
    told to end, and waited for, unless it waits for something itself: for what is piped into the program, say.
    """
    queue = _ChunkQueue()
    thread = Thread(target=copy_context().run, args=(_read, chunks, queue), name="dynamorm load", daemon=True)
    thread.start()
    try:
        yield queue.get
    finally:
        queue.close()
        thread.join(SECONDS_AFTER_INTERRUPT)


def _read(chunks: Iterator[Chunk], queue: _ChunkQueue) -> None:
    # A read that is throttled does not wait any longer when nobody wants it.
    interruptible(queue.is_closed)
    try:
        for chunk in chunks:
            if not queue.put(chunk):
                return
    except BaseException as error:  # noqa: BLE001 - raised where the chunks are wanted
        queue.end(error)
    else:
        queue.end(None)


class _ChunkQueue:
    """A queue of one thread that puts chunks and one that gets them. Either one can end it."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._changed = Condition()
        self._ended = False
        self._closed = False
        self._error: BaseException | None = None

    def put(self, chunk: Chunk) -> bool:
        """Add a *chunk* when there is room for it, and return whether more are wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._chunks) < QUEUED_CHUNKS)
            self._chunks.append(chunk)
            self._changed.notify_all()
            return not self._closed

    def end(self, error: BaseException | None) -> None:
        """Say that no more chunks come, because of an *error* if there is one."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def get(self) -> Chunk | None:
        """Return the next chunk when there is one; ``None`` if no more come. Raise what has kept them from coming."""
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended)
            if self._chunks:
                chunk = self._chunks.popleft()
                self._changed.notify_all()
                return chunk
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """Say that no more chunks are wanted."""
        with self._changed:
            self._closed = True
            self._chunks.clear()
            self._changed.notify_all()

    def is_closed(self) -> bool:
        """Return whether no more chunks are wanted."""
        return self._closed


@asynccontextmanager
async def read_in_task(chunks: AsyncIterator[Chunk]) -> AsyncIterator[Callable[[], Awaitable[Chunk | None]]]:
    """Read *chunks* in a task during a block, as :func:`read_in_thread` does."""
    import asyncio  # deferred: start-up cost

    queue: asyncio.Queue[Chunk | BaseException | None] = asyncio.Queue(QUEUED_CHUNKS)

    async def read() -> None:
        try:
            async for chunk in chunks:
                await queue.put(chunk)
        except Exception as error:  # noqa: BLE001 - raised where the chunks are wanted
            await queue.put(error)
        else:
            await queue.put(None)

    async def get() -> Chunk | None:
        got = await queue.get()
        if isinstance(got, BaseException):
            raise got
        return got

    task = asyncio.create_task(read())
    try:
        yield get
    finally:
        task.cancel()
        await asyncio.wait([task])


async def in_threads(chunks: Iterator[Chunk]) -> AsyncIterator[Chunk]:
    """Yield *chunks*, each read in a thread, as reading and decoding files takes time."""
    import asyncio  # deferred: start-up cost

    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk

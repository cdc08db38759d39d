"""What verbs have to do with the event loop of their thread: those that block it, and those that need one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from dynamorm.data.arguments import checks_arguments
from dynamorm.data.operations import Operation
from dynamorm.engine.run.contexts import PlainBlock
from dynamorm.exceptions import DynaModelException

#: What is called with each operation that blocks; ``None`` while all are allowed, and nothing is called.
refuse: Callable[[Operation[Any]], None] | None = None


class RefuseBlocking(PlainBlock):
    """The result of :func:`~dynamorm.refuse_blocking`: a context manager that restores the earlier setting."""

    _usage = "refuse_blocking()"

    def __init__(self, before: Callable[[Operation[Any]], None] | None) -> None:
        self._before = before

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        global refuse  # noqa: PLW0603
        refuse = self._before


@checks_arguments
def refuse_blocking(refused: bool = True) -> RefuseBlocking:
    """Make blocking verbs raise an error in a thread whose event loop is running; with ``False``, allow them again.

    The setting holds for the whole process from now on, for all threads and tasks. Where no event loop runs, as in
    threads of ``asyncio.to_thread``, synchronous verbs work as before. In a ``with`` statement, for a test, the setting
    is restored at the end of the block::

        dynamorm.refuse_blocking()

        with dynamorm.refuse_blocking():
            asyncio.run(main())

    What is refused raises :class:`~dynamorm.exceptions.DynaModelException`, and nothing is sent.
    """
    global refuse  # noqa: PLW0603
    setting = RefuseBlocking(refuse)
    refuse = _refuse_on_a_loop if refused else None
    return setting


def _refuse_on_a_loop(operation: Operation[Any]) -> None:
    if is_loop_running():
        from dynamorm.wire import subject_of  # deferred: start-up cost

        raise DynaModelException(
            f"{subject_of(operation)} would block the event loop of this thread, which refuse_blocking() forbids; "
            "nothing was sent. Await the verb's counterpart, which has an 'a' in front of its name, as in 'await "
            "Book.aget(…)', iterate with 'async for', await acount() or aexists() in place of len() and bool() of a "
            "read, or run the code in a thread: 'await asyncio.to_thread(…)'."
        )


def missing_loop(operation: Operation[Any]) -> DynaModelException | None:
    """Return the exception for an *operation* that is awaited where no event loop runs; ``None`` where one does."""
    if is_loop_running():
        return None
    from dynamorm.wire import subject_of  # deferred: start-up cost

    if _is_trio_running():
        return DynaModelException(
            f"{subject_of(operation)} was awaited under trio; nothing was sent. Awaited verbs need asyncio: run the "
            "program with asyncio.run(main()), or with anyio.run(main, backend='asyncio'). Under trio, call the "
            "synchronous verb in a thread: 'await trio.to_thread.run_sync(function)'."
        )
    return DynaModelException(
        f"{subject_of(operation)} was awaited where no event loop of asyncio runs; nothing was sent. Run the program "
        "with asyncio.run(main()), or call the synchronous verb."
    )


def shared_by_tasks() -> DynaModelException:
    """Return the exception for a task that iterates over what another task is reading just now."""
    return DynaModelException(
        "Two tasks iterate over one read at once, which gives its items one after the other. Let one task iterate and "
        "hand the items over, or begin a read in each task."
    )


def is_loop_running() -> bool:
    """Return whether an event loop of asyncio runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_trio_running() -> bool:
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True

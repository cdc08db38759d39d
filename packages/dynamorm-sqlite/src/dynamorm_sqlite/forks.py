"""Forks: connections to files are closed before a process forks, and the child starts with none.

SQLite keeps a list of the locks that a process holds. A fork copies the list, but not the locks. In a child that
inherits an open connection, SQLite therefore trusts locks that do not exist, even for connections that the child opens
by itself: writes get lost and the file is corrupted. See "How To Corrupt An SQLite Database File", section 2.6.

So no connection may be open across a fork. Every object that has connections joins as a :class:`Participant`. The hook
before a fork asks each participant to close its idle connections, and waits for those that other threads are using. The
child gives up the connections that are open nevertheless.

Exceptions of signal handlers can arrive in these hooks, and Python ignores them there. So nothing here relies on an
earlier hook having run to its end: the child checks which connections are open.
"""

from __future__ import annotations

import gc
import os
import time
from os import getpid
from threading import RLock, get_ident
from typing import Final, Protocol
from weakref import ref

from dynamorm.ports.processes import ForkSafeLock

_POLL_SECONDS: Final = 0.001
_COLLECT_AFTER_SECONDS: Final = 0.05
_THREAD: Final = "thread"


class Participant(Protocol):
    """An object that has connections. References to it are weak: joining does not keep it alive."""

    def prepare_for_fork(self) -> None:
        """Close idle connections. This is called in the parent, repeatedly while the fork waits."""

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return whether the fork by *thread*, which has *waited* so many seconds, has to wait longer."""

    def enter_child(self) -> None:
        """Give up inherited connections. This is called in the child, possibly more than once."""


#: The id of the process that the participants belong to. A process with another id has to call :func:`enter_child`.
process = getpid()
#: The number of forks between this process and the first one. It tells inherited connections from this process's own.
generation = 0
#: The thread that is about to fork. It is empty at all other times, so that its truth value is the check.
forking: Final[dict[str, int]] = {}

_participants: Final[set[ref[Participant]]] = set()
_entering: Final = ForkSafeLock(RLock)


def join(participant: Participant) -> None:
    """Add a *participant*. If another thread is about to fork, wait until it has forked."""
    enter_child()
    reference = ref(participant, _participants.discard)
    _participants.add(reference)
    # A thread that joins looks at `forking` afterwards, and a thread that forks sets `forking` before it looks at the
    # participants. So at least one of them sees the other.
    while other_thread_forks():
        _participants.discard(reference)
        wait()
        _participants.add(reference)


def leave(participant: Participant) -> None:
    """Remove a *participant*, which has no open connections any more."""
    _participants.discard(ref(participant))


def other_thread_forks() -> bool:
    """Return whether another thread is about to fork."""
    thread = get_ident()
    return forking.get(_THREAD, thread) != thread


def wait() -> None:
    """Wait while another thread is about to fork."""
    while other_thread_forks():
        time.sleep(_POLL_SECONDS)


def settle() -> None:
    """Give up inherited connections if this process is a fork, and wait while another thread is about to fork."""
    enter_child()
    wait()


def enter_child() -> None:
    """Give up inherited connections if this process is a fork of the one that the participants belong to."""
    with _entering:
        if process != getpid():
            _give_up_inherited()


def _give_up_inherited() -> None:
    global process, generation  # noqa: PLW0603
    generation += 1
    for participant in _living():
        participant.enter_child()
    forking.clear()
    process = getpid()


def _living() -> list[Participant]:
    # Other threads may join and leave meanwhile, so the set is copied, which is a single step.
    return [participant for reference in list(_participants) if (participant := reference()) is not None]


def _before_fork() -> None:
    enter_child()
    thread = get_ident()
    while forking.setdefault(_THREAD, thread) != thread:
        time.sleep(_POLL_SECONDS)
    started = time.monotonic()
    collected = False
    while _is_delayed(thread, time.monotonic() - started):
        if not collected and time.monotonic() - started > _COLLECT_AFTER_SECONDS:
            # A connection that its storage lost by a signal handler's exception is garbage, and part of a cycle.
            gc.collect()
            collected = True
        time.sleep(_POLL_SECONDS)


def _is_delayed(thread: int, waited: float) -> bool:
    participants = _living()
    for participant in participants:
        participant.prepare_for_fork()
    return any(participant.delays_fork(thread, waited) for participant in participants)


def _after_fork_in_child() -> None:
    # In a new PID namespace, parent and child can have the same id.
    if forking or process != getpid():
        _give_up_inherited()


if hasattr(os, "register_at_fork"):
    # A signal can interrupt a function that is written in Python, and then other threads would wait forever. The dict's
    # method is written in C.
    os.register_at_fork(before=_before_fork, after_in_parent=forking.clear, after_in_child=_after_fork_in_child)

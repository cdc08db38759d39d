"""Forks: close connections to files before a process forks, and start afresh in the child.

SQLite keeps a list of the locks that a process holds. A fork copies the list, but not the locks. In a child that
inherits an open connection, SQLite therefore trusts locks that do not exist, even for connections that the child opens
by itself: writes get lost and the file is corrupted. See "How To Corrupt An SQLite Database File", section 2.6.

So nothing that holds a connection may keep it open across a fork. Everything that does joins as a :class:`Participant`.
The hook before a fork asks each participant to close what is idle and waits for what other threads use. What is still
open then is given up in the child.

Exceptions of signal handlers can arrive in these hooks, and Python ignores them there. Nothing here relies on an
earlier hook having run to its end: the child looks at what is open, not at what was promised.
"""

from __future__ import annotations

import gc
import os
import time
from os import getpid
from threading import RLock, get_ident
from typing import Final, Protocol
from weakref import ref

_POLL_SECONDS: Final = 0.001
_COLLECT_AFTER_SECONDS: Final = 0.05
_THREAD: Final = "thread"


class Participant(Protocol):
    """Something that a fork concerns. It is referred to weakly: joining does not keep it alive."""

    def prepare_for_fork(self) -> None:
        """Close what is idle. Called in the parent, repeatedly while the fork waits."""

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return whether the fork by *thread*, which has *waited* so many seconds, has to wait longer for this."""

    def enter_child(self) -> None:
        """Give up what was inherited. Called in the child, possibly more than once."""


#: The id of the process that the participants belong to. A process with another id has to call :func:`enter_child`.
process = getpid()
#: How many forks lie between this process and the first one. It tells what was inherited from what was made here.
generation = 0
#: The thread that is about to fork. Empty at all other times, so that its truth is the check.
forking: Final[dict[str, int]] = {}

_participants: Final[set[ref[Participant]]] = set()
_entering = RLock()


def join(participant: Participant) -> None:
    """Add a *participant*. While another thread forks, wait until it has."""
    enter_child()
    reference = ref(participant, _participants.discard)
    _participants.add(reference)
    # Whoever joins looks at `forking` afterwards, and whoever forks looks at the participants after it has set
    # `forking`: at least one of them sees the other.
    while other_thread_forks():
        _participants.discard(reference)
        wait()
        _participants.add(reference)


def leave(participant: Participant) -> None:
    """Remove a *participant*, which has nothing open any more."""
    _participants.discard(ref(participant))


def other_thread_forks() -> bool:
    """Return whether another thread is about to fork."""
    thread = get_ident()
    return forking.get(_THREAD, thread) != thread


def wait() -> None:
    """Wait while another thread forks."""
    while other_thread_forks():
        time.sleep(_POLL_SECONDS)


def settle() -> None:
    """Start afresh if this process is a fork. Wait while another thread forks."""
    enter_child()
    wait()


def enter_child() -> None:
    """Start afresh if this process is a fork of the one that the participants belong to."""
    with _entering:
        if process != getpid():
            _start_afresh()


def _start_afresh() -> None:
    global process, generation  # noqa: PLW0603
    generation += 1
    for participant in _living():
        participant.enter_child()
    forking.clear()
    process = getpid()


def _living() -> list[Participant]:
    # Copying a set to a list is a single step: other threads may join and leave meanwhile.
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
            # A connection that a signal handler's exception took from its storage is garbage, and part of a cycle.
            gc.collect()
            collected = True
        time.sleep(_POLL_SECONDS)


def _is_delayed(thread: int, waited: float) -> bool:
    participants = _living()
    for participant in participants:
        participant.prepare_for_fork()
    return any(participant.delays_fork(thread, waited) for participant in participants)


def _after_fork_in_child() -> None:
    global _entering  # noqa: PLW0603
    # Another thread of the parent may have held the lock.
    _entering = RLock()
    # In a new PID namespace, parent and child can have the same id.
    if forking or process != getpid():
        _start_afresh()


if hasattr(os, "register_at_fork"):
    # A signal can interrupt a function that is written in Python, and then other threads would wait for ever;
    # the method of the dict is not one.
    os.register_at_fork(before=_before_fork, after_in_parent=forking.clear, after_in_child=_after_fork_in_child)

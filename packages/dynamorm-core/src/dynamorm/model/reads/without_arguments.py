"""Methods of reads that take no arguments, and say where those belong that other libraries' methods take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from dynamorm.exceptions import DynaModelException

Read = TypeVar("Read")
Returned = TypeVar("Returned")
#: Coroutine functions that take nothing but a read.
Coroutines: TypeAlias = Callable[[Read], Coroutine[Any, Any, Returned]]


def takes_no_arguments(method: Callable[[Read], Returned]) -> Callable[[Read], Returned]:
    """Let a *method* of reads raise ``DynaModelException`` for arguments: they are conditions, or a number of items."""

    @wraps(method)
    def checked(read: Read, *given: object, **lookups: object) -> Returned:
        if given or lookups:
            raise _misplaced(method.__name__, given, lookups)
        return method(read)

    return checked


def awaited_takes_no_arguments(method: Coroutines[Read, Returned]) -> Coroutines[Read, Returned]:
    """Do what :func:`takes_no_arguments` does, for a *method* that is a coroutine function."""

    @wraps(method)
    async def checked(read: Read, *given: object, **lookups: object) -> Returned:
        if given or lookups:
            raise _misplaced(method.__name__, given, lookups)
        return await method(read)

    return checked


def _misplaced(method: str, given: Collection[object], lookups: Collection[str]) -> DynaModelException:
    if any(isinstance(each, int) for each in given):
        advice = f"For several items, use limit(…) and iterate over the read: {method}() returns one answer."
    else:
        condition = f"{min(lookups)}=…" if lookups else "…"
        advice = f"Conditions are arguments of query and scan: scan({condition}).{method}()."
    return DynaModelException(f"{method}() of a read takes no arguments. {advice}")

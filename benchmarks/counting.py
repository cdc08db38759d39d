"""Work that is counted, not timed: the same in every run of the same code, on the Python of :mod:`benchmarks.work`.

It counts the interpreter's instructions and the calls of DynamORM and of its schema library, and of the standard
library on behalf of either. What boto3 does is boto3's, and how often a socket is read is the network's.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: The packages whose work counts.
COUNTED = {
    "dynamorm",
    "dynamorm_attrs",
    "dynamorm_boto3",
    "dynamorm_marshmallow",
    "dynamorm_msgspec",
    "dynamorm_pydantic",
    "dynamorm_schematics",
    "dynamorm_sqlite",
    "marshmallow",
    "pydantic",
    "schematics",
}
_ON_BEHALF = sys.stdlib_module_names - {"socket"}
#: The least of so many is what counts: now and then something is done for many operations at once.
TIMES = 2


def work_of(operation: Callable[[], object]) -> Mapping[str, int]:
    """Count the instructions and the calls of an *operation*, once everything is made that is made once."""
    operation()
    with _collector_at_rest():
        return {
            "instructions": min(_instructions(operation) for _ in range(TIMES)),
            "calls": min(_calls(operation) for _ in range(TIMES)),
        }


def _instructions(operation: Callable[[], object]) -> int:
    count = 0

    def in_frame(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        if event == "opcode":
            count += 1
        return in_frame

    def at_call(frame: FrameType, event: str, argument: object) -> Any:
        if not _counts(frame):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return in_frame

    previous = sys.gettrace()
    sys.settrace(at_call)
    try:
        operation()
    finally:
        sys.settrace(previous)
    return count


def _calls(operation: Callable[[], object]) -> int:
    count = 0

    def at_event(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event in {"call", "c_call"} and _counts(frame):
            count += 1

    previous = sys.getprofile()
    sys.setprofile(at_event)
    try:
        operation()
    finally:
        sys.setprofile(previous)
    return count


def _counts(frame: FrameType) -> bool:
    """Return whether a frame's code is of a counted package, or of the standard library and called by one."""
    caller: FrameType | None = frame
    while caller is not None:
        package = str(caller.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _ON_BEHALF:
            return package in COUNTED
        caller = caller.f_back
    return False


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Turn the garbage collector off, which runs at any time, and calls what others have registered with it."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

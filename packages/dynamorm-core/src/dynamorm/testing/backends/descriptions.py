"""Operations in the messages of failed tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from reprlib import Repr
from typing import Any

_short = Repr()
_short.maxdict = _short.maxlist = _short.maxset = _short.maxtuple = 5
_short.maxlevel = 4
_short.maxstring = _short.maxother = 60
#: The most characters of one description.
LONGEST = 400


def described(operation: object) -> str:
    """Return an operation, a result or a part of one on one line: with what is not a default, and shortened."""
    text = _described(operation)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _described(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        named = ((each.name, getattr(value, each.name), each.default) for each in fields(value))
        return f"{type(value).__name__}({', '.join(_given(named))})"
    if isinstance(value, tuple) and any(map(is_dataclass, value)):
        more = ", …" if len(value) > _short.maxtuple else ""
        return f"({', '.join(map(_described, value[: _short.maxtuple]))}{more})"
    return _short.repr(value)


def _given(named: Iterable[tuple[str, Any, Any]]) -> Iterable[str]:
    for name, value, default in named:
        if default is MISSING or type(value) is not type(default) or value != default:
            yield f"{name}={_described(value)}"

"""Watching whether a schema library's own methods are called."""

from __future__ import annotations

from types import MethodType
from typing import Any

import pytest


def record_calls(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the *name* of a method of *owner* whenever it is called."""
    called: list[str] = []
    original = getattr(owner, name)

    is_class_method = isinstance(original, MethodType)

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        called.append(name)
        return original(*arguments, **options) if is_class_method else original(self, *arguments, **options)

    monkeypatch.setattr(owner, name, classmethod(method) if is_class_method else method)
    return called

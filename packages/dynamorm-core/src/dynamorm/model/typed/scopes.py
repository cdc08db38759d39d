"""The names that an annotation in the body of a class may use: those of its module, functions and classes around it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any


class Scope:
    """The names around the body of a class, in which annotations are evaluated."""

    def __init__(self, module_names: dict[str, Any], local_names: Mapping[str, Any]) -> None:
        self.module_names = module_names
        self.local_names = dict(local_names)

    @classmethod
    def of(cls, definer: type, body: Mapping[str, Any]) -> Scope:
        """Return the scope of the class *definer* with this *body*, which is just being made.

        The functions around a class are still running then, and their local names are visible.
        """
        module_names, local_names = _names_around(definer.__module__, definer.__qualname__)
        if module_names is None:
            module = sys.modules.get(definer.__module__)
            module_names = {} if module is None else vars(module)
        nested = {name: value for name, value in body.items() if isinstance(value, type)}
        return cls(module_names, {**local_names, definer.__name__: definer, **nested})

    def evaluate(self, expression: str) -> Any:
        """Return the value of an *expression*. Raises ``NameError`` and whatever else the expression does."""
        return eval(expression, self.module_names, self.local_names)


def _names_around(module: str, qualified_name: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the names of the *module* that defines a class, and of the functions around it: those that run now."""
    module_names: dict[str, Any] | None = None
    functions = _functions_around(qualified_name)
    local_names: dict[str, Any] = {}
    frame: FrameType | None = sys._getframe()
    while frame is not None and not (module_names is not None and not functions):
        if frame.f_globals.get("__name__") == module:
            module_names = frame.f_globals
            if frame.f_code.co_qualname in functions:
                functions.remove(frame.f_code.co_qualname)
                # Those of an inner function, which come first, hide the others.
                local_names = {**frame.f_locals, **local_names}
        frame = frame.f_back
    return module_names, local_names


def _functions_around(qualified_name: str) -> list[str]:
    """Return the qualified names of the functions around a class: ``f`` and ``f.<locals>.g``."""
    parts = qualified_name.split(".<locals>.")
    return [".<locals>.".join(parts[:length]) for length in range(1, len(parts))]

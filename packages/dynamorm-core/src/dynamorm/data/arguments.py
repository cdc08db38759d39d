"""Arguments that a function does not have: the error names the ones that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from dynamorm.exceptions import DynaModelException

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


def checks_arguments(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Let a *function* raise ``DynaModelException``, with the names that it has, for an argument that it lacks.

    Decorating an ``__init__``, the message is about the class. Python's own ``TypeError`` stays for missing arguments.
    """
    code = function.__code__
    names = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    known = [name for name in names if name != "self"]

    @wraps(function)
    def checked(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Returned:
        for name in keywords:
            if name not in known:
                owner = type(arguments[0]) if function.__name__ == "__init__" else function
                raise unknown_argument(owner.__name__, name, known)
        return function(*arguments, **keywords)

    return checked


def unknown_argument(function: str, name: str, known: Sequence[str]) -> DynaModelException:
    """Return the error for an argument of this *name* that a *function* with the *known* ones does not have."""
    from difflib import get_close_matches  # deferred: start-up cost

    close = get_close_matches(name, known, n=1)
    are = "argument is" if len(known) == 1 else "arguments are"
    hint = f"Did you mean '{close[0]}'?" if close else f"Its {are} {', '.join(known)}."
    return DynaModelException(f"{function}() has no argument '{name}'. {hint}")

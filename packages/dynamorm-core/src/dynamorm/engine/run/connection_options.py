"""The options of ``connect`` that the core takes itself, whatever the backend."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import get_args

from dynamorm.data.capacity import CapacityDetail
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.exceptions import BackendMisconfigured

#: The environment variable with the prefix of the names of tables, where neither an argument nor the URL has one.
PREFIX_VARIABLE = "DYNAMORM_TABLE_PREFIX"
PREFIX_OPTION = "table_prefix"
#: The core's options.
OPTIONS = ("max_concurrency", "return_consumed_capacity", PREFIX_OPTION, "rate")
#: Names that options had, or that other places have for them.
_FORMER = {
    "connections": "max_concurrency",
    "prefix": PREFIX_OPTION,
    "table_name_prefix": PREFIX_OPTION,
    "rate_limit": "rate",
}


def check_settings(text: str, max_concurrency: object, return_consumed_capacity: object, rate: object = None) -> None:
    """Raise :class:`~dynamorm.exceptions.BackendMisconfigured` for a wrong option of the backend *text*."""
    if max_concurrency is not None and (
        isinstance(max_concurrency, bool) or not isinstance(max_concurrency, int) or max_concurrency < 1
    ):
        raise BackendMisconfigured(
            f"The option max_concurrency of the backend '{text}' must be a whole number of at least 1: how many "
            "requests of one batch run at the same time."
        )
    if return_consumed_capacity not in get_args(CapacityDetail):
        raise BackendMisconfigured(
            f"The option return_consumed_capacity of the backend '{text}' is {return_consumed_capacity!r}. It can be "
            f"{', '.join(map(repr, get_args(CapacityDetail)))}."
        )
    check_rate(text, rate)


def check_rate(text: str, rate: object) -> None:
    """Raise :class:`~dynamorm.exceptions.BackendMisconfigured` for a *rate* of the backend *text* that is no limit."""
    if not isinstance(rate, RateLimit | None):
        raise BackendMisconfigured(
            f"The option rate of the backend '{text}' is a RateLimit, not {type(rate).__name__}: "
            "rate=dynamorm.RateLimit(read=200, write=100)."
        )


def prefix_of(given: object, in_url: str | None) -> str:
    """Return the prefix of a connection: the *given* one, or else that in its URL, or else that of the environment.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for one that no name of a table can begin with.
    """
    prefix, place = given, f"The option {PREFIX_OPTION}"
    if prefix is None:
        prefix, place = in_url, f"The {PREFIX_OPTION} in the URL"
    if prefix is None:
        prefix, place = os.environ.get(PREFIX_VARIABLE, ""), f"The environment variable {PREFIX_VARIABLE}"
    if not isinstance(prefix, str) or not re.fullmatch(r"[a-zA-Z0-9_.-]*", prefix):
        raise BackendMisconfigured(
            f"{place} is put before the names of tables, so it may have only letters, digits, dots, dashes and "
            "underscores, as in 'dev-'."
        )
    return prefix


def take_prefix(location: str) -> tuple[str, str | None]:
    """Return the *location* of a URL without its ``table_prefix``, and that; ``None`` if it has none."""
    path, mark, query = location.partition("?")
    if PREFIX_OPTION not in query:
        return location, None
    from urllib.parse import unquote_plus  # deferred: start-up cost

    found, others = None, []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name != PREFIX_OPTION:
            others.append(pair)
        elif found is not None:
            raise BackendMisconfigured(f"The URL of a backend has the option {PREFIX_OPTION} twice. Leave one out.")
        else:
            found = unquote_plus(value)
    return f"{path}{mark if others else ''}{'&'.join(others)}", found


def add_suggestion(error: BackendMisconfigured, options: Iterable[str]) -> None:
    """Complete the *error* of a plugin that knows the core's options as little as the program spelled them."""
    from difflib import get_close_matches  # deferred: start-up cost

    for name in options:
        close = [_FORMER[name]] if name in _FORMER else get_close_matches(name, OPTIONS, n=1, cutoff=0.8)
        if close and repr(name) in str(error):
            error.args = (f"{error} Did you mean '{close[0]}'?", *error.args[1:])

"""URLs and options: the database that they refer to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import BackendAddress

Synchronous: TypeAlias = Literal["full", "normal"]

MEMORY: Final = ":memory:"
_FORMS: Final = (
    "sqlite:///books.db for a file in the current folder, sqlite:////data/books.db for a file by its absolute path, "
    "sqlite:///:memory: or just sqlite for a database in memory"
)
_OPTION_NAMES: Final = frozenset({"synchronous", "timeout"})
_OPTIONS: Final = "synchronous='full' or 'normal', and timeout in seconds"


@dataclass(frozen=True, slots=True)
class Location:
    """The location of a database and the options for it.

    ``path`` is absolute, or ``None`` for a database in memory. ``synchronous`` says when a write is acknowledged:
    ``"full"`` when it is on the disk and survives a loss of power, ``"normal"`` when the operating system has it, so
    that it survives the end of the program. ``timeout`` is the number of seconds to wait for other processes that write
    to the file.
    """

    path: str | None
    synchronous: Synchronous = "full"
    timeout: float = 60.0


def location_of(address: BackendAddress, options: Mapping[str, Any]) -> Location:
    """Return the location for an *address* and *options*. Options can also be in the URL, after a question mark.

    Raise :class:`~dynamorm.exceptions.BackendMisconfigured` for an address or an option that can't work.
    """
    if "://" not in address.text:
        return Location(None, **_checked(options, address))
    path, _, query = address.location.partition("?")
    settings = _checked({**dict(parse_qsl(query, keep_blank_values=True)), **options}, address)
    if not path.startswith("/"):
        raise BackendMisconfigured(f"'{address.text}' needs three slashes before the name of the file: {_FORMS}.")
    name = path[1:]
    if not name or name.endswith(("/", os.sep)):
        raise BackendMisconfigured(f"'{address.text}' does not name a file. The valid forms are {_FORMS}.")
    if "\0" in name:
        raise BackendMisconfigured(
            "The name of a SQLite file has a NUL character, which no file system allows. Leave it out."
        )
    return Location(None if name == MEMORY else os.path.abspath(name), **settings)


def _checked(options: Mapping[str, Any], address: BackendAddress) -> Mapping[str, Any]:
    unknown = sorted(options.keys() - _OPTION_NAMES)
    if unknown:
        from difflib import get_close_matches  # few programs need it

        close = get_close_matches(unknown[0], _OPTION_NAMES, n=1, cutoff=0.8)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise BackendMisconfigured(
            f"The SQLite backend has no option {', '.join(map(repr, unknown))} (given for '{address.text}'). "
            f"Its options are {_OPTIONS}.{hint}"
        )
    settings: dict[str, Any] = {}
    if "synchronous" in options:
        settings["synchronous"] = _synchronous(options["synchronous"])
    if "timeout" in options:
        settings["timeout"] = _timeout(options["timeout"])
    return settings


def _synchronous(value: object) -> Synchronous:
    if value == "full" or value == "normal":  # noqa: PLR1714 # mypy does not narrow `in`
        return value
    raise BackendMisconfigured(f"The option synchronous of the SQLite backend is 'full' or 'normal', not {value!r}.")


def _timeout(value: object) -> float:
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if 0 <= seconds < float("inf"):
            return seconds
    raise BackendMisconfigured(f"The option timeout of the SQLite backend is a number of seconds, not {value!r}.")

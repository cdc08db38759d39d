"""The messages in the errors of a ``ValidationError``, whichever schema library they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def messages_of(errors: Any, location: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str, str, Any]]:
    """Yield the location, the type, the text and the context of each message in the *errors* of any schema library.

    Two forms are known, and mixtures of them: maps by name or index down to lists of messages, and dicts with the keys
    ``loc``, ``msg`` and ``type``. Anything else is a message itself.
    """
    if isinstance(errors, Mapping):
        if {"loc", "msg", "type"} <= errors.keys():
            message = str(errors["msg"])
            yield (*location, *errors["loc"]), str(errors["type"]), message, errors.get("ctx")
            return
        for name, below in errors.items():
            part = name if isinstance(name, int) else str(name)
            # The name for errors of a whole schema, in Marshmallow.
            yield from messages_of(below, location if part == "_schema" else (*location, part))
    elif isinstance(errors, (list, tuple)):
        for each in errors:
            yield from messages_of(each, location)
    else:
        yield location, "value_error", str(getattr(errors, "in_documents", errors)), None

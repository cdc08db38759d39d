"""Why a schema refuses an item, for people."""

from __future__ import annotations

from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.error_messages import messages_of


def problems_of(error: ValidationError) -> tuple[str, ...]:
    """Return the messages of an *error*, each with the place that it is about. They may hold values."""
    found = []
    for location, _, message, _ in messages_of(error.errors):
        place = ".".join(map(str, location))
        found.append(f"{place}: {message}" if place else message)
    return tuple(found)

"""What was refused, by field name, without the values."""

from __future__ import annotations

import re
from typing import Any

from cattrs.errors import BaseValidationError, IterableValidationError

#: How attrs's own validators, and Python's own types, end their messages with the value. Values stay out of messages.
_ENDINGS = re.compile(
    r" \(got .*\)\.?$"  # instance_of, in_, is_callable
    r"| \(.* doesn't\)$"  # matches_re
    r"|(?<= satisfied) for value .*$"  # or_
    r"|(?<= must be )([<>]=? .+?): .*$"  # the bounds of numbers, which stay
    r"|(?<=with base 10): .*$|(?<=string to float): .*$",  # int("x"), float("x")
    re.DOTALL,
)


class InvalidFields(ValueError):
    """Fields of a nested class were refused: errors by their names, as in a ``ValidationError``."""

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__("Fields are refused.")
        self.errors = errors


class UserFault(Exception):
    """Holds what a function of the user's raised, and what is no refusal: it comes out of cattrs unchanged."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


#: What says that a value is refused. attrs's own validators raise ``ValueError`` and ``TypeError``.
USER_REFUSALS = (ValueError, TypeError)
REFUSALS = (*USER_REFUSALS, BaseValidationError, UserFault)


def errors_of(error: BaseException, value: Any = None) -> Any:
    """Return the errors for what was raised about a *value*: a list of messages, or a dict by field name or index.

    Raises:
        Exception: A function of the user's raised something that is no refusal.
    """
    if isinstance(error, UserFault):
        raise error.error from error.error.__cause__
    if isinstance(error, InvalidFields):
        return error.errors
    if isinstance(error, IterableValidationError):
        with_places, others = error.group_exceptions()
        if others:
            return [message for each in others for message in _listed(errors_of(each, value))]
        return {note.index: errors_of(each) for each, note in with_places}
    return [message_of(error, value)]


def message_of(error: BaseException, value: Any = None) -> str:
    """Return the text of an exception without the *value*."""
    first = error.args[0] if error.args else ""
    text = first if isinstance(first, str) else str(error)
    text = _ENDINGS.sub(lambda found: found[1] or "", text)
    shown = repr(value)
    if len(shown) > 3:
        text = text.replace(shown, "the value")
    return text or f"Refused with {type(error).__name__}."


def _listed(errors: Any) -> list[Any]:
    return errors if isinstance(errors, list) else [errors]

"""What is added to exceptions that a schema raises.

The errors of one nested value get the names above it. A bug in a validator, a hook or a field gets a note: such an
exception is neither swallowed nor taken for invalid data: it is raised as it is, and says where it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.paths import PathElement
from dynamorm.exceptions import DynamoException


def below_names(names: Sequence[PathElement], errors: Any) -> Any:
    """Return the *errors* of the value that *names* lead to as they are for the whole item.

    A field knows only the last of the names. Two forms are known: dicts by name or index, and lists of dicts with a
    ``loc``. Other forms are returned as they are.
    """
    *above, last = names
    if isinstance(errors, Mapping):
        found: Any = {last if name == str(last) else name: messages for name, messages in errors.items()}
        for name in reversed(above):
            found = {name: found}
        return found
    if isinstance(errors, list) and all(isinstance(each, Mapping) and each.get("loc") for each in errors):
        return [{**each, "loc": (*names, *each["loc"][each["loc"][0] == str(last) :])} for each in errors]
    return errors


def add_schema_note(error: Exception, model_name: str, field_name: str | None = None) -> None:
    """Add the note to an *error*, unless it is one of DynamORM's own. The note holds no values of items."""
    if not isinstance(error, DynamoException):
        field = "" if field_name is None else f", field '{field_name}'"
        error.add_note(
            f"Raised in the Schema of {model_name}{field}: by a validator, a hook or a field. To refuse data, they "
            "raise the schema library's own error."
        )


def add_written_note(error: Exception, model_name: str) -> None:
    """Add the note to an *error* that was raised for the result of an update: the table was changed nevertheless."""
    error.add_note(
        f"The update of this {model_name} was written, but its Schema refuses what the table has now. The instance "
        "keeps its values from before: read the item again, or correct it with another update."
    )

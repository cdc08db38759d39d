"""What comes out of a schema and is not its library's own error: a fault in a validator, a hook or a field of a user's.

It is neither swallowed nor taken for a refusal: it comes through as it is, with a note that says where it came from.
"""

from __future__ import annotations

from dynamorm.exceptions import DynamoException


def note_schema(error: Exception, model_name: str, field_name: str | None = None) -> None:
    """Adds the note to an *error*, unless it is one of DynamORM's. It holds no values of items."""
    if not isinstance(error, DynamoException):
        field = "" if field_name is None else f", field '{field_name}'"
        error.add_note(
            f"Raised in the Schema of {model_name}{field}: by a validator, a hook or a field, which raise the schema library's own "
            "error to refuse data."
        )


def note_written(error: Exception, model_name: str) -> None:
    """Adds the note to an *error* that met the answer of an update: the table has been changed all the same."""
    error.add_note(
        f"The update of this {model_name} was written; its Schema refuses what the table has now. The instance has its values "
        "from before: read the item again, or correct it with another update."
    )

"""Notes on exceptions that a schema raises and that are not its library's own: a bug in a validator, a hook or a field.

Such an exception is neither swallowed nor taken for invalid data: it is raised as it is, with a note that says where it
came from.
"""

from __future__ import annotations

from dynamorm.exceptions import DynamoException


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

"""Pydantic's errors turned into DynamORM's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails, PydanticSerializationError

from dynamorm.exceptions import ValidationError


def validation_error(raw: Any, schema_name: str, error: pydantic.ValidationError) -> ValidationError:
    """Return the exception for data that Pydantic refused, with its own list of errors.

    The list leaves out the input, because values of items never go into messages.
    """
    return ValidationError(raw, schema_name, error.errors(include_url=False, include_input=False))


def input_error(raw: Any, schema_name: str, errors: Sequence[InitErrorDetails]) -> ValidationError:
    """Return the exception for values that Pydantic would have accepted and DynamORM refuses, in Pydantic's words."""
    return validation_error(raw, schema_name, pydantic.ValidationError.from_exception_data(schema_name, list(errors)))


def serialisation_error(raw: Any, schema_name: str, error: PydanticSerializationError) -> ValidationError:
    """Return the exception for values that Pydantic, or a serialiser of the user's, could not serialise."""
    return ValidationError(raw, schema_name, [{"type": "serialization_error", "loc": (), "msg": str(error)}])

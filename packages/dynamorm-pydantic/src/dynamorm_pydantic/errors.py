"""Pydantic's errors as DynamORM's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails, PydanticSerializationError

from dynamorm.exceptions import ValidationError


def validation_error(raw: Any, schema_name: str, error: pydantic.ValidationError) -> ValidationError:
    """The exception for data that Pydantic refused: its own list of errors, but without their input.

    Items stay out of messages.
    """
    return ValidationError(raw, schema_name, error.errors(include_url=False, include_input=False))


def error_of_mistakes(raw: Any, schema_name: str, mistakes: Sequence[InitErrorDetails]) -> ValidationError:
    """The exception for *mistakes* that Pydantic would have let through, in its own words."""
    return validation_error(raw, schema_name, pydantic.ValidationError.from_exception_data(schema_name, list(mistakes)))


def serialisation_error(raw: Any, schema_name: str, error: PydanticSerializationError) -> ValidationError:
    """The exception for values that Pydantic, or a serialiser of the user's, could not serialise."""
    return ValidationError(raw, schema_name, [{"type": "serialization_error", "loc": (), "msg": str(error)}])

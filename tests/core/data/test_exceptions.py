"""Exceptions: the tree that the module draws is the one there is, and needs no SDK."""

from __future__ import annotations

import builtins
import re

import pytest

from dynamorm import exceptions
from dynamorm.exceptions import DynaModelException, DynamoException, ValidationError

LINE = re.compile(r"^ {4}[│ ]*[├└]── (?P<name>\w+)[^(\n]*(?:\((?P<builtin>\w+)\))?$", re.MULTILINE)
DRAWN = {match["name"]: match["builtin"] for match in LINE.finditer(exceptions.__doc__ or "")}
DEFINED = {
    name: value
    for name, value in ((name, getattr(exceptions, name)) for name in dir(exceptions))
    if isinstance(value, type) and issubclass(value, DynamoException)
}


def test_every_exception_is_drawn() -> None:
    assert set(DRAWN) == set(DEFINED) - {"DynamoException"}


@pytest.mark.parametrize(("name", "builtin"), DRAWN.items())
def test_exception_has_the_built_in_that_is_drawn(name: str, builtin: str | None) -> None:
    if builtin is not None:
        assert issubclass(DEFINED[name], getattr(builtins, builtin))


@pytest.mark.parametrize("kind", DEFINED.values())
def test_exception_says_what_it_is_for(kind: type[DynamoException]) -> None:
    assert kind.__doc__


def test_validation_error_tells_the_schema_and_the_errors_and_no_value() -> None:
    error = ValidationError({"isbn": "s3cr3t"}, "BookSchema", {"isbn": ["Too short."]})
    assert str(error) == "Validation failed for schema BookSchema. Errors: {'isbn': ['Too short.']}"
    assert (error.raw, error.schema_name, error.errors) == ({"isbn": "s3cr3t"}, "BookSchema", {"isbn": ["Too short."]})


@pytest.mark.parametrize("kind", [DynaModelException, ValidationError])
def test_what_a_read_may_raise_is_no_type_error_which_list_would_swallow(kind: type[Exception]) -> None:
    assert not issubclass(kind, TypeError)


def test_validation_error_is_a_value_error() -> None:
    assert issubclass(ValidationError, ValueError)

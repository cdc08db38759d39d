"""Arguments of the wrong kind, refused by their names before Python complains of something inside the library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from dynamorm.exceptions import DynaModelException
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.misplaced import QueryElement

Element = TypeVar("Element")


def changed_by_path(fields: SchemaFields, argument: str) -> str:
    """Return a sentence, after a space, on how to update a field that has the name of an *argument*; or nothing."""
    if argument not in fields:
        return ""
    return f" To change the field of this name, give its path: update({{{fields.model_name}.{argument}: …}})."


def request_parameters(given: object, argument: str, example: str, way_out: str = "") -> dict[str, Any]:
    """Return the parameters of a request that a program has *given* for an *argument*; empty for ``None``.

    Raises:
        DynaModelException: It is not a dict by name. The message has the *example*, ``"{'Limit': 10}"``, and ends with
            the *way_out*.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        kind = "one with names that are no strings" if isinstance(given, Mapping) else type(given).__name__
        raise DynaModelException(f"{argument} is a dict by name, such as {argument}={example}, not {kind}.{way_out}")
    return dict(given)


def elements_of(given: Iterable[Element], argument: str, what: str) -> Iterator[Element]:
    """Return an iterator over what a program has *given* for an *argument*, a list of *what*.

    Raises:
        DynaModelException: It can't be iterated over.
    """
    if not isinstance(given, Iterable) or isinstance(given, (type, bytes, QueryElement)):
        raise DynaModelException(f"{argument} is a list of {what}, not {kind_of(given)}.")
    return iter(given)


def kind_of(given: object) -> str:
    """Return in words what a program has *given*: the name of its type, or of the class that it is."""
    return f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__

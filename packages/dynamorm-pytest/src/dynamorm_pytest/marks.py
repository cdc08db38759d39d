"""The arguments of ``@pytest.mark.dynamorm``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import pytest

from dynamorm import DynaModel

ARGUMENTS = ("models", "requests", "cassette")
USAGE = "@pytest.mark.dynamorm(models=[Book, Author], requests=3)"


def check(marks: Iterable[pytest.Mark]) -> None:
    """Fail the test if one of its *marks* is wrong."""
    for mark in marks:
        if mark.args:
            _refuse(f"takes its arguments by name: {USAGE}.")
        for name in mark.kwargs:
            if name not in ARGUMENTS:
                _refuse(
                    f"has no argument '{name}'. Its arguments are {', '.join(ARGUMENTS[:-1])} and {ARGUMENTS[-1]}: "
                    f"{USAGE}."
                )
        if mark.kwargs.get("models") is not None:
            _check_models(mark.kwargs["models"])
        allowed = mark.kwargs.get("requests")
        if allowed is not None and (isinstance(allowed, bool) or not isinstance(allowed, int) or allowed < 0):
            _refuse("takes a whole number of requests, 0 or more.")
        cassette = mark.kwargs.get("cassette")
        if cassette is not None and cassette is not True and not (isinstance(cassette, str) and cassette):
            _refuse("takes the path of a cassette, from the directory of the test, or True for one named as the test.")


def requests_allowed(marks: Iterable[pytest.Mark]) -> int | None:
    """Return how many requests a test with these *marks* may send; the first one that says so holds."""
    return next((mark.kwargs["requests"] for mark in marks if mark.kwargs.get("requests") is not None), None)


def models_named(marks: Iterable[pytest.Mark]) -> Sequence[type[DynaModel]] | None:
    """Return the models that the *marks* of a test name; the first one that names some holds."""
    return next((mark.kwargs["models"] for mark in marks if mark.kwargs.get("models") is not None), None)


def cassette_named(marks: Iterable[pytest.Mark]) -> str | bool | None:
    """Return what the *marks* of a test say of its cassette; the first one that says something holds."""
    return next((mark.kwargs["cassette"] for mark in marks if mark.kwargs.get("cassette") is not None), None)


def has_table(model: type[Any]) -> bool:
    """Return whether a *model* has a table, and is no abstract base."""
    return hasattr(getattr(model, "Table", None), "create_table")


def _check_models(models: object) -> None:
    if not isinstance(models, (list, tuple, set, frozenset)):
        _refuse(f"takes a list of models: {USAGE}.")
    for model in models:
        if not (isinstance(model, type) and issubclass(model, DynaModel)):
            _refuse(f"takes a list of models, and {model!r} is not a model.")
        if not has_table(model):
            _refuse(f"names {model.__name__}, an abstract base, which has no table. Name models that inherit from it.")


def _refuse(what: str) -> NoReturn:
    pytest.fail(f"The mark 'dynamorm' of this test {what}", pytrace=False)

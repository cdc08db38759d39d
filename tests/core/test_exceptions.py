"""Exceptions cross processes: they survive pickle and copy with everything that they carry."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

from dynamorm import exceptions

EXCEPTIONS = {
    name: kind
    for name, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, exceptions.DynamoException)
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "ConditionFailed": ("Message.", {"isbn": "1"}),
    "KeyMismatch": ("Message.", {"isbn": "1"}, {"isbn": "2"}, ("isbn",)),
    "NotUnique": ("Message.", ("email",), {"isbn": "1"}),
    "RequestRejected": ("Message.", "OtherException"),
    "Throttled": ("Message.", 3, 1.5),
    "TransactionCancelled": ("Message.", (exceptions.CancellationReason("None"),)),
    "UnknownKind": ("Message.", "Book", {"isbn": "1"}),
    "UnprocessedItems": ("Message.", ("request",), 3, 1.5),
    "ValidationError": ({"isbn": 1}, "Book", {"isbn": ["no"]}),
    "WrongKind": ("Message.", "Book", {"isbn": "1"}),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exception_survives_pickle_and_copy(name: str) -> None:
    kind = EXCEPTIONS[name]
    arguments = next((ARGUMENTS[base.__name__] for base in kind.__mro__ if base.__name__ in ARGUMENTS), ("Message.",))
    error = kind(*arguments)
    error.retries = 3
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_import_of_everything_has_what_is_imported_later() -> None:
    found: dict[str, Any] = {}
    exec("from dynamorm.exceptions import *", found)
    found.pop("__builtins__")
    assert found.items() == {**EXCEPTIONS, **{name: getattr(exceptions, name) for name in REASONS}}.items()


#: What an exception holds, and is none.
REASONS = ("CancellationReason", "ThrottlingReason")

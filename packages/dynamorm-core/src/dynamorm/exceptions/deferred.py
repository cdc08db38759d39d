"""What ``dynamorm.exceptions`` has that few programs use, and that is imported when a program first asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: The modules of what few programs use: classes take long to define, and named tuples longer.
MODULES = {
    "CancellationReason": "reasons",
    "ThrottlingReason": "reasons",
    "HotKey": "throttling",
    "CapacityExceeded": "throttling",
    "OnDemandLimitReached": "throttling",
    "AccountLimitReached": "throttling",
    "WriteRefused": "operating",
    "InvalidDump": "operating",
    "KeyMismatch": "kinds",
    "UnknownKind": "kinds",
    "ModelImportFailed": "operating",
    "ModelNotFound": "operating",
    "PlanChanged": "operating",
    "InvalidLoad": "operating",
    "NothingLoaded": "operating",
    "RateExceeded": "rates",
}


def public(name: str) -> Any:
    """Return what has a *name* in ``dynamorm.exceptions``.

    Raises :class:`AttributeError` for another name.
    """
    if name not in MODULES:
        raise AttributeError(f"module 'dynamorm.exceptions' has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.exceptions.{MODULES[name]}"), name)

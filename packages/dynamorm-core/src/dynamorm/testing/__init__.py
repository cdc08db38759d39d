"""For tests: of applications, a clock, a database, faults and cassettes; of plugins, the conformance suites.

The suites need pytest, which ``dynamorm-core[testing]`` installs, together with the pytest plugin for applications.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dynamorm.testing.clock import Clock
from dynamorm.testing.databases import using_everywhere

if TYPE_CHECKING:
    from dynamorm.testing.async_backends import AsyncBackendConformance
    from dynamorm.testing.backends import BackendConformance
    from dynamorm.testing.backends.dynamodb_local import DYNAMODB_LOCAL_DEVIATIONS
    from dynamorm.testing.cassettes import CassetteMismatch, cassette
    from dynamorm.testing.faults import Faults, InjectedFault
    from dynamorm.testing.schemas import SchemaConformance
    from dynamorm.testing.schemas.fields import SchemaCapability
    from dynamorm.testing.schemas.library import SchemaLibrary
    from dynamorm.testing.servers import FaultServer
    from dynamorm.testing.wire import WireConformance

__all__ = [
    "AsyncBackendConformance",
    "BackendConformance",
    "CassetteMismatch",
    "Clock",
    "DYNAMODB_LOCAL_DEVIATIONS",
    "FaultServer",
    "Faults",
    "InjectedFault",
    "SchemaCapability",
    "SchemaConformance",
    "SchemaLibrary",
    "WireConformance",
    "cassette",
    "using_everywhere",
]

#: The modules of the suites, which are imported when they are used.
_SUITES = {
    "AsyncBackendConformance": "async_backends",
    "BackendConformance": "backends",
    "DYNAMODB_LOCAL_DEVIATIONS": "backends.dynamodb_local",
    "SchemaCapability": "schemas.fields",
    "SchemaConformance": "schemas",
    "SchemaLibrary": "schemas.library",
    "WireConformance": "wire",
}
#: What applications' tests use, which needs no pytest; imported when it is used, too.
_FOR_APPLICATIONS = {
    "CassetteMismatch": "cassettes",
    "FaultServer": "servers",
    "Faults": "faults",
    "InjectedFault": "faults",
    "cassette": "cassettes",
}


def __getattr__(name: str) -> Any:
    """Import the suite, or the tool for applications' tests, of this *name*."""
    if name in _FOR_APPLICATIONS:
        return getattr(import_module(f"{__name__}.{_FOR_APPLICATIONS[name]}"), name)
    if name not in _SUITES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import pytest
    except ImportError as error:
        raise ImportError(
            "dynamorm.testing needs pytest for its suites, which is not installed: pip install 'dynamorm-core[testing]'"
        ) from error
    # Without this, a failing assertion of a suite would not show what it compared.
    pytest.register_assert_rewrite(*(f"{__name__}.{module.partition('.')[0]}" for module in _SUITES.values()))
    return getattr(import_module(f"{__name__}.{_SUITES[name]}"), name)

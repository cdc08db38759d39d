"""A pytest plugin for applications that use DynamORM: see :mod:`dynamorm_pytest.plugin`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm_pytest.sent import SentRequest, SentRequests

__all__ = ["SentRequest", "SentRequests"]


def __getattr__(name: str) -> Any:
    """Import the types of what the fixtures give, which the plugin itself does without until a test needs them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dynamorm_pytest import sent

    return getattr(sent, name)

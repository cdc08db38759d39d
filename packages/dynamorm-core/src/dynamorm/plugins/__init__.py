"""Finds plugins: by name for backends, by what an inner ``Schema`` is made of for schema adapters.

The finder is imported with the first question. The observers are here, because each operation asks whether anybody
observes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamorm.plugins.observers import Observers
from dynamorm.ports.processes import ForkSafeLock

if TYPE_CHECKING:
    from dynamorm.plugins.plugin_finder import PluginFinder

__all__ = ["PluginFinder", "finder"]

_lock = ForkSafeLock()
_finder: PluginFinder | None = None


def finder() -> PluginFinder:
    """Return the finder of this process."""
    global _finder  # noqa: PLW0603
    if _finder is None:
        from dynamorm.plugins.plugin_finder import PluginFinder

        with _lock:
            if _finder is None:
                _finder = PluginFinder(observers)
    return _finder


#: The observers of the operations of this process.
observers = Observers(lambda: finder().installed)


def __getattr__(name: str) -> Any:
    if name == "PluginFinder":
        from dynamorm.plugins.plugin_finder import PluginFinder

        return PluginFinder
    raise AttributeError(f"The module {__name__} has no attribute '{name}'.")

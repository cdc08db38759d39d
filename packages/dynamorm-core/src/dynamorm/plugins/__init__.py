"""Finds plugins: by name for backends, by what an inner ``Schema`` is made of for schema adapters."""

from dynamorm.plugins.finder import PluginFinder, finder

__all__ = ["PluginFinder", "finder"]

"""The results of the verbs that look after the keys of items: ``check`` and ``reindex``."""

from __future__ import annotations

from dynamorm.model.upkeep.findings import Finding, Problem, Reindexed
from dynamorm.model.upkeep.iterations import PositionedAsyncIterator, PositionedIterator

__all__ = ["Finding", "PositionedAsyncIterator", "PositionedIterator", "Problem", "Reindexed"]

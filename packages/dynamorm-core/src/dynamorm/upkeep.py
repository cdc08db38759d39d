"""The results of the verbs that look after the keys of items: ``check``, ``reindex``."""

from __future__ import annotations

from dynamorm.model.upkeep.findings import Finding, Problem, Reindexed

__all__ = ["Finding", "Problem", "Reindexed"]

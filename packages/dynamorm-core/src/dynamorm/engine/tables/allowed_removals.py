"""The removals that a caller of ``update_table`` allows. Without them, no change takes anything from a live table."""

from __future__ import annotations

from typing import Literal, TypeAlias

from dynamorm.data.records import record

#: The settings that can be switched off, as a model's ``Table`` names them.
Setting: TypeAlias = Literal["deletion_protection", "stream", "ttl"]


@record
class AllowedRemovals:
    """The names of indexes and tags that may be removed, and the settings that may be switched off."""

    drop_indexes: frozenset[str] = frozenset()
    drop_tags: frozenset[str] = frozenset()
    switch_off: frozenset[Setting] = frozenset()

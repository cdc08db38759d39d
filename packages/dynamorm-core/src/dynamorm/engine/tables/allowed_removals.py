"""What may be taken away from a live table, as the one who calls ``update_table`` names it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from dynamorm.data.records import record

#: Settings that can be switched off, by their names in a model's ``Table``.
Setting: TypeAlias = Literal["deletion_protection", "stream", "ttl"]


@record
class AllowedRemovals:
    """The indexes and the tags with these names, and these settings."""

    drop_indexes: frozenset[str] = frozenset()
    drop_tags: frozenset[str] = frozenset()
    switch_off: frozenset[Setting] = frozenset()


def argument(name: str, values: Iterable[str]) -> str:
    """The argument that would give the consent that is missing, as it is written in a program."""
    return f"{name}={sorted(values)}"

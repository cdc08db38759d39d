"""What the SQLite backend can do.

Each capability is named: one that a later core adds is not claimed before this plugin knows it.
"""

from __future__ import annotations

from typing import Final

from dynamorm.ports.backends import Capability

CAPABILITIES: Final = frozenset(
    {
        Capability.GLOBAL_INDEXES,
        Capability.LOCAL_INDEXES,
        Capability.MULTI_ATTRIBUTE_KEYS,
        Capability.PARALLEL_SCAN,
        Capability.CONCURRENT_CALLS,
        Capability.TRANSACTIONS,
        Capability.TABLE_UPDATES,
        Capability.DELETION_PROTECTION,
        Capability.TABLE_CLASSES,
        Capability.TIME_TO_LIVE,
        Capability.TAGS,
        Capability.LIST_TABLES,
        Capability.CONSUMED_CAPACITY,
    }
)
#: Those that a later release of this plugin will have.
PLANNED: Final = frozenset({Capability.STREAMS})

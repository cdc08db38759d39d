"""The upkeep of tables: keys that are checked and written again, and partitions that are deleted."""

"""A model's table: its settings, keys, versions and time to live."""

"""Plans for tables: their life, and bringing a live one to its model."""

"""Several models on one table: their kinds, shared tables, and reads across models."""

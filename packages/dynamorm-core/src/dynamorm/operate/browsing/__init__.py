"""Reads for people who look at tables: an overview, pages of items with what is wrong with them, and partitions."""

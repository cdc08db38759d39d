"""Seeded faults of schema adapters, each a mistake that an author of one could make, by what it is about."""

"""Constraints over several items: unique values, references and counters, which writes are compiled with."""

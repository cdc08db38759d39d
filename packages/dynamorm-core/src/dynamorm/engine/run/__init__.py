"""Runners: the only code that calls a backend."""

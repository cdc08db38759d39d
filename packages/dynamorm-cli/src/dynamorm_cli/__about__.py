"""The version of this distribution, read by its build."""

__version__ = "1.0.0"

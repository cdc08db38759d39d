"""The exception of dumps, which is imported when it is needed. Its public place is ``dynamorm.exceptions``."""

from __future__ import annotations

from dynamorm.exceptions.backends import DynamoException


class InvalidDump(DynamoException, ValueError):
    """A folder or file is not a dump that can be used so: not whole, changed, of another table, or not empty."""

    __module__ = "dynamorm.exceptions"

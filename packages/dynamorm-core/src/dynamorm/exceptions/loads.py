"""The exceptions of loads and copies, which are imported when they are needed."""

from __future__ import annotations

from dynamorm.exceptions.backends import DynamoException


class InvalidLoad(DynamoException, ValueError):
    """A load or a copy can't work as it was asked for. Change the argument that the message names."""


class NothingLoaded(DynamoException, LookupError):
    """A load or a copy ended without an item, where there should have been some. Look at its source and conditions."""


for _public in (InvalidLoad, NothingLoaded):
    _public.__module__ = "dynamorm.exceptions"  # their public place

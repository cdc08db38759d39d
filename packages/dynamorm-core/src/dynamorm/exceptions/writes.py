"""The exception of connections that only read."""

from __future__ import annotations

from dynamorm.exceptions.backends import BackendException


class WriteRefused(BackendException, PermissionError):
    """The connection is read-only, and nothing was sent. Write through a connection without ``operate.ReadOnly``."""


WriteRefused.__module__ = "dynamorm.exceptions"  # its public place

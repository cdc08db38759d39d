"""The way to the service: the lean path where it is sure to do what boto3's client would do, else that client."""

from __future__ import annotations

import os
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

from dynamorm.data import Operation
from dynamorm_boto3.settings import POOLED_CONNECTIONS, Settings

if TYPE_CHECKING:
    # A program waits for the one way alone that its requests go. boto3 takes longer to import than all of DynamORM.
    from dynamorm_boto3.client import ClientConnection
    from dynamorm_boto3.lean import LeanConnection
    from dynamorm_boto3.service import Service

Result = TypeVar("Result")


class Connection(Protocol):
    """Sends operations to the service, for any number of threads of one *process*."""

    process: int

    def execute(self, operation: Operation[Result]) -> Result:
        """Sends one *operation* and answers its result."""

    def close(self) -> None:
        """Closes what is open."""


def open_connection(settings: Settings, connections: int) -> Connection:
    """The connection of a backend with these *settings*, of which a batch uses so many *connections* at once.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or :class:`~dynamorm.exceptions.CredentialsMissing` when
    there can't be one.
    """
    client = _Client(settings, connections)
    if not settings.lean:
        return client.opened()
    from dynamorm_boto3.lean import LeanConnection
    from dynamorm_boto3.service import NotLean

    try:
        service = _service(client, settings, connections)
    except NotLean as reason:
        # Imported here because a program that starts on the lean path need not wait for it.
        import logging

        logging.getLogger(__name__).debug("boto3's client sends the requests. %s", reason)
        return client.opened()
    return _Both(LeanConnection(service, client.opened), client)


def _service(client: _Client, settings: Settings, connections: int) -> Service:
    from dynamorm_boto3.environment import service_of_environment
    from dynamorm_boto3.service import NotLean

    try:
        return replace(service_of_environment(settings), connections=max(POOLED_CONNECTIONS, connections))
    except NotLean:
        from dynamorm_boto3.observation import service_behind

        return service_behind(client.opened(), settings)


class _Client:
    """boto3's client, made when it is needed first."""

    def __init__(self, settings: Settings, connections: int) -> None:
        self._settings = settings
        self._connections = connections
        self._lock = Lock()
        self._connection: ClientConnection | None = None

    def opened(self) -> ClientConnection:
        connection = self._connection
        if connection is None:
            # Creating a client takes tens of milliseconds and is not safe for threads, unlike its use.
            with self._lock:
                if self._connection is None:
                    from dynamorm_boto3.client import ClientConnection

                    self._connection = ClientConnection(self._settings, self._connections)
                connection = self._connection
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _Both:
    """The lean path, and the client behind it."""

    def __init__(self, lean: LeanConnection, client: _Client) -> None:
        self.process = os.getpid()
        self.execute = lean.execute
        self._lean = lean
        self._client = client

    def close(self) -> None:
        self._lean.close()
        self._client.close()

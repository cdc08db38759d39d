"""The way to the service: the direct path where it is sure to do what boto3's client would do, else that client."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from dynamorm_boto3.settings import POOLED_CONNECTIONS, Settings
from dynamorm_boto3.tripwire import Tripwire, tripwire

if TYPE_CHECKING:
    # A program waits for the one way alone that its requests go. boto3 takes longer to import than all of DynamORM.
    from dynamorm_boto3.client import ClientConnection
    from dynamorm_boto3.lean import LeanConnection
    from dynamorm_boto3.service import Service


class Connection:
    """Sends operations to the service, for any number of threads of one *process*.

    ``execute`` sends one operation and returns its result. ``is_unchanged`` returns whether the way that was chosen is still the
    right one: nothing has appeared that could intercept boto3's requests, nor gone.
    """

    def __init__(self, client: _Client, direct: LeanConnection | None, is_unchanged: Tripwire) -> None:
        self.process = os.getpid()
        self.is_unchanged = is_unchanged
        self.execute: Callable[[Any], Any] = client.opened().execute if direct is None else direct.execute
        self._client = client
        self._direct = direct

    def take_client(self) -> Any:
        """Return boto3's client. Whoever has it may change it, so from now on it sends all requests, whatever else changes."""
        opened = self._client.opened()
        self.execute = opened.execute
        self.is_unchanged = lambda: True
        return opened.client

    def usable_client(self) -> ClientConnection | None:
        """Return the client if there is one that is as it would be made now."""
        made = self._client.made
        return made if made is not None and made.is_unchanged() else None

    @property
    def detours(self) -> int:
        """How many operations are left to the client before the direct path is taken again."""
        return 0 if self._direct is None else self._direct.detours

    def retire(self) -> None:
        """Close the connections of the direct path. The client may still be used, and is closed when nobody refers to it."""
        if self._direct is not None:
            self._direct.close()

    def close(self) -> None:
        """Close what is open."""
        self.retire()
        self._client.close()


def open_connection(settings: Settings, connections: int, previous: Connection | None = None) -> Connection:
    """Return the connection of a backend with these *settings*, of which a batch uses so many *connections* at once.

    It takes the client of the *previous* connection if that is as it would be made now.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or :class:`~dynamorm.exceptions.CredentialsMissing` when
    there can't be one.
    """
    made = None if previous is None else previous.usable_client()
    client = _Client(settings, connections, made)
    if not settings.lean:
        return Connection(client, None, client.opened().is_unchanged)
    from dynamorm_boto3.lean import LeanConnection
    from dynamorm_boto3.service import NotLean

    try:
        service, is_unchanged = _service(client, settings, connections)
    except NotLean as reason:
        # Imported here because a program that starts on the direct path need not wait for it.
        import logging

        logging.getLogger(__name__).debug("boto3's client sends the requests. %s", reason)
        return Connection(client, None, client.opened().is_unchanged)
    detours = 0 if previous is None or made is None else previous.detours
    return Connection(client, LeanConnection(service, client.opened, detours), is_unchanged)


def _service(client: _Client, settings: Settings, connections: int) -> tuple[Service, Tripwire]:
    from dynamorm_boto3.environment import service_of_environment
    from dynamorm_boto3.service import NotLean

    # Before anything is looked at: what changes meanwhile is noticed.
    is_unchanged = tripwire()
    try:
        service = service_of_environment(settings)
    except NotLean:
        from dynamorm_boto3.observation import service_behind

        opened = client.opened()
        return service_behind(opened, settings), opened.is_unchanged
    return replace(service, connections=max(POOLED_CONNECTIONS, connections)), is_unchanged


class _Client:
    """boto3's client, made when it is needed first unless it was *made* before."""

    def __init__(self, settings: Settings, connections: int, made: ClientConnection | None) -> None:
        self._settings = settings
        self._connections = connections
        self._lock = Lock()
        self.made = made

    def opened(self) -> ClientConnection:
        made = self.made
        if made is None:
            # Creating a client takes tens of milliseconds and is not safe for threads, unlike its use.
            with self._lock:
                if self.made is None:
                    from dynamorm_boto3.client import ClientConnection

                    self.made = ClientConnection(self._settings, self._connections)
                made = self.made
        return made

    def close(self) -> None:
        if self.made is not None:
            self.made.close()

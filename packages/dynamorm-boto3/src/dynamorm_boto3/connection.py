"""Choose how operations are sent: on the direct path if it does what boto3's client would do, else by that client."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from dynamorm_boto3.settings import POOLED_CONNECTIONS, Settings
from dynamorm_boto3.tripwire import Tripwire, tripwire

if TYPE_CHECKING:
    # Imported late: a program should wait only for what it uses. boto3 takes longer to import than all of DynamORM.
    from dynamorm_boto3.client import ClientConnection
    from dynamorm_boto3.direct import DirectConnection
    from dynamorm_boto3.endpoint import Endpoint


class Connection:
    """Sends operations, for any number of threads of one process, whose id is ``process``.

    ``execute`` sends one operation and returns its result. ``direct`` is the direct path, or ``None`` if boto3's client
    sends everything. ``is_unchanged`` returns whether that choice still holds: no tool that intercepts boto3's requests
    has come or gone.
    """

    def __init__(self, client: _Client, direct: DirectConnection | None, is_unchanged: Tripwire) -> None:
        self.process = os.getpid()
        self.is_unchanged = is_unchanged
        self.execute: Callable[[Any], Any] = client.opened().execute if direct is None else direct.execute
        self.direct = direct
        self._client = client
        self._path = direct

    def take_client(self) -> Any:
        """Return boto3's client. From now on it sends all requests, as the caller may change it."""
        opened = self._client.opened()
        self.execute = opened.execute
        self.direct = None
        self.is_unchanged = lambda: True
        return opened.client

    def opened_client(self) -> ClientConnection:
        """Return boto3's client, which nobody may change: the direct path goes on sending requests."""
        return self._client.opened()

    def usable_client(self) -> ClientConnection | None:
        """Return the client, if there is one and a client that is made now would be the same."""
        made = self._client.made
        return made if made is not None and made.is_unchanged() else None

    @property
    def client_only(self) -> int:
        """How many operations go through the client before the direct path is taken again."""
        return 0 if self._path is None else self._path.client_only

    def retire(self) -> None:
        """Close the connections of the direct path, but not the client, which other threads may be using."""
        if self._path is not None:
            self._path.close()

    def close(self) -> None:
        """Close what is open."""
        self.retire()
        self._client.close()


def open_connection(settings: Settings, connections: int, previous: Connection | None = None) -> Connection:
    """Open the connection of a backend with these *settings*, whose batches use *connections* of them in parallel.

    The client of the *previous* connection is used again if one that is made now would be the same.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or :class:`~dynamorm.exceptions.CredentialsMissing` when
    the settings can't work.
    """
    made = None if previous is None else previous.usable_client()
    client = _Client(settings, connections, made)
    if not settings.direct:
        return Connection(client, None, client.opened().is_unchanged)
    from dynamorm_boto3.direct import DirectConnection
    from dynamorm_boto3.endpoint import DirectPathRefused

    try:
        endpoint, is_unchanged = _endpoint(client, settings, connections)
    except DirectPathRefused as reason:
        # Imported late: a program that takes the direct path does not need it.
        import logging

        logging.getLogger(__name__).debug("boto3's client sends the requests. %s", reason)
        return Connection(client, None, client.opened().is_unchanged)
    client_only = 0 if previous is None or made is None else previous.client_only
    return Connection(client, DirectConnection(endpoint, client.opened, client_only), is_unchanged)


def _endpoint(client: _Client, settings: Settings, connections: int) -> tuple[Endpoint, Tripwire]:
    from dynamorm_boto3.endpoint import DirectPathRefused
    from dynamorm_boto3.environment_probe import endpoint_of_environment

    # First, so that a change during the checks is noticed.
    is_unchanged = tripwire()
    try:
        endpoint = endpoint_of_environment(settings)
    except DirectPathRefused:
        from dynamorm_boto3.client_probe import endpoint_of_client

        opened = client.opened()
        return endpoint_of_client(opened, settings), opened.is_unchanged
    return replace(endpoint, connections=max(POOLED_CONNECTIONS, connections)), is_unchanged


class _Client:
    """boto3's client, which is made when it is first needed, unless it was *made* before."""

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

"""The direct path of event loops: all attempts of an operation are made on the loop that awaits it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed, DynamoException
from dynamorm.ports.threads import CallThreads, SharedCall
from dynamorm_boto3.async_connections import Pool, Pools
from dynamorm_boto3.credentials import Refresh
from dynamorm_boto3.direct import DirectConnection, encoded
from dynamorm_boto3.http import Response, TransportError
from dynamorm_boto3.http_messages import InvalidHeader
from dynamorm_boto3.signing import Credentials

if TYPE_CHECKING:
    # Imported when a request has to be sent again.
    from dynamorm_boto3.client import ClientConnection
    from dynamorm_boto3.further_attempts import FurtherAttempts

Result = TypeVar("Result")

#: From this size on, in bytes, decoding a response takes so long that other tasks get their turn after it.
_LARGE = 65_536
#: The beginning of the names of threads.
THREADS = "dynamorm-boto3"


class NoCredentials(Exception):
    """Raised when there are no credentials to sign a request with."""


class AsyncDirect:
    """Sends operations on items as *direct* does, over at most *bound* connections of each event loop.

    The client continues in *threads* what can't be sent again here. *was_closed* makes the exception for operations
    that were not sent, or not sent again, before the backend was closed.
    """

    def __init__(
        self, direct: DirectConnection, bound: int, threads: CallThreads, was_closed: Callable[[], BackendClosed]
    ) -> None:
        self.direct = direct
        self.process = os.getpid()
        self._threads = threads
        self._was_closed = was_closed
        self._source = direct.endpoint.credentials
        self._pools = Pools(lambda loop: Pool(loop, direct.endpoint, direct.tls, bound, was_closed))
        self._refresh: SharedCall[Credentials | None] = SharedCall(THREADS)
        self._opening: SharedCall[ClientConnection] = SharedCall(THREADS)
        self._client: ClientConnection | None = None
        self._is_closed = False

    async def execute(self, operation: Operation[Result], action: str) -> Result:
        """Send one *operation* on items, which is an *action* of DynamoDB's API, and return its result.

        Raises :class:`NoCredentials`, and :class:`~dynamorm_boto3.http_messages.InvalidHeader` for credentials that no
        header can hold. Nothing was sent then.
        """
        started = perf_counter()
        direct = self.direct
        credentials, refresh = self._source.known()
        if credentials is None or refresh is not Refresh.NOT_NEEDED:
            credentials = await self._credentials()
        operation, body = encoded(operation)
        request = direct.request(action, body, credentials)
        pool = self._pools.known() or await self._made_pool()
        outcome = await pool.send(request)
        if isinstance(outcome, Response) and (result := direct.result_of(operation, action, outcome)) is not None:
            if direct.client_only > 0:
                await self._note_success(action, outcome)
            if len(outcome.body) >= _LARGE:
                await asyncio.sleep(0)
            return result
        return await self._resumed(operation, action, body, outcome, started)

    def retire(self) -> None:
        """Close idle connections now, and each of the others at the end of its request."""
        self._pools.end(Pool.retire)

    def close(self) -> None:
        """Close the connections like :meth:`retire`, and let nothing wait for one or be sent again."""
        self._is_closed = True
        self._pools.end(Pool.close)

    async def _made_pool(self) -> Pool:
        if self._is_closed:
            raise self._was_closed()
        return await self._pools.made()

    async def _opened_client(self) -> ClientConnection:
        if self._client is None:
            self._client = await self._opening.result(self.direct.client)
        return self._client

    async def _credentials(self) -> Credentials:
        credentials, refresh = self._source.known()
        if refresh is Refresh.MUST_BE_MADE:
            credentials = await self._refresh.result(self._source.current)
        elif refresh is Refresh.SHOULD_BE_MADE:
            # The known ones are good for some minutes. If the refresh fails, botocore logs it, and tries again later.
            self._refresh.begin(self._source.current)
        if credentials is None:
            raise NoCredentials
        return credentials

    async def _resumed(
        self,
        operation: Operation[Result],
        action: str,
        body: bytes,
        outcome: Response | TransportError,
        started: float,
    ) -> Result:
        """Make as many further attempts as boto3's client would make."""
        client = await self._opened_client()
        from dynamorm_boto3.further_attempts import FurtherAttempts

        attempts = FurtherAttempts(client, self.direct.endpoint.url, operation, action, started)
        try:
            while (seconds := attempts.delay(outcome)) is not None:
                await asyncio.sleep(seconds)
                if self._is_closed:
                    raise self._was_closed()
                outcome = await self._attempt(attempts, action, body)
            return attempts.result()
        except (NoCredentials, InvalidHeader):
            # The credentials are gone since the last attempt. The client raises the right exception, and knows that
            # the operation, with its token, may have been carried out.
            return await self._threads.run(partial(self.direct.resumed, operation, outcome, started))
        except DynamoException:
            if attempts.has_retried:
                self.direct.note_failure()
            raise

    async def _attempt(self, attempts: FurtherAttempts[Result], action: str, body: bytes) -> Response | TransportError:
        credentials = await self._credentials()
        request = self.direct.request(action, body, credentials, attempts.headers())
        pool = self._pools.known() or await self._made_pool()
        return await pool.send(request)

    async def _note_success(self, action: str, response: Response) -> None:
        """Refill a part of the quota of retries, as each success of the client does."""
        self.direct.client_only -= 1
        client = await self._opened_client()
        from dynamorm_boto3.further_attempts import note_success

        note_success(client, action, response)

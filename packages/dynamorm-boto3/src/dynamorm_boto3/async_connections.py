"""Connections of event loops to one server: a pool of them for each running loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from functools import partial

from dynamorm_boto3.async_protocol import Connection
from dynamorm_boto3.endpoint import Endpoint
from dynamorm_boto3.http import Response, TransportError, from_signal_handler
from dynamorm_boto3.http_connections import fault_of_connecting


class Pool:
    """At most *bound* connections of one *loop* to an *endpoint*, encrypted with the TLS *context* if any.

    Requests wait for a free connection in their order. The connection that was used last is used first. Those that wait
    when the pool is closed raise what *was_closed* returns.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        context: ssl.SSLContext | None,
        bound: int,
        was_closed: Callable[[], Exception],
    ) -> None:
        self.loop = loop
        self._was_closed = was_closed
        self._endpoint = endpoint
        self._address = endpoint.address
        self._context = context
        self._bound = bound
        self._read_timeout = endpoint.read_timeout
        self._connections: set[Connection] = set()
        self._connecting: set[asyncio.Task[Connection]] = set()
        self._idle: list[Connection] = []
        # How many connections there are, together with those that are being made.
        self._taken = 0
        # Each gets a connection, or None if it has to make one.
        self._waiters: OrderedDict[asyncio.Future[Connection | None], None] = OrderedDict()
        self._watchdog: asyncio.TimerHandle | None = None
        self._retired = False

    async def send(self, request: bytes) -> Response | TransportError:
        """Send the bytes of one *request*, and return the response, or why there is none.

        Whatever ends it early also ends the connection, on which the response would arrive later.
        """
        connection: Connection | None = None
        try:
            connection = self._idle_connection() or await self._free_connection()
            while not connection.is_open:
                # It was lost just after it was given to this request.
                self._drop(connection)
                connection = await self._free_connection()
            if self._watchdog is None and self._read_timeout is not None:
                self._watchdog = self.loop.call_later(self._read_timeout, self._look_for_silence)
            outcome = await connection.send(request)
            self._return(connection)
        except TransportError as error:
            return error
        except BaseException:
            # No await here: the task may be cancelled, or its coroutine closed.
            if connection is not None:
                self._drop(connection)
            raise
        return outcome

    def retire(self) -> None:
        """Close idle connections now, and each of the others at the end of its request."""
        self._retired = True
        for connection in self._idle[:]:
            self._drop(connection)

    def close(self) -> None:
        """Close idle connections, and let nothing wait for another one."""
        self.retire()
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                waiter.set_exception(self._was_closed())

    def abort(self) -> None:
        """Close all connections now, as the loop ends."""
        self.close()
        if self._watchdog is not None:
            self._watchdog.cancel()
        for connecting in self._connecting:
            connecting.cancel()
        for connection in tuple(self._connections):
            self._drop(connection)

    def forget(self, connection: Connection) -> None:
        """Let another one take the place of a *connection* that is lost."""
        if connection in self._connections:
            self._connections.remove(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._free_place()

    def _idle_connection(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            # The loop learns that the server has closed it when it looks at its sockets, which may be later: above all
            # if the whole process stood still, as AWS Lambda lets it between two calls.
            if not connection.is_readable():
                return connection
            self._drop(connection)
        return None

    async def _free_connection(self) -> Connection:
        if self._taken < self._bound:
            self._taken += 1
            return await self._connected()
        waiter: asyncio.Future[Connection | None] = self.loop.create_future()
        self._waiters[waiter] = None
        try:
            connection = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # It was given one at the last moment, which others may be waiting for.
                self._return(waiter.result())
            raise
        finally:
            self._waiters.pop(waiter, None)
        if connection is None:
            return await self._connected()
        if connection.is_usable and not connection.is_readable():
            return connection
        # Since the last response, something has arrived that no request has asked for, or the end of the connection.
        self._drop(connection)
        return self._idle_connection() or await self._free_connection()

    def _return(self, connection: Connection | None) -> None:
        if connection is None:
            self._free_place()
        elif connection.is_usable and not self._retired:
            self._give_back(connection)
        else:
            self._drop(connection)

    async def _connected(self) -> Connection:
        """Make a connection in a place that was taken for it.

        It is made in a task of its own. If the caller is cancelled meanwhile, the next request gets the connection: a
        program whose time-outs are shorter than a TLS handshake would never have one.
        """
        connecting = self.loop.create_task(self._connect())
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        try:
            await asyncio.wait((connecting,))
            return connecting.result()
        except BaseException:
            # It does nothing if there is no connection.
            connecting.add_done_callback(self._hand_over)
            raise
        finally:
            # The traceback of the task's exception keeps this frame.
            del connecting

    def _hand_over(self, connecting: asyncio.Task[Connection]) -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            self._return(connecting.result())

    async def _connect(self) -> Connection:
        endpoint, (host, port) = self._endpoint, self._address
        try:
            async with asyncio.timeout(endpoint.connect_timeout):
                transport, connection = await self.loop.create_connection(
                    partial(Connection, self.loop, self.forget),
                    host,
                    port,
                    ssl=self._context,
                    server_hostname=None if self._context is None else host,
                )
        except BaseException as error:
            self._free_place()
            if isinstance(error, OSError) and from_signal_handler(error) is not error:
                raise TransportError(fault_of_connecting(error), error) from error
            raise
        self._connections.add(connection)
        if not connection.is_open:
            # It was lost at once, or a signal's handler has interrupted its beginning.
            transport.abort()
        if endpoint.keepalive:
            # The server may have ended it already, which the request will notice.
            with suppress(OSError):
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connection

    def _give_back(self, connection: Connection) -> None:
        if (waiter := self._next_waiter()) is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    def _drop(self, connection: Connection) -> None:
        # A coroutine that nobody awaited to its end may be closed after its loop.
        if not self.loop.is_closed():
            try:
                connection.abort()
            finally:
                self.forget(connection)

    def _free_place(self) -> None:
        if (waiter := self._next_waiter()) is not None:
            waiter.set_result(None)
        else:
            self._taken -= 1

    def _next_waiter(self) -> asyncio.Future[Connection | None] | None:
        # It leaves the line by itself when it has got something: an exception of a signal's handler can arrive before.
        while self._waiters:
            waiter = next(iter(self._waiters))
            if not waiter.done():
                return waiter
            self._waiters.pop(waiter, None)
        return None

    def _look_for_silence(self) -> None:
        """End the connections on which nothing has arrived for too long."""
        # One timer for all requests costs less than one for each.
        self._watchdog = None
        assert self._read_timeout is not None
        now = self.loop.time()
        oldest = now - self._read_timeout
        waits: list[float] = []
        for connection in tuple(self._connections):
            if not connection.is_waiting:
                continue
            connection.note_progress(now)
            if connection.active_at <= oldest:
                connection.fail_as_silent()
            else:
                waits.append(connection.active_at - oldest)
        if waits:
            self._watchdog = self.loop.call_later(min(waits), self._look_for_silence)


class Pools:
    """A pool for each event loop that sends requests."""

    def __init__(self, make_pool: Callable[[asyncio.AbstractEventLoop], Pool]) -> None:
        self._make_pool = make_pool
        # By the loop's id. The pool keeps the loop, so that no other one gets its id.
        self._pools: dict[int, Pool] = {}
        # A pool that is closed keeps its own until the loop ends: requests may still be under way.
        self._holders: dict[Pool, AsyncGenerator[None]] = {}
        self._close: Callable[[Pool], None] | None = None

    def known(self) -> Pool | None:
        """Return the pool of the running loop, if there is one."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(id(loop))
        return pool if pool is not None and pool.loop is loop else None

    async def made(self) -> Pool:
        """Make the pool of the running loop."""
        for pool in tuple(self._pools.values()):
            if pool.loop.is_closed():
                # Its loop ended without the end of its asynchronous generators.
                self._remove(pool)
                self._holders.pop(pool, None)
        pool = self._make_pool(asyncio.get_running_loop())
        self._pools[id(pool.loop)] = pool
        # The loop ends the asynchronous generators that were started on it before it is closed.
        holder = self._holders[pool] = self._held(pool)
        await anext(holder)
        if self._close is not None:
            # For the operations that still run, each with a connection of its own.
            self._close(pool)
        return pool

    def end(self, close: Callable[[Pool], None]) -> None:
        """Have each pool closed by its own loop, with *close*."""
        self._close = close
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        for pool in tuple(self._pools.values()):
            self._remove(pool)
            if pool.loop is here:
                close(pool)
            elif not pool.loop.is_closed():
                # It may be closed just now.
                with suppress(RuntimeError):
                    pool.loop.call_soon_threadsafe(close, pool)

    def _remove(self, pool: Pool) -> None:
        if self._pools.get(id(pool.loop)) is pool:
            del self._pools[id(pool.loop)]

    async def _held(self, pool: Pool) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._remove(pool)
            self._holders.pop(pool, None)
            pool.abort()
            # The transports close their sockets in the next turns of the loop.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

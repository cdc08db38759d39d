"""moto's server: DynamoDB's protocol on a free port of this machine, in a thread of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_moto_server() -> Iterator[str]:
    """Runs a server as long as the ``with`` block does, and gives its URL."""
    # It takes a second to import, which only those tests should spend that need it.
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()

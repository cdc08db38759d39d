"""moto's server: DynamoDB's protocol on a free port of this machine, in a process of its own.

In the process of the tests moto would take part in the requests of boto3's clients, which then do not take the direct path.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_moto_server() -> Iterator[str]:
    """Runs a server as long as the ``with`` block does, and gives its URL."""
    command = (sys.executable, "-W", "ignore", str(Path(__file__)))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "moto's server did not start"
        yield url
        # It runs until its input ends, as it does when this process dies.
        process.stdin.close()


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)  # noqa: T201 - to the process that started it
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    _serve()

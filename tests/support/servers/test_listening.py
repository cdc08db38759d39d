"""Who listens on a port is the process that a test has started, or another one."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.support.servers.listening import free_port, listens

LISTENER = """
import socket, sys
server = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/net").is_dir(), reason="only Linux says who listens")
@pytest.mark.parametrize("address", ["127.0.0.1", "::"])
def test_listener_is_another_process(address: str) -> None:
    if address == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6 here")
    with Popen((sys.executable, "-c", LISTENER, address), stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert listens(other.pid, port)
        assert not listens(os.getpid(), port)
        with socket.create_server(("127.0.0.1", 0)) as own:
            own_port: int = own.getsockname()[1]
            assert listens(os.getpid(), own_port)
            assert not listens(other.pid, own_port)
        other.communicate()


def test_free_port_can_be_bound() -> None:
    with socket.create_server(("127.0.0.1", free_port())):
        pass

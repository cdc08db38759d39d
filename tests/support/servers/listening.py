"""Ports of this machine: one that is free, and the process that listens on one."""

from __future__ import annotations

import socket
from pathlib import Path

HOST = "127.0.0.1"

_PROCESSES = Path("/proc")
_LISTENING = "0A"


def free_port() -> int:
    """Return a port on which nothing listens at the moment. Another process may take it before you do."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listens(process: int, port: int) -> bool:
    """Return whether the process with the number *process* is the one that listens on *port*.

    Two servers may be given one port. The second one may say so in its log only and live on, and the first one answers its
    clients. Only Linux says who listens; elsewhere this returns true.
    """
    if not _PROCESSES.is_dir():
        return True
    return not _sockets_of(process).isdisjoint(_sockets_on(port))


def _sockets_of(process: int) -> set[str]:
    found = set()
    for descriptor in (_PROCESSES / str(process) / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # closed in the meantime
            continue
        if target.startswith("socket:["):
            found.add(target.removeprefix("socket:[").removesuffix("]"))
    return found


def _sockets_on(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        path = _PROCESSES / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            _, local, _, state, *rest = line.split()
            if state == _LISTENING and int(local.rpartition(":")[2], 16) == port:
                found.add(rest[5])
    return found

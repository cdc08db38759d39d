"""Interrupts as Ctrl-C makes them."""

from __future__ import annotations

import signal
import threading


def interrupt_main() -> None:
    """Do what Ctrl-C does, from another thread. A test that calls it uses the fixture ``interruptible``."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

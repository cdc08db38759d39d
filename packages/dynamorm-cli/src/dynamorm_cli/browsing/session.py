"""The session of ``dynamorm browse``: from the command line to the server, until Ctrl-C."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING

from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection, using_everywhere
from dynamorm.operate import ReadOnly
from dynamorm.ports.backends import Capability
from dynamorm_cli.browsing.catalogue import Catalogue
from dynamorm_cli.browsing.gate import is_loopback
from dynamorm_cli.browsing.meter import Meter
from dynamorm_cli.browsing.pages import Pages
from dynamorm_cli.browsing.server import BrowseServer

if TYPE_CHECKING:
    from dynamorm_cli.context import Context


def serve(
    context: Context,
    names: Sequence[str],
    *,
    host: str,
    port: int | None,
    knows: bool,
    budget: float | None,
    opens: bool,
    log: bool,
    default_port: int,
) -> None:
    """Serve the pages of the models with these *names* until Ctrl-C."""
    if not (is_loopback(host) or knows):
        context.usage_error(
            f"With --host {host}, other computers could reach this page, and everybody on the way could read it: it is "
            "not encrypted. If you mean that, add --i-know. To look from another computer, forward the port with ssh "
            "instead: ssh -L 8765:127.0.0.1:8765 …"
        )
    models = context.find_models(names)
    given = context.connect()
    target = context.target(given)
    with _read_only(given) as connection:
        can_tell = Capability.CONSUMED_CAPACITY in connection.capabilities
        if budget is not None and not can_tell:
            context.out.note("This backend does not tell what reads cost, so --budget has no effect.")
        catalogue = Catalogue(models)

        printing = Lock()

        def report(line: str) -> None:
            # The terminal may be closed, and requests are answered all the same.
            with printing, suppress(OSError, ValueError):
                context.out.note(line)

        pages = Pages(catalogue, Meter(budget if can_tell else None), target, report)
        with _bound(context, pages, host, port, default_port, log=report if log else None) as server:
            if not is_loopback(host):
                context.out.note(
                    "Other computers can reach this page, under an address of this one. Whoever has the token can read "
                    "these tables."
                )
            _announce(context, server.url, target)
            if opens:
                # Other users of this computer can see the arguments of a browser that is started. Some browsers run
                # until they are closed, and the page is to be served meanwhile.
                Thread(target=_open, args=(server.url_for_once(), report), daemon=True).start()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                context.out.note("")


@contextmanager
def _read_only(given: Connection | None) -> Iterator[Connection]:
    """Let only reads through while the block runs: on *given*, for everything, or on the default connection."""
    if given is not None:
        with using_everywhere(ReadOnly(given)) as connection:
            yield connection
        return
    import dynamorm

    yield dynamorm.connect(ReadOnly(current_connection()))


def _announce(context: Context, url: str, target: str) -> None:
    if context.json:
        context.out.text(json.dumps({"format": 1, "url": url}))
    else:
        context.out.text(url)
        context.out.note(f"Reading {target}. Ctrl-C ends it.")
    sys.stdout.flush()


def _open(url: str, report: Callable[[str], None]) -> None:
    import webbrowser

    if not webbrowser.open(url):
        report("No browser could be opened. Open the address yourself.")


def _bound(
    context: Context,
    pages: Pages,
    host: str,
    port: int | None,
    default_port: int,
    *,
    log: Callable[[str], None] | None,
) -> BrowseServer:
    """Return the server, bound to the *port*; to any free one if none is named and the default one is in use."""
    reason = ""
    for each in (default_port, 0) if port is None else (port,):
        try:
            return BrowseServer(pages, host, each, log)
        except OSError as error:
            reason = error.strerror or str(error)
    what, advice = f"Port {port} of {host} can't be used", "Name another one, or leave --port out for any that is free."
    if port is None:
        what, advice = f"{host} can't be listened on", "Leave --host out for 127.0.0.1."
    return context.usage_error(f"{what}: {reason}. {advice}")

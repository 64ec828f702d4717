"""The panel's web server: waitress, in this process, on loopback."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from waitress import create_server

from distwire.local.ending import handled
from mfp_client.panel.app import make_app
from mfp_client.panel.desk import AGAIN, Desk
from mfp_client.program import say

_THREADS = 16
_CONNECTIONS = {"connection_limit": 500, "channel_timeout": 30, "cleanup_interval": 5, "asyncore_use_poll": True}
"""Many more than a screen needs; one on which nothing is asked is closed after half a minute, so that nobody is kept
out for long. select(2), which poll(2) stands for, ends at 1024 files."""


def serve_panel(desk: Desk, port: int | None = None) -> bool:
    """Serve until SIGTERM or SIGINT, or until the desk is to start again: whether it is. Main thread only. Raises
    OSError when it cannot listen."""
    settings = desk.settings
    where = settings.panel_port if port is None else port
    place = {"host": settings.panel_host, "port": where}
    server = create_server(make_app(desk), **place, **_CONNECTIONS, threads=_THREADS, ident=None)
    say(f"http://{settings.panel_host}:{server.effective_port}/")
    with _told_to_end(desk) as orders, contextlib.suppress(KeyboardInterrupt):
        if not desk.starts_again:
            server.run()
    server.close()
    return signal.SIGTERM not in orders and signal.SIGINT not in orders


@contextlib.contextmanager
def _told_to_end(desk: Desk) -> Iterator[list[int]]:
    """The first signal sends home whoever waits, and ends the server's loop as Ctrl-C does. All that come are listed:
    who wants the panel to end is heard also while it starts again. Nothing here but the first may wait for a lock: the
    handler that is interrupted by another may hold it."""
    orders: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        is_first = not orders
        orders.append(number)
        if is_first:
            desk.end()
            raise KeyboardInterrupt

    with handled(end, signal.SIGTERM, signal.SIGINT, AGAIN):
        yield orders

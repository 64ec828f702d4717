"""The panel's web server: waitress, in this process, on loopback."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from waitress import create_server

from mfp_client.panel.app import make_app
from mfp_client.panel.desk import Desk
from mfp_client.program import say

_THREADS = 16
_CONNECTIONS = {"connection_limit": 500, "channel_timeout": 30, "cleanup_interval": 5, "asyncore_use_poll": True}
"""Many more than a screen needs; one on which nothing is asked is closed after half a minute, so that nobody is kept
out for long. select(2), which poll(2) stands for, ends at 1024 files."""


def serve_panel(desk: Desk, port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Main thread only. Raises OSError when it cannot listen."""
    settings = desk.settings
    where = settings.panel_port if port is None else port
    place = {"host": settings.panel_host, "port": where}
    server = create_server(make_app(desk), **place, **_CONNECTIONS, threads=_THREADS, ident=None)
    say(f"http://{settings.panel_host}:{server.effective_port}/")
    with _told_to_end(desk):
        server.run()
    server.close()


@contextlib.contextmanager
def _told_to_end(desk: Desk) -> Iterator[None]:
    """A signal sends home whoever waits, and ends the server's loop as Ctrl-C does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        desk.end()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

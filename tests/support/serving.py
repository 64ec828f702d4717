"""A server of the standard library (or Werkzeug's, which is one) in a thread of the test."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.02
"""How often it looks whether it is to end; by itself it does every half second, for which every test would wait."""


@contextmanager
def serving(server: socketserver.BaseServer, name: str) -> Iterator[None]:
    """It serves while the block runs, and is closed then."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A distribution server as a PC sees it, that says whatever a test wants."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answers = dict[str, tuple[int, bytes]]


@contextlib.contextmanager
def run_lying_server(answers: Answers) -> Iterator[str]:
    """Its address. It answers to paths that end so, whatever the method; 404 to all others. `answers` may change."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            known = (said for end, said in list(answers.items()) if path.endswith(end))
            status, data = next(known, (404, b"{}"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = _answer  # noqa: N815 - so the library calls them

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def say(message: Mapping[str, Any]) -> tuple[int, bytes]:
    """As JSON."""
    return 200, json.dumps(message).encode()

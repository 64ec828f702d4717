"""A web server with a few documents, well and ill behaved, from which printers fetch."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.board import make_pdf
from tests.support.serving import serving

PDF = make_pdf(2)


@dataclass
class FileServer:
    """`asked` are path and Host of the requests so far; what is asked for at /wait/… waits for `released`."""

    port: int
    scheme: str = "http"
    asked: list[tuple[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@contextmanager
def run_file_server(certificate: Path | None = None) -> Iterator[FileServer]:
    """Serve on a free port while the block runs; with a certificate by https."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    http.block_on_close = False
    made = FileServer(http.server_port, "http" if certificate is None else "https")
    http.of = made  # type: ignore[attr-defined]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    with serving(http, "files"):
        try:
            yield made
        finally:
            made.released.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: FileServer = self.server.of  # type: ignore[attr-defined]
        server.asked.append((self.path, self.headers.get("Host", "")))
        first, _, rest = self.path.lstrip("/").partition("/")
        ways: dict[str, Callable[[str], None]] = {
            "to": self._redirect,
            "half": self._break_off,
            "wait": self._wait,
            "drip": self._drip,
            "packed": self._pack,
            "large": self._send_much,
        }
        if first in ways:
            ways[first](rest)
        elif self.path.startswith("/notice.pdf"):
            self._head(200, len(PDF))
            self.wfile.write(PDF)
        else:
            self._head(404, 0)

    def _head(self, status: int, length: int | None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _redirect(self, where: str) -> None:
        self._head(302, 0, Location=where if "://" in where else f"/{where}")

    def _break_off(self, _: str) -> None:
        self._head(200, len(PDF))
        self.wfile.write(PDF[: len(PDF) // 2])
        self.close_connection = True

    def _wait(self, _: str) -> None:
        self._head(200, len(PDF))
        self.wfile.write(PDF[:100])
        self.server.of.released.wait()  # type: ignore[attr-defined]
        self.close_connection = True

    def _drip(self, _: str) -> None:
        """Header lines without end, each in time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            while not self.server.of.released.wait(0.05):  # type: ignore[attr-defined]
                self.wfile.write(b"X-More: x")
        except OSError:
            self.close_connection = True

    def _pack(self, _: str) -> None:
        packed = gzip.compress(PDF)
        self._head(200, len(packed), Content_Encoding="gzip")
        self.wfile.write(packed)

    def _send_much(self, megabytes: str) -> None:
        self._head(200, int(megabytes) << 20)
        try:
            for _ in range(int(megabytes)):
                self.wfile.write(bytes(1 << 20))
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is written to a test's output."""

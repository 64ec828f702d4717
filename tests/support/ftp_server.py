"""The least FTP server from which a file can be fetched: anonymous, passive, one file."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.file_server import PDF


@dataclass
class FtpServer:
    """`asked` are the commands so far. The file is pub/notice.pdf; pub/half.pdf breaks off. `lies`: where data is to be
    had is told wrongly."""

    port: int = 0
    lies: bool = False
    asked: list[str] = field(default_factory=list)


@contextmanager
def run_ftp_server(*, lies: bool = False) -> Iterator[FtpServer]:
    """Serve on a free port while the block runs."""
    made = FtpServer(lies=lies)

    class Handler(_Handler):
        server_of = made

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, name="ftp")
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


class _Handler(socketserver.StreamRequestHandler):
    server_of: FtpServer

    def handle(self) -> None:
        self._data: socket.socket | None = None
        self._say("220 here")
        for line in self.rfile:
            command = line.decode().rstrip("\r\n")
            self.server_of.asked.append(command)
            self._answer(*command.split(" ", 1))
        if self._data is not None:
            self._data.close()

    def _answer(self, word: str, rest: str = "") -> None:
        match word:
            case "USER":
                self._say("331 anonymous, who else")
            case "PASS":
                self._say("230 come in")
            case "TYPE":
                self._say("200 so be it")
            case "PASV":
                self._listen()
            case "RETR":
                self._send(rest)
            case _:
                self._say("502 not here")

    def _listen(self) -> None:
        self._data = socket.create_server(("127.0.0.1", 0))
        high, low = divmod(self._data.getsockname()[1], 256)
        host = "10,0,0,1" if self.server_of.lies else "127,0,0,1"
        self._say(f"227 Entering Passive Mode ({host},{high},{low})")

    def _send(self, path: str) -> None:
        assert self._data is not None
        if path not in ("pub/notice.pdf", "pub/half.pdf"):
            self._say("550 no such file")
            return
        self._say("150 here it comes")
        line, _ = self._data.accept()
        with line, contextlib.suppress(OSError):
            line.sendall(PDF if path == "pub/notice.pdf" else PDF[:100])
        self._say("226 done" if path == "pub/notice.pdf" else "426 broken off")

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(f"{text}\r\n".encode())

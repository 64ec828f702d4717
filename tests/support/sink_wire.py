"""HTTP/1.1 as far as printing needs it (RFC 9112), read into one big buffer that all connections share.

A document is hashed where it lies in that buffer and never kept: what costs time is the socket and the digest.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tests.support.sink_printers import FOLDER, Asked, Printers, refuse_request, scan_request

BUFFER_SIZE = 1 << 20
_MOST_HEAD = 64 << 10
_NOTHING = memoryview(b"")
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
_REFUSED = b"HTTP/1.1 %d %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Control = Callable[["SinkConnection", str, dict[str, list[str]]], None]


class SinkConnection(asyncio.BufferedProtocol):
    """One client. `buffer` may be shared: what came is used up before the loop reads again. `control` answers GET."""

    def __init__(self, printers: Printers, buffer: memoryview, control: Control) -> None:
        self._printers = printers
        self._buffer = buffer
        self._control = control
        self._transport: asyncio.Transport | None = None
        self._line = bytearray()
        self._step: Callable[[memoryview], memoryview] = self._read_head
        self._left = 0
        self._keep = True
        self._counted = False
        self._begin_message(b"")

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        tally = self._printers.tally
        if self._counted:
            tally.count_connection(-1)
        if self._digest is not None:
            tally.broken += 1
        self._transport = None
        del self._step  # a bound method of its own: without it, nothing here waits for the collector

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes]
        while data:
            data = self._step(data)

    # HTTP; each step takes what it can use and answers the rest

    def _read_head(self, data: memoryview) -> memoryview:
        before = len(self._line)
        self._line += data[:_MOST_HEAD]
        end = self._line.find(b"\r\n\r\n", max(0, before - 3))
        if end < 0:
            return self._refuse(431, b"Too Large") if len(self._line) >= _MOST_HEAD else _NOTHING
        head = bytes(self._line[: end + 2])
        self._line.clear()
        rest = data[end + 4 - before :]
        return rest if self._begin_request(head) else _NOTHING

    def _begin_request(self, head: bytes) -> bool:
        """False when the connection ends here."""
        method, _, after = head.partition(b" ")
        path = after.partition(b" ")[0]
        fields = head.lower()
        self._keep = b"\r\nconnection: close" not in fields
        if method == b"GET":
            parts = urlsplit(path.decode("latin-1"))
            self._control(self, parts.path, parse_qs(parts.query))
            return True
        if method != b"POST" or not path.startswith(FOLDER):
            self._refuse(404, b"Not Found")
            return False
        if not self._counted:
            self._counted = True
            self._printers.tally.count_connection(1)
        self._begin_message(path)
        if _find(fields, b"expect") == b"100-continue":
            self._write(_GO_ON)
        if b"chunked" in _find(fields, b"transfer-encoding"):
            self._step = self._read_chunk_size
            return True
        length = _find(fields, b"content-length")
        if not length.isdigit():
            self._refuse(411, b"Length Required")
            return False
        self._left = int(length)
        self._step = self._read_body
        if not self._left:
            self._end_message()
        return True

    def _read_body(self, data: memoryview) -> memoryview:
        piece = data[: self._left]
        self._left -= len(piece)
        self._feed(piece)
        if not self._left:
            self._end_message()
        return data[len(piece) :]

    def _read_chunk_size(self, data: memoryview) -> memoryview:
        line, rest = self._read_line(data)
        if line is None:
            return rest
        try:
            self._left = int(line.partition(b";")[0], 16)
        except ValueError:
            return self._refuse(400, b"Bad Request")
        self._step = self._read_chunk if self._left else self._read_trailer
        return rest

    def _read_chunk(self, data: memoryview) -> memoryview:
        piece = data[: self._left]
        self._left -= len(piece)
        self._feed(piece)
        if not self._left:
            self._step = self._read_chunk_end
        return data[len(piece) :]

    def _read_chunk_end(self, data: memoryview) -> memoryview:
        line, rest = self._read_line(data)
        if line is not None:
            self._step = self._read_chunk_size
        return rest

    def _read_trailer(self, data: memoryview) -> memoryview:
        line, rest = self._read_line(data)
        if line == b"":
            self._end_message()
        return rest

    def _read_line(self, data: memoryview) -> tuple[bytes | None, memoryview]:
        """A line without its end, or None when it is not whole yet; and what stands behind."""
        head = bytes(data[:_MOST_HEAD])
        end = head.find(b"\n")
        self._line += head[: end + 1] if end >= 0 else head
        if end < 0:
            return None, data[len(head) :]
        line = bytes(self._line).strip()
        self._line.clear()
        return line, data[end + 1 :]

    # IPP

    def _begin_message(self, path: bytes) -> None:
        self._path = path
        self._head = bytearray()
        self._asked: Asked | None = None
        self._digest: hashlib._Hash | None = None
        self._octets = 0

    def _feed(self, piece: memoryview) -> None:
        if self._digest is not None:
            self._digest.update(piece)
            self._printers.tally.arrived += len(piece)
            self._octets += len(piece)
        elif self._asked is None:
            self._feed_head(piece)

    def _feed_head(self, piece: memoryview) -> None:
        if self._head:
            self._head += piece
            asked = scan_request(self._head)
            piece = memoryview(bytes(self._head)) if asked is not None else piece
        else:
            asked = scan_request(piece)
        if asked is None:
            self._head = self._head or bytearray(piece)
            return
        self._asked = asked
        self._printers.tally.count_request(self._path, asked.operation)
        if asked.takes_document:
            document = piece[asked.size :]
            self._digest = hashlib.sha256(document)
            self._octets = len(document)

    def _end_message(self) -> None:
        digest, self._digest = self._digest, None
        self._step = self._read_head
        if self._asked is None:
            self.answer(refuse_request())
            return
        told = digest.hexdigest() if digest is not None else None
        self.answer(self._printers.answer(self._path, self._asked, told, self._octets))

    # Answers

    def answer(self, body: bytes, kind: bytes = b"application/ipp") -> None:
        """Send a whole answer; the connection ends after it when the client said so."""
        self._write(_OK % (kind, len(body)) + body)
        if not self._keep and self._transport is not None:
            self._transport.close()

    def _refuse(self, status: int, words: bytes) -> memoryview:
        self._write(_REFUSED % (status, words))
        if self._transport is not None:
            self._transport.close()
        return _NOTHING

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _find(fields: bytes, name: bytes) -> bytes:
    """The value of a header field; empty when it is not there. `fields` is in lower case."""
    at = fields.find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    begin = at + len(name) + 3
    return fields[begin : fields.index(b"\r\n", begin)].strip()

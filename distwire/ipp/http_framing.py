"""Where the body of a request ends: after so many octets, or after the last chunk (RFC 9112 §6). Pure."""

from __future__ import annotations

from typing import Protocol

_MOST_LINE = 256
_MOST_TRAILERS = 8 << 10
_FREE_CHUNKS = 1024
_LEAST_CHUNK = 64
"""Octets that chunks have to have on average, beyond the first thousand: each costs more than its octets."""
_HEX = frozenset(b"0123456789abcdefABCDEF")


class BadFraming(ValueError):
    """The chunks of a body are none."""


class Framing(Protocol):
    """Tells content from what frames and follows it. `complete` once the end was seen."""

    complete: bool

    def feed(self, data: memoryview, parts: list[bytes]) -> int:
        """Add the content in `data` to `parts`; how many octets were used: all, unless `complete`."""


class LengthFraming:
    """As many octets as `Content-Length` says; none where it says nothing."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.complete = length == 0

    def feed(self, data: memoryview, parts: list[bytes]) -> int:
        """See `Framing`."""
        used = min(self._left, len(data))
        if used:
            parts.append(bytes(data[:used]))
            self._left -= used
            self.complete = self._left == 0
        return used


class ChunkedFraming:
    """Chunks, and trailers that nobody needs. Raises `BadFraming`."""

    def __init__(self) -> None:
        self.complete = False
        self._left = 0
        self._line = bytearray()
        self._read_line = self._read_size
        self._chunks = self._content = self._trailers = 0

    def feed(self, data: memoryview, parts: list[bytes]) -> int:
        """See `Framing`."""
        at, total = 0, len(data)
        while at < total and not self.complete:
            if self._left:
                stop = min(total, at + self._left)
                parts.append(bytes(data[at:stop]))
                self._left -= stop - at
                at = stop
                continue
            line = bytes(data[at : at + _MOST_LINE - len(self._line)])
            end = line.find(b"\n") + 1
            self._line += line[:end] if end else line
            at += end or len(line)
            if end:
                self._end_line()
            elif len(self._line) >= _MOST_LINE:
                raise BadFraming("a line between the chunks is too long")
        return at

    def _end_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        if not line.endswith(b"\r\n"):
            raise BadFraming("a line between the chunks does not end as it must")
        self._read_line(line[:-2])

    def _read_size(self, line: bytes) -> None:
        digits = line.split(b";", 1)[0].rstrip(b" \t")
        if not 0 < len(digits) <= 15 or not _HEX.issuperset(digits):
            raise BadFraming("a chunk has no size")
        self._left = int(digits, 16)
        self._chunks += 1
        self._content += self._left
        if self._chunks > _FREE_CHUNKS + self._content // _LEAST_CHUNK:
            raise BadFraming("the chunks are too small")
        self._read_line = self._read_end if self._left else self._read_trailer

    def _read_end(self, line: bytes) -> None:
        if line:
            raise BadFraming("a chunk is longer than it says")
        self._read_line = self._read_size

    def _read_trailer(self, line: bytes) -> None:
        self._trailers += len(line)
        if self._trailers > _MOST_TRAILERS:
            raise BadFraming("the trailers do not end")
        self.complete = not line

"""Undoes the `compression` of a document while it streams in (RFC 8011 §5.4.32), with a limit on the blow-up."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_PIECE = 1 << 16
_RATIO_FREE = 32 << 20
_GZIP = 31
_ZLIB = 15
_RAW = -15


class CompressionError(ValueError):
    """The compressed bytes are broken or end too early."""


class BlowUp(ValueError):
    """The document grows beyond the limits while it is decompressed."""


class Inflater:
    """Decompresses piece by piece; every piece handed out has at most 64 KiB, whatever the input claims.

    `limit` is the greatest size of the decompressed document in bytes. Beyond 32 MiB it may also not be more than
    `ratio` times what came in. `deflate` is read with and without the zlib wrapper: clients send both.
    """

    def __init__(self, compression: str, *, limit: int, ratio: int = 400) -> None:
        self._kind = compression
        self._engine = zlib.decompressobj(_GZIP) if compression == "gzip" else None
        self._limit = limit
        self._ratio = ratio
        self._start = b""
        self.taken = 0
        self.given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompressed pieces of `data`. Raises `CompressionError` and `BlowUp`."""
        self.taken += len(data)
        if self._kind == "none":
            yield self._count(data)
            return
        if self._engine is None:
            self._start += data
            if len(self._start) < 2:
                return
            data, self._start = self._start, b""
            self._engine = zlib.decompressobj(_ZLIB if _has_zlib_wrapper(data) else _RAW)
        yield from self._inflate(self._engine, data)

    def finish(self) -> None:
        """Check that the compressed stream came to its end; raises `CompressionError`."""
        if self._kind == "none" or (self.taken == 0 and self.given == 0):
            return
        if self._engine is None or not self._engine.eof:
            raise CompressionError(f"the {self._kind} data end too early")

    def _inflate(self, engine: zlib._Decompress, data: bytes) -> Iterator[bytes]:
        while data and not engine.eof:
            try:
                piece = engine.decompress(data, _PIECE)
            except zlib.error as error:
                raise CompressionError(f"the {self._kind} data are broken: {error}") from error
            data = engine.unconsumed_tail
            if piece:
                yield self._count(piece)
            if not piece and not data:
                return

    def _count(self, piece: bytes) -> bytes:
        self.given += len(piece)
        if self.given > self._limit:
            raise BlowUp(f"the document is larger than {self._limit} bytes")
        if self._kind != "none" and self.given > max(_RATIO_FREE, self.taken * self._ratio):
            raise BlowUp(f"the document grows more than {self._ratio} times while it is decompressed")
        return piece


def _has_zlib_wrapper(start: bytes) -> bool:
    return start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0

"""What carries the octets of a connection on a stream of asyncio: for ipps:, and for ipp: where the system knows no
sendfile(2), as Windows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from distwire.ipp.body import PIECE, read_at
from distwire.ipp.wire import Listener, make_shorter


class StreamWire(asyncio.Protocol):
    """A document is read in pieces, each when the last one is on its way."""

    def __init__(self) -> None:
        self._listener: Listener | None = None
        self._transport: asyncio.Transport | None = None
        self._file = self._at = self._stop = self._doubtful = 0
        self._gate: Callable[[], None] = lambda: None
        self._paused = False
        self._heard_end = self._ended = False
        self.broken = False

    @property
    def unsent(self) -> int:
        """See `Wire`; what the stream holds, or held as it was lost, counts as one octet."""
        return self._stop - self._at + self._paused

    @property
    def settled(self) -> bool:
        """See `Wire`."""
        return not self._doubtful

    @property
    def quiet(self) -> bool:
        """See `Wire`."""
        return not self._ended and self._transport is not None and not self._transport.is_closing()

    @property
    def certificate(self) -> bytes | None:
        """The other side's certificate (DER); None without TLS."""
        session = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        found: bytes | None = session.getpeercert(binary_form=True) if session is not None else None
        return found

    def listen(self, listener: Listener) -> None:
        """See `Wire`."""
        self._listener = listener

    def write(self, data: bytes, *, more: bool = False) -> None:
        """See `Wire`."""
        if self._transport is not None and not self.broken:
            self._transport.write(data)

    def write_file(self, file: int, start: int, stop: int, gate: Callable[[], None]) -> None:
        """See `Wire`."""
        self._file, self._at, self._stop, self._gate = file, start, stop, gate
        self._push()

    def close(self) -> None:
        """See `Wire`."""
        self.broken = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the stream, and its TLS, have come about."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        plain = transport.get_extra_info("ssl_object") is None
        transport.set_write_buffer_limits(high=0 if plain else 1)  # paused as long as it holds something

    def eof_received(self) -> None:
        """asyncio: nothing more comes, and what is written from now on, TLS swallows: `is_closing` tells that late."""
        self._heard_end = True

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is over."""
        self._at -= self._doubtful  # it failed as this was written: the device has closed before
        self._doubtful = 0
        self._ended = self.broken = True
        if self._listener is not None:
            self._listener.ended()

    def data_received(self, data: bytes) -> None:
        """asyncio: something came."""
        if self._listener is not None:
            self._listener.received(data)
        else:
            self.close()

    def pause_writing(self) -> None:
        """asyncio: the network does not take all at once."""
        self._paused = True

    def resume_writing(self) -> None:
        """asyncio: go on."""
        self._paused = False
        self._advance()

    def _push(self) -> None:
        """Write the next piece, if the stream holds nothing: one in a turn of the loop, for only in the next one does
        it tell of a connection that is lost, and takes whatever it is given until then."""
        assert self._transport is not None
        if self._at >= self._stop or self._paused or self.broken:
            return
        if self._heard_end or self._transport.is_closing():
            self.broken = True
            return
        try:
            self._gate()
            piece = read_at(self._file, min(PIECE, self._stop - self._at), self._at)
            if not piece:
                raise make_shorter()
        except OSError as error:
            self.broken = True
            if self._listener is not None:
                self._listener.file_failed(error)
            return
        self._at += len(piece)  # before the write: from then on the device may have it
        self._doubtful = len(piece)
        self._transport.write(piece)
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """The piece was written, unless the stream is lost by now and no end was heard: TLS passes that on one turn
        later."""
        assert self._transport is not None
        if self._heard_end or not self._transport.is_closing():
            self._doubtful = 0
            self._advance()

    def _advance(self) -> None:
        self._push()
        if self._listener is not None:
            self._listener.moved()

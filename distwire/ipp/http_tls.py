"""TLS under a connection of the service side. asyncio's own keeps 256 kB for each connection, also for idle ones.

Towards the socket this is a protocol, towards the connection a transport.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import cast


class TlsTransport(asyncio.BufferedProtocol, asyncio.Transport):
    """`above` is told of its connection once TLS has come about; `ended` is called when it is over, told or not.

    Both read into `above`'s buffer: what is encrypted is copied out of it before what is plain is put there.
    """

    def __init__(
        self, above: asyncio.BufferedProtocol, context: ssl.SSLContext, seconds: float, ended: Callable[[], None]
    ) -> None:
        asyncio.Transport.__init__(self)
        self._above = above
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._raw: asyncio.Transport | None = None
        self._timer = self._loop.call_later(seconds, self.abort)
        self._open = self._paused = False

    # Towards the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is open."""
        self._raw = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(high=0)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is closed."""
        self._timer.cancel()
        self._raw = None
        if self._open:
            self._above.connection_lost(exc)
        self._ended()

    def get_buffer(self, sizehint: int) -> bytearray:
        """asyncio: where encrypted octets may be put."""
        buffer = self._above.get_buffer(sizehint)
        assert isinstance(buffer, bytearray)
        return buffer

    def buffer_updated(self, nbytes: int) -> None:
        """asyncio: encrypted octets came."""
        self._incoming.write(memoryview(self.get_buffer(-1))[:nbytes])
        if self._open or self._shake_hands():
            self._pump()

    def eof_received(self) -> bool:
        """asyncio: no more will come."""
        if self._open:
            self._pump()
            self._above.eof_received()
        return False

    def pause_writing(self) -> None:
        """asyncio: the client takes no more."""
        if self._open:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        """asyncio: it does."""
        if self._open:
            self._above.resume_writing()

    # Towards the connection

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `asyncio.Transport`."""
        view = memoryview(data)
        try:
            while view and not self.is_closing():
                view = view[self._tls.write(view) :]
        except ssl.SSLError:
            self.abort()
        self._flush()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """See `asyncio.Transport`: it is told at once anyway."""

    def pause_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._paused = True
        if self._raw is not None:
            self._raw.pause_reading()

    def resume_reading(self) -> None:
        """See `asyncio.Transport`: what came before the pause comes first."""
        self._paused = False
        if self._raw is not None and not self._raw.is_closing():
            self._raw.resume_reading()
            self._loop.call_soon(self._pump)

    def can_write_eof(self) -> bool:
        """See `asyncio.Transport`: a client that is told of the end closes too."""
        return False

    def is_closing(self) -> bool:
        """See `asyncio.Transport`."""
        return self._raw is None or self._raw.is_closing()

    def close(self) -> None:
        """See `asyncio.Transport`: says that this is the end, so that nobody can cut an answer short unnoticed."""
        if self._raw is None or self._raw.is_closing():
            return
        with contextlib.suppress(ssl.SSLError):  # it wants to hear the same from the client, for which nobody waits
            self._tls.unwrap()
        self._flush()
        self._raw.close()

    def abort(self) -> None:
        """See `asyncio.Transport`."""
        if self._raw is not None:
            self._raw.abort()

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError:
            self._flush()  # it says why
            if self._raw is not None:
                self._raw.close()
            return False
        self._timer.cancel()
        self._open = True
        self._flush()
        self._above.connection_made(self)
        return True

    def _pump(self) -> None:
        """Hand on what can be decrypted, a buffer at a time, as long as it is taken."""
        more = True
        while more and not self._paused and not self.is_closing():
            view, count, ended = memoryview(self.get_buffer(-1)), 0, False
            try:
                while count < len(view) and not ended:
                    taken = int(self._tls.read(len(view) - count, view[count:]))
                    count += taken
                    ended = not taken
            except ssl.SSLWantReadError:
                more = False
            except ssl.SSLError:
                self.abort()
                return
            if count:
                self._above.buffer_updated(count)
            if ended and not self._above.eof_received():
                self.close()
                return
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and self._raw is not None and not self._raw.is_closing():
            self._raw.write(self._outgoing.read())

"""What carries the octets of a connection, and the kind for ipp: (the one for ipps: is in `wire_stream`).

Nothing is copied that need not be: a document goes from the page cache to the network by sendfile(2), as far as the
socket takes it, and the loop goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Protocol

from distwire.ipp.body import PIECE, Withheld, read_at

_READ = 64 << 10
_BURST = 1 << 20
"""Most octets of a document in one system call: no other connection waits longer than their copying."""
_NO_SENDFILE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
_MORE = getattr(socket, "MSG_MORE", 0)  # Linux alone has it
_FILE_FAULTS = (errno.EIO, errno.ESTALE, errno.EBADF)


class Listener(Protocol):
    """Who is told of what happens on a wire."""

    def received(self, data: bytes) -> None:
        """These octets came."""

    def ended(self) -> None:
        """No more octets will come."""

    def moved(self) -> None:
        """Octets were handed over, or never will be: `unsent` and `broken` tell."""

    def file_failed(self, error: OSError) -> None:
        """The document could not be read as far as it was said to go."""


class Wire(Protocol):
    """An open connection. `broken` says that the network will never take what is `unsent`."""

    broken: bool

    @property
    def unsent(self) -> int:
        """Octets that were given to the wire and not yet handed over."""

    @property
    def settled(self) -> bool:
        """False for the moment in which what was handed over last may turn out to be unsent yet."""

    @property
    def quiet(self) -> bool:
        """True while the other side has neither closed nor said anything of its own accord."""

    def listen(self, listener: Listener) -> None:
        """Begin to tell."""

    def write(self, data: bytes, *, more: bool = False) -> None:
        """Send; `more` says that a document follows at once."""

    def write_file(self, file: int, start: int, stop: int, gate: Callable[[], None]) -> None:
        """Send these octets of a file; not before everything else was handed over, except by `write(more=True)`.

        `gate` is called right before each part of them leaves, and raises `Withheld` when none may any more.
        """

    def close(self) -> None:
        """Let go at once; what is unsent stays so."""


class PlainWire:
    """A socket, without a transport between it and the loop."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._number = sock.fileno()
        self._loop = asyncio.get_running_loop()
        self._listener: Listener | None = None
        self._bytes = b""
        self._file = self._at = self._stop = 0
        self._gate: Callable[[], None] = lambda: None
        self._reads_file = False
        self._waits = False
        self._open = True
        self.broken = False

    @property
    def unsent(self) -> int:
        """See `Wire`."""
        return len(self._bytes) + self._stop - self._at

    @property
    def settled(self) -> bool:
        """See `Wire`: the system says at once what it has taken."""
        return True

    @property
    def quiet(self) -> bool:
        """See `Wire`: asks the system, for the loop may not have looked yet."""
        if not self._open:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        return False

    def listen(self, listener: Listener) -> None:
        """See `Wire`."""
        self._listener = listener
        self._loop.add_reader(self._number, self._read_ready)

    def write(self, data: bytes, *, more: bool = False) -> None:
        """See `Wire`."""
        if self._bytes or self.broken:
            self._bytes += data
            return
        try:
            sent = self._socket.send(data, _MORE if more else 0)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._break()
            sent = 0
        if sent < len(data):
            self._bytes = data[sent:]
            self._wait()

    def write_file(self, file: int, start: int, stop: int, gate: Callable[[], None]) -> None:
        """See `Wire`."""
        self._file, self._at, self._stop, self._gate = file, start, stop, gate
        self._reads_file = False
        if not self._bytes:
            self._push()

    def close(self) -> None:
        """See `Wire`."""
        if self._open:
            self._open = False
            self._stop_waiting()
            self._loop.remove_reader(self._number)
            self._socket.close()

    def _push(self) -> None:
        """Hand over what the socket takes in one call, and wait for room where that was not all."""
        try:
            if self._bytes:
                self._bytes = self._bytes[self._socket.send(self._bytes) :]
            elif self._at < self._stop:
                self._at += self._push_file(min(self._stop - self._at, _BURST))
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._break()
        if self.unsent:
            self._wait()
        else:
            self._stop_waiting()

    def _push_file(self, count: int) -> int:
        try:
            self._gate()
            if self._reads_file:
                return self._copy_file(min(count, PIECE))
            sent = os.sendfile(self._number, self._file, self._at, count)
        except (BlockingIOError, InterruptedError):
            raise
        except Withheld as error:
            return self._give_up(error)
        except OSError as error:
            if error.errno in _NO_SENDFILE and not self._reads_file:
                self._reads_file = True  # the file system of the document has no way around memory
                return 0
            if error.errno not in _FILE_FAULTS:
                raise
            return self._give_up(error)
        return sent or self._give_up(make_shorter())

    def _copy_file(self, count: int) -> int:
        piece = read_at(self._file, count, self._at)
        return self._socket.send(piece) if piece else self._give_up(make_shorter())

    def _give_up(self, error: OSError) -> int:
        self.broken = True
        if self._listener is not None:
            self._listener.file_failed(error)
        return 0

    def _break(self) -> None:
        """What the device said before it closed can still be read: only the sending is over."""
        self.broken = True

    def _wait(self) -> None:
        if self.broken or not self._open:
            self._stop_waiting()
        elif not self._waits:
            self._waits = True
            self._loop.add_writer(self._number, self._write_ready)

    def _stop_waiting(self) -> None:
        if self._waits:
            self._waits = False
            self._loop.remove_writer(self._number)

    def _write_ready(self) -> None:
        self._push()
        if self._listener is not None:
            self._listener.moved()

    def _read_ready(self) -> None:
        assert self._listener is not None
        try:
            data = self._socket.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._listener.received(data)
            return
        self._loop.remove_reader(self._number)
        self._listener.ended()


def make_shorter() -> OSError:
    """What is raised where a document ends before the end that it had."""
    return OSError("the document became shorter while it was sent")

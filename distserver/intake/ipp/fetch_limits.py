"""How far the fetching of one document may go, whatever the protocol: its time, and whether anybody waits for it."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from urllib3.exceptions import HTTPError

PIECE = 64 << 10
_STEP_SECONDS = 30.0
_GONE = "the client went away"

Take = Callable[[bytes], None]


class AccessError(Exception):
    """The document cannot be had: `code` is the protocol's own (`404`), empty where it has none."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.code = code


class Interest:
    """Somebody waits for the document, until `end` is called: that ends the lines on which it comes at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self.over = False

    def end(self) -> None:
        """Nobody waits any more; from any thread."""
        with self._lock:
            self.over = True
            for line in self._lines:
                _shut_down(line)

    @contextmanager
    def hold(self, line: socket.socket) -> Iterator[None]:
        """While the block runs, the document comes on this line. Raises `AccessError` when nobody waits."""
        with self._lock:
            if self.over:
                raise AccessError(_GONE)
            self._lines.add(line)
        try:
            yield
        finally:
            with self._lock:
                self._lines.discard(line)


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` in all, which end at `until` by the monotonic clock; `interest` is that of whoever waits."""

    seconds: float
    until: float
    interest: Interest

    @property
    def step(self) -> float:
        """For how long one step may take now; not positive when time is up."""
        return min(_STEP_SECONDS, self.until - time.monotonic())

    def check(self) -> None:
        """Raises `TimeoutError` when time is up, and `AccessError` when nobody waits."""
        if self.interest.over:
            raise AccessError(_GONE)
        if self.step <= 0:
            raise TimeoutError

    def hand_on(self, read: Callable[[], bytes], take: Take) -> int:
        """Give to `take` what `read` brings, until that is nothing; how many octets there were."""
        octets = 0
        while piece := read():
            self.check()
            octets += len(piece)
            with _apart():
                take(piece)
        self.check()  # what was cut off when time was up looks like the end of what has no length
        return octets

    @contextmanager
    def cut(self, line: socket.socket) -> Iterator[None]:
        """While the block runs, end this connection when time is up or nobody waits, wherever it stands: a server may
        send octet by octet, each in time."""
        watch = threading.Timer(max(0.0, self.until - time.monotonic()), _shut_down, (line,))
        watch.daemon = True
        watch.start()
        try:
            with self.interest.hold(line):
                yield
        finally:
            watch.cancel()

    @contextmanager
    def mapped(self, host: str) -> Iterator[None]:
        """Whatever goes wrong on the line is an `AccessError`."""
        try:
            yield
        except (HTTPError, http.client.HTTPException, EOFError, OSError) as error:
            if self.interest.over:
                raise AccessError(_GONE) from error
            if time.monotonic() >= self.until:
                raise AccessError(f"it did not come within {self.seconds:g} seconds") from error
            raise AccessError(f"{host} broke off: {explain(error)}") from error


@contextmanager
def _apart() -> Iterator[None]:
    """What goes wrong with the taking is no fault of the other side's."""
    try:
        yield
    except OSError as error:
        raise RuntimeError("the document could not be stored") from error


def _shut_down(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def explain(error: Exception) -> str:
    """An error of the line in a few words."""
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

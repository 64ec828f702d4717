"""HTTP towards one scanner: every answer is bounded in octets and in time, and nothing leads to another host.

A page is written to its file piece by piece. A watcher cuts the connection when its time is up, so that a scanner that
sends one octet now and then gains nothing by it; and at once when the scan is cancelled.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from distwire.ipp.failures import CertificateRefused, PinMismatch
from distwire.ipp.tls import PIN, VERIFY, check_pin, make_context
from distwire.scan.contract import Limits
from distwire.scan.escl.address import Address
from distwire.scan.escl.document import MOST_OCTETS
from distwire.scan.faults import BrokenAnswer, LimitExceeded, ScanCanceled, ScanError, ScannerUnreachable
from distwire.scan.page_file import open_page, store_piece

_PIECE = 1 << 16
_LOOK_SECONDS = 0.1
_BROKEN_OFF = (http.client.IncompleteRead, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Trust:
    """How a certificate is checked over TLS: by authorities, or by its fingerprint (SHA-256, hex; scanners make their
    own certificates)."""

    fingerprint: str | None = None

    @property
    def mode(self) -> str:
        """As `distwire.ipp.tls` calls it."""
        return PIN if self.fingerprint else VERIFY


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body has been read (into a file, or here)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Content-Type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange:
    """Asks one scanner. Each request has a connection of its own: small devices close theirs when they like."""

    def __init__(self, address: Address, limits: Limits, trust: Trust, stop: threading.Event | None = None) -> None:
        self._address = address
        self._limits = limits
        self._trust = trust
        self._stop = stop or threading.Event()

    def request(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Ask, and read a short answer. Raises `ScannerUnreachable`, `BrokenAnswer`."""
        headers = {"Content-Type": "text/xml; charset=utf-8"} if body is not None else {}
        with self._open(self._limits.answer_seconds) as connection:
            connection.request(method, path, body, headers)
            with connection.getresponse() as response:
                data = response.read(MOST_OCTETS + 1)
                if len(data) > MOST_OCTETS:
                    where = f"{method} {path}"
                    raise LimitExceeded(f"the scanner's answer to {where} is larger than {MOST_OCTETS >> 20} MB")
                return _judge(response, data)

    def fetch(self, path: str, target: Path) -> Reply:
        """Ask for a page; with status 200 it is whole in `target` afterwards, else there is no such file."""
        try:
            with self._open(self._limits.page_seconds) as connection:
                connection.request("GET", path)
                with connection.getresponse() as response:
                    if response.status == http.client.OK:
                        with open_page(target) as file:
                            self._copy(response, file)
                    return _judge(response, b"")
        except ScanError:
            target.unlink(missing_ok=True)
            raise

    def _copy(self, response: http.client.HTTPResponse, file: BinaryIO) -> None:
        most, octets = self._limits.page_octets, 0
        while piece := response.read(_PIECE):
            octets += len(piece)
            if octets > most:
                raise LimitExceeded(f"the scanner sends a page of more than {most >> 20} MB: lower the resolution")
            store_piece(file, piece)
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)

    @contextlib.contextmanager
    def _open(self, seconds: float) -> Iterator[http.client.HTTPConnection]:
        """A connection for one request, cut after so many seconds; errors in the words of this program."""
        connection = http.client.HTTPConnection(
            self._address.host, self._address.port, timeout=self._limits.answer_seconds
        )
        cutter = _Cutter(seconds, self._stop)
        try:
            connection.connect()
            if self._address.tls:
                connection.sock = self._wrap(connection.sock)
            connection.sock.settimeout(seconds)  # many are silent for as long as they read a page
            cutter.watch(connection.sock)
            self._shake_hands(connection.sock)
            yield connection
            if cutter.has_cut:  # an answer of unknown length ends where it was cut, without an error
                raise TimeoutError
        except (ssl.SSLCertVerificationError, CertificateRefused, PinMismatch) as error:
            raise BrokenAnswer(f"{self._address.uri} {_advise(error)}") from error
        except (OSError, http.client.HTTPException) as error:
            if cutter.has_cut and self._stop.is_set():
                raise ScanCanceled from error
            raise self._explain(error, cutter.has_cut, seconds) from error
        finally:
            cutter.cancel()
            connection.close()

    def _wrap(self, plain: socket.socket) -> ssl.SSLSocket:
        """TLS over a connected socket; hands are shaken later, when the time is watched."""
        context = make_context(self._trust.mode)
        return context.wrap_socket(plain, server_hostname=self._address.host, do_handshake_on_connect=False)

    def _shake_hands(self, connected: socket.socket) -> None:
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
            if self._trust.fingerprint:
                check_pin(connected.getpeercert(binary_form=True), self._trust.fingerprint)

    def _explain(self, error: Exception, cut: bool, seconds: float) -> Exception:
        where = self._address.uri
        if cut:
            return LimitExceeded(f"{where} took longer than {seconds:g} s for one answer")
        if isinstance(error, _BROKEN_OFF):
            return ScannerUnreachable(f"{where} broke the connection off")
        if isinstance(error, http.client.HTTPException):
            return BrokenAnswer(f"{where} does not speak HTTP ({type(error).__name__}): is that the scanner?")
        return ScannerUnreachable(f"{where} does not answer: {error.args[-1] if error.args else error}")


def _judge(response: http.client.HTTPResponse, body: bytes) -> Reply:
    """The reply; one that sends elsewhere is refused: whoever follows it asks a host that nobody named."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    if response.status in (301, 302, 303, 307, 308):
        target = headers.get("location", "another place")[:200]
        raise BrokenAnswer(f"the scanner sends on to {target}: if that is the scanner, give its address instead")
    if response.status in (401, 403):
        raise BrokenAnswer("the scanner wants a password for scanning: allow scanning without one in its settings")
    return Reply(response.status, headers, body)


class _Cutter:
    """Shuts a socket down when its time is up, or somebody wants no more: whoever reads from it goes on at once."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self._seconds = seconds
        self._stop = stop
        self._over = threading.Event()
        self.has_cut = False

    def watch(self, connected: socket.socket) -> None:
        """Begin. The socket is kept here: `http.client` hands its own on to the response."""
        threading.Thread(target=self._watch, args=(connected,), name="cutter", daemon=True).start()

    def cancel(self) -> None:
        """It was in time."""
        self._over.set()

    def _watch(self, connected: socket.socket) -> None:
        deadline = time.monotonic() + self._seconds
        while not self._stop.is_set() and time.monotonic() < deadline:
            if self._over.wait(min(_LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
                return
        self.has_cut = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # TLS has no say in it


def _advise(error: Exception) -> str:
    if isinstance(error, PinMismatch):
        return f"shows another certificate than the one that was named: {error}"
    return "shows a certificate that no authority vouches for: name its fingerprint (SHA-256)"

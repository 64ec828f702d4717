"""One HTTP/1.1 connection to a printer: a request goes out while the answer is already listened for (RFC 9112).

A printer may refuse in the middle of a document: its answer is heard, and the sending stops. It may also say that all
is well before it has everything: then the rest is still sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import h11

from distwire.ipp.body import Body
from distwire.ipp.endpoint import Endpoint, Origin, Patience, format_authority
from distwire.ipp.failures import (
    CertificateRefused,
    ConnectionLost,
    DocumentUnreadable,
    NotIpp,
    TimedOut,
    TransferError,
    Unreachable,
)
from distwire.ipp.message import MEDIA_TYPE
from distwire.ipp.tls import PIN, check_pin, make_context

_READ = 64 << 10
_CONTINUE_WAIT = 1.0
_ANSWER_SECONDS = 300.0
"""From an answer's beginning, the document being there, to its end: a device that sends a byte now and then would
hold us for years."""
_EXPECT_FROM = 64 << 10
_FIRST_ERROR = 0x0400


@dataclass(frozen=True, slots=True)
class Response:
    """A final HTTP answer; names of headers are lower-case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def all_headers(self, name: str) -> list[str]:
        """All headers of that (lower-case) name."""
        return [value for key, value in self.headers if key == name]

    @property
    def refuses(self) -> bool:
        """True when neither HTTP nor (as far as its first bytes tell) IPP says yes."""
        return self.status != 200 or int.from_bytes(self.body[2:4]) >= _FIRST_ERROR


class Connection:
    """An open connection; one exchange at a time. `idle_since` is the loop's time of its last use."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: Origin) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)
        self._origin = origin
        self._may_send = asyncio.Event()
        self._source_error: OSError | None = None
        self._answering = False
        self._whole = False
        self.fresh = True
        self.idle_since = 0.0

    @property
    def reusable(self) -> bool:
        """True when the last exchange ended cleanly and the device has not closed since."""
        clean = self._http.our_state is h11.IDLE and self._http.their_state is h11.IDLE
        return clean and not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        """Let go at once; what is unsent is lost."""
        self._writer.transport.abort()

    async def exchange(
        self, path: str, headers: list[tuple[str, str]], body: Body, patience: Patience, max_size: int
    ) -> Response:
        """POST `body` and wait for the final answer. Raises `TransferError`s; the caller then closes."""
        self._may_send.clear()
        self._answering = False
        expects = (body.length or _EXPECT_FROM) >= _EXPECT_FROM
        lines = [("Host", format_authority(self._origin)), ("Content-Type", MEDIA_TYPE), *headers]
        lines.append(("Transfer-Encoding", "chunked") if body.length is None else ("Content-Length", str(body.length)))
        if expects:
            lines.append(("Expect", "100-continue"))
        else:
            self._may_send.set()
        try:
            head = self._http.send(h11.Request(method="POST", target=path, headers=lines))
        except h11.LocalProtocolError as error:
            raise Unreachable(f"the address cannot stand in an HTTP request: {error}") from error
        self._whole = False
        try:
            async with asyncio.timeout(patience.idle) as clock:
                return await self._run(head or b"", body, patience, max_size, clock)
        except TimeoutError as error:
            late = TimedOut("the device did not go on in time", begun=True)
            late.whole = self._whole
            raise late from error
        except TransferError as error:
            error.whole = self._whole
            raise

    async def _run(
        self, head: bytes, body: Body, patience: Patience, max_size: int, clock: asyncio.Timeout
    ) -> Response:
        self._writer.write(head)
        sender = asyncio.create_task(self._send(body, patience, clock))
        try:
            response = await self._receive(max_size, patience, clock)
            if not response.refuses:
                await sender
                if not self._whole:
                    raise ConnectionLost("the device closed before it had the whole document", begun=True)
        finally:
            sender.cancel()
            await asyncio.wait([sender])
            if self._source_error is not None:
                raise DocumentUnreadable(str(self._source_error), begun=True) from self._source_error
        self._end_cycle()
        return response

    async def _send(self, body: Body, patience: Patience, clock: asyncio.Timeout) -> None:
        """Push the body out. Ends quietly when the connection breaks: the receiver notices and tells."""
        if not self._may_send.is_set():
            with contextlib.suppress(TimeoutError):  # many devices know nothing of Expect: go on without the word
                await asyncio.wait_for(self._may_send.wait(), _CONTINUE_WAIT)
        loop = asyncio.get_running_loop()
        left = -1 if body.length is None else body.length
        try:
            async with contextlib.aclosing(_guard(body)) as pieces:
                async for piece in pieces:
                    left -= len(piece)
                    self._whole = left == 0  # before the write: from then on the device may have it all
                    self._writer.write(self._http.send(h11.Data(data=piece)) or b"")
                    await self._writer.drain()
                    clock.reschedule(loop.time() + patience.idle)
            self._whole = True
            self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
            await self._writer.drain()
            clock.reschedule(loop.time() + patience.first_byte)
        except _SourceError as error:
            self._source_error = error.cause
            self.close()
        except OSError:
            return

    async def _receive(self, max_size: int, patience: Patience, clock: asyncio.Timeout) -> Response:
        """Wait for the final answer, and let the sender go when the device says continue."""
        final: h11.Response | None = None
        content = bytearray()
        loop, latest = asyncio.get_running_loop(), 0.0
        while True:
            event = self._next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._read())
                if final is not None:
                    latest = latest if self._whole else loop.time() + _ANSWER_SECONDS
                    clock.reschedule(min(loop.time() + patience.idle, latest))
            elif isinstance(event, h11.InformationalResponse):
                self._may_send.set()
            elif isinstance(event, h11.Response):
                final, latest = event, loop.time() + _ANSWER_SECONDS
                self._answering = True
            elif isinstance(event, h11.Data):
                content += event.data
                if len(content) > max_size:
                    raise NotIpp(f"the answer is larger than {max_size} bytes", begun=True)
            elif isinstance(event, h11.EndOfMessage) and final is not None:
                self._may_send.set()
                return _make_response(final, bytes(content))
            else:
                raise self._lost()

    def _next_event(self) -> object:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            if self._reader.at_eof():
                raise self._lost() from error
            raise NotIpp(f"the answer is no HTTP: {error}", begun=True) from error

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(_READ)
        except OSError as error:
            raise self._lost() from error

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(
            "the device closed the connection without an answer", begun=True, answering=self._answering
        )

    def _end_cycle(self) -> None:
        """Make ready for the next exchange, where both sides have ended this one."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        self.idle_since = asyncio.get_running_loop().time()
        self.fresh = False


class _SourceError(Exception):
    """Reading our own document failed (told apart from the connection's OSErrors)."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def _guard(body: Body) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(body.read_pieces()) as pieces:
        while True:
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except OSError as error:
                raise _SourceError(error) from error
            yield piece


def _make_response(final: h11.Response, content: bytes) -> Response:
    headers = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in final.headers)
    return Response(final.status_code, headers, content)


async def open_connection(endpoint: Endpoint, authorities: str | None = None) -> Connection:
    """Connect, and with ipps check the certificate. Raises `Unreachable` and `CertificateRefused`."""
    origin = endpoint.origin
    context = make_context(endpoint.tls, authorities) if origin.scheme == "ipps" else None
    try:
        async with asyncio.timeout(endpoint.patience.connect):
            reader, writer = await asyncio.open_connection(origin.host, origin.port, ssl=context)
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"the device's certificate is not trusted: {error.verify_message}") from error
    except TimeoutError as error:
        raise Unreachable(f"{format_authority(origin)}: no answer in {endpoint.patience.connect:g} s") from error
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{format_authority(origin)}{_explain(error)}") from error
    connection = Connection(reader, writer, origin)
    if context is not None and endpoint.tls == PIN:
        try:
            _pin(writer, endpoint)
        except CertificateRefused:
            connection.close()
            raise
    return connection


def _explain(error: OSError | UnicodeError) -> str:
    """Why no connection came about, without the numbers of the system's own message."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return ": unknown host"
    several = str(error)  # a host of several addresses: asyncio makes one text of what was wrong with each
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in several:
        return " refused the connection"
    if isinstance(error, ConnectionResetError):
        return " closed the connection"
    if isinstance(error, ssl.SSLError):
        return f": TLS failed ({error.reason or 'unknown reason'})"
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return ": no route to the host"
    return f" cannot be reached: {error.strerror or error}"


def _pin(writer: asyncio.StreamWriter, endpoint: Endpoint) -> None:
    session = writer.get_extra_info("ssl_object")
    found = check_pin(session.getpeercert(binary_form=True) if session is not None else None, endpoint.pinned)
    if endpoint.pinned is None and endpoint.on_pin is not None:
        endpoint.on_pin(found)

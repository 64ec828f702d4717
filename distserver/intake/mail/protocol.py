"""SMTP and LMTP as they are spoken at the door (RFC 5321, RFC 2033, RFC 1870): the library's, with mails into files.

The library keeps a whole mail in memory, and answers one reply for all recipients of LMTP.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from distserver.errors import DistserverError
from distserver.intake.mail.reception import Arrival
from distserver.intake.mail.recipients import Recipient
from distserver.intake.mail.verdict import Verdict, refused

log = logging.getLogger(__name__)

MOST_RECIPIENTS = 100
MOST_CALLS, MOST_CALLS_OF_A_STRANGER = 50, 10
RELAYS = "relays"
"""All of them are one caller."""
_END = b".\r\n"
_IN_MEMORY = 256 << 10

Take = Callable[[Arrival, BinaryIO], Awaitable[Verdict]]


def read_return_path(envelope: Envelope) -> str:
    """Empty for that of reports, `<>`."""
    return (envelope.mail_from or "").strip("<>")


def read_host(peer: object) -> str:
    """Of a socket's far side; empty when that is no address."""
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""


def name_caller(host: str) -> str:
    """Whose calls are counted as one's: an address of IPv4, and the network of 64 bits that one has of IPv6."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address) or address.ipv4_mapped is not None:
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))


class Handler:
    """What is said to MAIL and RCPT. `read` raises `UserError` for what is no address here."""

    def __init__(self, read: Callable[[str], Recipient], domains: tuple[str, ...]) -> None:
        self._read = read
        self._domains = domains

    async def handle_exception(self, error: Exception) -> str:
        """An error of the server itself: the mail comes again."""
        log.error("mail-broke", exc_info=error)
        return "451 4.3.0 an error of this server: try again later"

    async def handle_RCPT(  # noqa: N802 - the name that the library looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether mail for this address is taken; reports come to any of ours."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients: send the rest in another mail"
        report = not read_return_path(envelope) and address.rpartition("@")[2].lower() in self._domains
        try:
            if not report:
                await asyncio.to_thread(self._read, address)
        except DistserverError as error:
            return refused(error).line
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


class _Streaming(SMTP):
    """DATA into a file. `take` says what becomes of it."""

    take: Take
    folder: Path
    is_relay: Callable[[str], bool]
    many = False
    calls: ClassVar[dict[asyncio.BaseTransport, str]] = {}
    """Those that are open, and who makes each."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One call more than is good for us is turned away. A stranger who says nothing keeps out nobody else, and all
        strangers together no relay."""
        host = read_host(transport.get_extra_info("peername"))
        caller = RELAYS if self.is_relay(host) else name_caller(host)
        if self._is_full(caller) and isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 too many calls: try again later\r\n")
            transport.close()
            return
        self.calls[transport] = caller
        super().connection_made(transport)

    def _is_full(self, caller: str) -> bool:
        count = Counter(self.calls.values())
        if caller == RELAYS:
            return count[RELAYS] >= MOST_CALLS
        return count.total() - count[RELAYS] >= MOST_CALLS or count[caller] >= MOST_CALLS_OF_A_STRANGER

    def connection_lost(self, error: Exception | None) -> None:
        """It may be one that was turned away."""
        if self.transport is not None:
            self.calls.pop(self.transport, None)
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - of the library
        """RFC 5321 §4.1.1.4: only CR LF . CR LF ends it."""
        envelope = self.envelope
        if envelope is None or await self.check_helo_needed():
            return
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self.folder)) as file:
            verdict = await self._judge(file, envelope)
        recipients = len(envelope.rcpt_tos) if self.many else 1
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        for _ in range(recipients):
            await self.push(verdict.line)

    async def _judge(self, file: Any, envelope: Envelope) -> Verdict:
        limit = self.data_size_limit or 0
        try:
            size = await self._read_data(file)
        except OSError as error:
            return Verdict("452 4.3.1", f"the mail cannot be kept just now: {error.strerror}")
        if size > limit:
            return Verdict("552 5.3.4", f"the mail is larger than {limit >> 20} MB: send fewer documents in one mail")
        host = read_host(None if self.session is None else self.session.peer)
        return await self.take(Arrival(host, read_return_path(envelope), tuple(envelope.rcpt_tos)), file)

    async def _read_data(self, file: Any) -> int:
        """Write it up to the limit, and read on to its end; how much there was."""
        size, limit, starts = 0, self.data_size_limit or 0, True
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as overrun:
                line = await self._reader.read(overrun.consumed)
            if starts and line == _END:
                return size
            text = line[1:] if starts and line.startswith(b".") else line
            starts = line.endswith(b"\r\n")
            size += len(text)
            if size <= limit:
                file.write(text)
            self._reset_timeout()


class StreamingSmtp(_Streaming):
    """Of a server elsewhere."""


class StreamingLmtp(_Streaming, LMTP):
    """One reply for each recipient (RFC 2033 §4.2)."""

    many = True

"""Connections to relays: few, opened when needed, used for many messages (RFC 5321, RFC 3207, RFC 4954)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiosmtplib

from distserver.deliver.channels.mail_message import Letter
from distserver.deliver.channels.mail_rules import MailRules
from distserver.deliver.contract import Target, Timeouts

_MOST_MESSAGES = 100
"""On one connection: many relays hang up on who sends more."""
_IDLE_SECONDS = 20.0
_RESTING_SECONDS = 2.0
"""A relay that cannot be reached is not called again for so long: ten thousand messages need not all find out."""
_DATA_SECONDS = 600.0  # RFC 5321 §4.5.3.2.6


@dataclass(frozen=True, slots=True)
class _Way:
    """All that makes two messages fit for one connection."""

    host: str
    port: int
    secure: bool
    must_encrypt: bool
    user: str | None
    secret: str | None = field(repr=False)
    xoauth2: bool
    tls: str
    timeouts: Timeouts


class Line:
    """A connection that is ready for a message."""

    def __init__(self, smtp: aiosmtplib.SMTP) -> None:
        self._smtp = smtp
        self.messages = 0
        self.since = 0.0

    @property
    def alive(self) -> bool:
        return self._smtp.is_connected

    async def open_transaction(self, letter: Letter) -> aiosmtplib.SMTPResponse | None:
        """MAIL and RCPT; the answer that refused, or None. Raises `SMTPException` when the relay is gone."""
        self.messages += 1
        asks_report = letter.dsn and self._smtp.supports_extension("dsn")
        mail = [f"SIZE={len(letter.content)}"] if self._smtp.supports_extension("size") else []
        mail += ["RET=HDRS", f"ENVID={letter.name}"] if asks_report else []
        utf8 = not letter.mailbox.isascii()
        if utf8 and not self._smtp.supports_extension("smtputf8"):
            return aiosmtplib.SMTPResponse(553, "5.6.7 the relay takes no address that is not ASCII")
        encoding = "utf-8" if utf8 else "ascii"
        try:
            await self._smtp.mail(letter.sender, options=mail + ["SMTPUTF8"] * utf8, encoding=encoding)
            rcpt = ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(letter.mailbox)}"] if asks_report else []
            await self._smtp.rcpt(letter.mailbox, options=rcpt if not utf8 else rcpt[:1], encoding=encoding)
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused) as error:
            await self.reset()
            return aiosmtplib.SMTPResponse(error.code, error.message)
        return None

    async def send(self, letter: Letter) -> aiosmtplib.SMTPResponse:
        """DATA; the relay's answer. Raises `SMTPDataError` when it does not take it; after any other error it may have
        it, and the line is of no more use."""
        try:
            return await self._smtp.data(letter.content, timeout=_DATA_SECONDS)
        except aiosmtplib.SMTPDataError:
            raise
        except aiosmtplib.SMTPException:
            self._smtp.close()
            raise

    async def reset(self) -> None:
        """RSET: the next message starts from nothing. A relay that cannot is left."""
        with suppress(aiosmtplib.SMTPException):
            await self._smtp.rset()
            return
        self._smtp.close()

    async def leave(self) -> None:
        """QUIT."""
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._smtp.quit(timeout=5)
        self._smtp.close()


class _Relay:
    """The lines to one relay."""

    def __init__(self, lines: int) -> None:
        self._room = asyncio.Semaphore(lines)
        self._idle: list[Line] = []
        self._down: tuple[float, str] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def line(self, way: _Way) -> AsyncIterator[Line]:
        async with self._room:
            line = await self._take(way)
            try:
                yield line
            except BaseException:
                await line.leave()
                raise
            if line.alive and line.messages < _MOST_MESSAGES:
                line.since = asyncio.get_running_loop().time()
                self._idle.append(line)
                asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._sweep)
            else:
                await line.leave()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().leave()

    async def _take(self, way: _Way) -> Line:
        now = asyncio.get_running_loop().time()
        while self._idle:
            line = self._idle.pop()
            if line.alive:
                return line
        if self._down is not None and now - self._down[0] < _RESTING_SECONDS:
            raise aiosmtplib.SMTPConnectError(self._down[1])
        try:
            line = Line(await _connect(way))
        except (aiosmtplib.SMTPConnectError, OSError) as error:
            self._down = asyncio.get_running_loop().time(), str(error)
            raise
        self._down = None
        return line

    def _sweep(self) -> None:
        """Take leave of lines that nobody has used for a while."""
        now = asyncio.get_running_loop().time()
        old = [line for line in self._idle if now - line.since >= _IDLE_SECONDS]
        self._idle = [line for line in self._idle if line not in old]
        for line in old:
            self._leaving.add(task := asyncio.create_task(line.leave()))
            task.add_done_callback(self._leaving.discard)


class Relays:
    """All relays of a worker."""

    def __init__(self) -> None:
        self._relays: dict[_Way, _Relay] = {}

    @asynccontextmanager
    async def line(self, rules: MailRules, target: Target) -> AsyncIterator[Line]:
        """A connection for one message. Raises `SMTPException` or `OSError` when there is none to be had."""
        way = _Way(
            rules.host,
            rules.port,
            rules.secure,
            rules.must_encrypt,
            target.user,
            target.secret,
            rules.xoauth2,
            target.tls,
            target.timeouts,
        )
        relay = self._relays.setdefault(way, _Relay(rules.lines))
        async with relay.line(way) as line:
            yield line

    async def close(self) -> None:
        for relay in self._relays.values():
            await relay.close()


async def _connect(way: _Way) -> aiosmtplib.SMTP:
    """Greet, encrypt where it can be had or must be, log in."""
    context = ssl.create_default_context()
    if way.tls == "none":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    smtp = aiosmtplib.SMTP(
        hostname=way.host,
        port=way.port,
        use_tls=way.secure,
        start_tls=False,
        tls_context=context,
        timeout=way.timeouts.idle,
    )
    try:
        await smtp.connect(timeout=way.timeouts.first_byte)
        await smtp.ehlo()
        if not way.secure:
            await _encrypt(smtp, way)
        if way.user is not None:
            await _log_in(smtp, way)
    except BaseException:
        smtp.close()
        raise
    return smtp


async def _encrypt(smtp: aiosmtplib.SMTP, way: _Way) -> None:
    """STARTTLS where it is offered. Raises `SMTPNotSupported` where it is not, and must be."""
    if smtp.supports_extension("starttls"):
        await smtp.starttls()
        await smtp.ehlo()
    elif way.must_encrypt:
        raise aiosmtplib.SMTPNotSupported("it offers no STARTTLS, and the destination's options demand it")


async def _log_in(smtp: aiosmtplib.SMTP, way: _Way) -> None:
    user, secret = way.user or "", way.secret or ""
    if way.xoauth2:
        await smtp.auth_xoauth2(user, secret)
    else:
        await smtp.login(user, secret)


def _xtext(text: str) -> str:
    """RFC 3461 §4."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)

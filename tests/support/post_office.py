"""A real SMTP server on a port of its own, that keeps what it gets (aiosmtpd)."""

from __future__ import annotations

import asyncio
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_TURN_SECONDS, _MOST_TURNS = 0.01, 500


class PostOffice:
    """`mails` is what it took. Closed at first: it has its port, and whoever calls is turned away.

    With a `context` it demands STARTTLS, or speaks TLS from the start (`secure`); with a `password` it demands a login
    after STARTTLS (of anybody, with this password). `refusals` are answers to RCPT TO by address; `calls` are the
    connections that came, `most_at_once` how many of them were open together.
    """

    def __init__(
        self, context: ssl.SSLContext | None = None, password: str | None = None, *, secure: bool = False
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refusals: dict[str, str] = {}
        self.encrypted: list[bool] = []
        self.logins = 0
        self._context = context
        self._password = password
        self._secure = secure
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post-office")
        self._thread.start()
        self._server: asyncio.Server | None = None
        self.calls: list[SMTP] = []
        self.most_at_once = 0

    def open(self) -> None:
        """Answer from now on."""
        self._server = self._run(
            self._loop.create_server(self._make, sock=self._socket, ssl=self._context if self._secure else None)
        )

    def close(self) -> None:
        """Gone for good, with the calls that are still open."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(30)
        self._socket.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(_TURN_SECONDS)  # calls that are just being taken
        for _ in range(_MOST_TURNS):
            if not (still := [call.transport for call in self.calls if call.transport is not None]):
                break
            for transport in still:
                if not transport.is_closing():  # asyncio's TLS aborts only once, and takes leave before it closes
                    transport.abort()
            await asyncio.sleep(_TURN_SECONDS)
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=20)
        await asyncio.sleep(_TURN_SECONDS)  # transports close in a later turn of the loop

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=email.policy.default)
        self.mails.append(message)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        self.encrypted.append(session.ssl is not None or self._secure)
        return "250 OK"

    def _make(self) -> SMTP:
        call = SMTP(
            self,
            hostname="mail.example.org",
            loop=self._loop,
            tls_context=None if self._secure else self._context,
            require_starttls=self._context is not None and not self._secure,
            auth_required=self._password is not None,
            auth_require_tls=self._context is not None,
            authenticator=self._authenticate,
        )
        self.calls.append(call)
        others = sum(one.transport is not None and not one.transport.is_closing() for one in self.calls)
        self.most_at_once = max(self.most_at_once, others + 1)
        return call

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object
    ) -> AuthResult:
        self.logins += 1
        wanted = (self._password or "").encode()
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == wanted, handled=False)

    def _run(self, call: object) -> asyncio.Server:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(30)  # type: ignore[arg-type]


@contextmanager
def run_post_office(
    context: ssl.SSLContext | None = None, password: str | None = None, *, secure: bool = False
) -> Iterator[PostOffice]:
    """One that is open for as long as the block runs."""
    office = PostOffice(context, password, secure=secure)
    try:
        office.open()
        yield office
    finally:
        office.close()

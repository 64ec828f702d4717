"""The process that takes mail in (RFC 5321, RFC 2033), and answers it."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import distserver
from distserver.accounts.mailboxes import Mailboxes
from distserver.compose import build_mail_server
from distserver.errors import SetupError
from distserver.intake.mail.answering import Answering
from distserver.intake.mail.held import HeldMails
from distserver.intake.mail.house_rules import HouseRules, read_listening, read_mail_rules
from distserver.intake.mail.proof import make_key_finder
from distserver.intake.mail.protocol import Handler, StreamingLmtp, StreamingSmtp
from distserver.intake.mail.reception import Arrival, Desk, Reception
from distserver.intake.mail.sending_rate import SendingRate
from distserver.intake.mail.verdict import Verdict
from distserver.jobs.mail_reports import MailReports
from distserver.services import Services

log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # the library's: it would tell each line of each call

_THREADS = 4
_SILENT_SECONDS = 120.0


class MailDoor:
    """Serves until SIGTERM or SIGINT. `listening` listens already. Raises `SetupError` for wrong settings."""

    def __init__(self, services: Services, listening: socket.socket) -> None:
        settings = services.settings
        rules, where = read_mail_rules(settings), read_listening(settings)
        if rules is None or where is None:
            raise SetupError("mail_in_listen is not set: name where mail is taken in, as lmtp://127.0.0.1:8624")
        self._services, self._rules, self._listening = services, rules, listening
        self._protocol = StreamingLmtp if where.lmtp else StreamingSmtp
        server = build_mail_server(settings)
        self._answering = None if server is None else Answering(services, rules, server)
        self._reception = Reception(make_desk(services, rules, self._answering))
        self._handler = Handler(self._reception.read_recipient, rules.domains)
        self._threads = ThreadPoolExecutor(_THREADS, "mail")

    async def run(self) -> None:
        """Take mail in until a signal comes; mails under way are answered."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        self._services.groups.start()
        if self._answering is not None:
            self._answering.start()
        server = await loop.create_server(self._make, sock=self._listening)
        log.info("mail-ready", {"port": self._listening.getsockname()[1]})
        try:
            await ended.wait()
        finally:
            server.close()
            await asyncio.to_thread(self._threads.shutdown)
            if self._answering is not None:
                self._answering.stop()
            self._services.close()

    def _make(self) -> asyncio.BaseProtocol:
        made = self._protocol(
            self._handler,
            data_size_limit=self._rules.most_bytes,
            enable_SMTPUTF8=True,
            hostname=self._rules.domain,
            ident=f"distserver {distserver.__version__}",
            timeout=_SILENT_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        made.take, made.is_relay = self._take, self._rules.is_relay
        made.folder = self._services.spool.incoming
        return made

    async def _take(self, arrival: Arrival, file: BinaryIO) -> Verdict:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._reception.take, arrival, file)


def make_desk(services: Services, rules: HouseRules, answering: Answering | None) -> Desk:
    """What a reception works with."""
    return Desk(
        services=services,
        rules=rules,
        mailboxes=Mailboxes(services.database, services.clock),
        reports=MailReports(services.database, services.clock),
        held=HeldMails(services.settings.home / "mail", rules.confirm_seconds, services.clock),
        rate=SendingRate(rules.hourly, services.clock),
        find_key=make_key_finder(rules.dns),
        ask=None if answering is None else answering.ask,
    )

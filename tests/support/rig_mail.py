"""A mailbox behind a real relay (aiosmtpd), for the contract suite over all channels."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from distserver.deliver.channels.mail import MailChannel
from distserver.deliver.contract import Target, Timeouts
from distserver.model.address import parse_address
from tests.support.ippeveprinter import find_port
from tests.support.post_office import PostOffice, run_post_office
from tests.support.rigs import Rig

MAILBOX = "branch@example.org"
PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=60)


def mail_target(port: int, mailbox: str = MAILBOX, *options: tuple[str, str], **more: str) -> Target:
    """The mailbox, behind the relay at this port."""
    said = (("server", f"smtp://127.0.0.1:{port}"), ("from", "head@example.com"), *options)
    return Target(parse_address(f"mailto:{mailbox}"), "Branch", options=said, timeouts=PATIENT, **more)


class MailRig(Rig):
    """What a relay takes is not known to be refused or busy but by its answer to RCPT."""

    can = frozenset(("busy", "refuse"))

    def __init__(self, office: PostOffice) -> None:
        super().__init__(MailChannel(), mail_target(office.port))
        self.office = office

    def make_nowhere(self) -> Target:
        return mail_target(find_port())

    def read_printed(self) -> list[bytes]:
        return [part.get_content() for mail in self.office.mails for part in mail.iter_attachments()]

    def set_busy(self, busy: bool) -> None:
        self._answer("451 4.7.1 come back later" if busy else None)

    def set_refusing(self, refusing: bool) -> None:
        self._answer("550 5.1.1 nobody of that name" if refusing else None)

    def _answer(self, answer: str | None) -> None:
        self.office.refusals.clear()
        if answer is not None:
            self.office.refusals[MAILBOX] = answer


@contextlib.asynccontextmanager
async def run_mail(folder: Path) -> AsyncIterator[Rig]:
    del folder
    with run_post_office() as office:
        rig = MailRig(office)
        try:
            yield rig
        finally:
            await rig.channel.close()

"""Rigs: a destination of some kind, real or fake, with a handle on it, for the contract suite over all channels.

A rig is an async context manager in `RIGS` that yields a `Rig`. To add one: subclass `Rig`, write the context manager,
add a line. `can` names what the rig's destination can be made to do; tests that need more are not made for it.

    paper   it can run out of paper and be filled again        busy     it can be busy with something else
    refuse  it can refuse a document's format for good         adopt    it can be asked for a job by name
    cancel  it can stop a job that waits for paper
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.cups import LACKING, CupsChannel
from distserver.deliver.channels.fax import FaxChannel
from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.channels.mail import MailChannel
from distserver.deliver.channels.webhook import WebhookChannel
from distserver.deliver.contract import Channel, Target, Timeouts
from distserver.model.address import parse_address
from distserver.model.documents import PDF, TIFF_F
from distserver.model.states import OutcomeKind
from distwire.ipp import Status
from tests.support.cupsd import CupsQueue, CupsServer, run_cups_server
from tests.support.deliveries import make_pdf
from tests.support.fake_printer import FakePrinter, run_fake_printer
from tests.support.hylafax import HylaFax, run_hylafax
from tests.support.ippeveprinter import EvePrinter, find_port, run_eve_printer
from tests.support.numbered_faxes import make_fax, read_pages, same_below_header
from tests.support.post_office import PostOffice, run_post_office
from tests.support.rig_fax import DIALLED, make_fax_target
from tests.support.rig_mail import MAILBOX, mail_target
from tests.support.rig_pc import InSpool, TakingPc, run_office
from tests.support.rig_webhook import WebService, name_webhook, run_service
from tests.support.telephone.numbers import BUSY, FAX

PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=60)


class Rig:
    """One destination. What `can` does not name need not be written."""

    can: frozenset[str] = frozenset()
    form = PDF
    busy_kind = OutcomeKind.BUSY
    is_asked = True
    """What it takes is found out by asking it, not by its options alone."""

    def __init__(self, channel: Channel, target: Target) -> None:
        self.channel = channel
        self.target = target

    def make_nowhere(self) -> Target:
        """An address of this kind where nobody listens."""
        return make_target(f"ipp://127.0.0.1:{find_port()}/ipp/print")

    def make_document(self, size: int = 2000) -> bytes:
        """A document in the form that goes there, of about that size where it can be chosen."""
        return make_pdf(size)

    def read_printed(self) -> list[bytes]:
        """The documents that came out (or were taken to be printed), oldest first."""
        raise NotImplementedError

    def is_same(self, printed: bytes, sent: bytes) -> bool:
        """What came out is what was sent."""
        return printed == sent

    def load_paper(self, present: bool) -> None:
        """Empty or fill the tray."""
        raise NotImplementedError

    def set_busy(self, busy: bool) -> None:
        """Make it turn away new jobs because it has another one."""
        raise NotImplementedError

    def set_refusing(self, refusing: bool) -> None:
        """Make it refuse the document's format."""
        raise NotImplementedError


class FakeIppRig(Rig):
    """The scriptable printer in this process."""

    can = frozenset(("paper", "busy", "refuse", "adopt", "cancel"))

    def __init__(self, printer: FakePrinter) -> None:
        super().__init__(IppChannel(), make_target(printer.uri))
        self.printer = printer

    def read_printed(self) -> list[bytes]:
        return list(self.printer.printed)

    def load_paper(self, present: bool) -> None:
        self.printer.load_paper(present)

    def set_busy(self, busy: bool) -> None:
        self.printer.busy = busy

    def set_refusing(self, refusing: bool) -> None:
        self.printer.status = Status.DOCUMENT_FORMAT_NOT_SUPPORTED if refusing else None


class EveRig(Rig):
    """Debian's ippeveprinter. It cannot stop a job that waits: it lets its print command end first."""

    can = frozenset(("paper", "adopt"))

    def __init__(self, printer: EvePrinter) -> None:
        super().__init__(IppChannel(), make_target(printer.uri))
        self.printer = printer

    def read_printed(self) -> list[bytes]:
        return self.printer.read_documents()

    def load_paper(self, present: bool) -> None:
        self.printer.load_paper(present)


class CupsRig(Rig):
    """A queue of a real cupsd."""

    can = frozenset(("paper", "busy", "refuse", "adopt", "cancel"))

    def __init__(self, server: CupsServer, queue: CupsQueue) -> None:
        super().__init__(CupsChannel(IppChannel), make_target(f"cups:{queue.name}@127.0.0.1:{server.port}"))
        self.server = server
        self.queue = queue

    def make_nowhere(self) -> Target:
        return make_target(f"cups:{self.queue.name}@127.0.0.1:{find_port()}")

    def read_printed(self) -> list[bytes]:
        return self.queue.read_documents()

    def load_paper(self, present: bool) -> None:
        self.queue.load_paper(present)

    def set_busy(self, busy: bool) -> None:
        self.server.run("cupsreject" if busy else "cupsaccept", self.queue.name)

    def set_refusing(self, refusing: bool) -> None:
        """Nothing is a wrong format to a raw queue; it turns the user away instead."""
        self.server.run("lpadmin", "-p", self.queue.name, "-u", "allow:nobody" if refusing else "allow:all")


class FaxRig(Rig):
    """One number."""

    can = frozenset(("adopt", "busy"))
    form = TIFF_F
    busy_kind = OutcomeKind.LINE_BUSY

    def __init__(self, hylafax: HylaFax) -> None:
        super().__init__(FaxChannel(), make_fax_target(hylafax))
        self.hylafax = hylafax

    def make_nowhere(self) -> Target:
        return replace(self.target, options=(("server", f"hylafax://127.0.0.1:{find_port()}"),))

    def make_document(self, size: int = 2000) -> bytes:
        return make_fax(2 if size > 100_000 else 1)

    def read_printed(self) -> list[bytes]:
        return [Path(call.file).read_bytes() for call in self.hylafax.exchange.read_calls() if call.pages]

    def is_same(self, printed: bytes, sent: bytes) -> bool:
        ours, theirs = read_pages(sent), read_pages(printed)
        return len(ours) == len(theirs) and all(map(same_below_header, ours, theirs))

    def set_busy(self, busy: bool) -> None:
        self.hylafax.exchange.say(DIALLED, BUSY if busy else FAX)


class PcRig(Rig):
    """A PC at the real mailbox."""

    can = frozenset(("busy", "adopt"))

    def __init__(self, channel: Channel, pc: TakingPc) -> None:
        super().__init__(channel, make_target("pc:Frontdesk"))
        self.pc = pc

    def make_nowhere(self) -> Target:
        return make_target("pc:nobody")

    def read_printed(self) -> list[bytes]:
        return list(self.pc.kept)

    def set_busy(self, busy: bool) -> None:
        self.pc.full = busy


class WebhookRig(Rig):
    """A web service on loopback. It cannot be asked what it has."""

    can = frozenset(("busy", "refuse"))

    def __init__(self, service: WebService) -> None:
        super().__init__(WebhookChannel(), name_webhook(service.url))
        self.service = service

    def make_nowhere(self) -> Target:
        return name_webhook(f"http://127.0.0.1:{find_port()}/")

    def read_printed(self) -> list[bytes]:
        return list(self.service.taken.values())

    def set_busy(self, busy: bool) -> None:
        self.service.status, self.service.headers = (503, ("Retry-After: 7",)) if busy else (200, ())

    def set_refusing(self, refusing: bool) -> None:
        self.service.status = 415 if refusing else 200


class MailRig(Rig):
    """What a relay takes is not known to be refused or busy but by its answer to RCPT."""

    can = frozenset(("busy", "refuse"))
    is_asked = False

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


def make_target(uri: str, timeouts: Timeouts = PATIENT) -> Target:
    """A destination at that address."""
    return Target(parse_address(uri), "Branch", timeouts=timeouts)


@contextlib.asynccontextmanager
async def run_fake_ipp(folder: Path) -> AsyncIterator[Rig]:
    del folder
    async with run_fake_printer() as printer:
        rig = FakeIppRig(printer)
        try:
            yield rig
        finally:
            await rig.channel.close()


@contextlib.asynccontextmanager
async def run_eve(folder: Path) -> AsyncIterator[Rig]:
    with run_eve_printer(folder) as printer:
        rig = EveRig(printer)
        try:
            yield rig
        finally:
            await rig.channel.close()


@contextlib.asynccontextmanager
async def run_cups(folder: Path) -> AsyncIterator[Rig]:
    del folder
    if importlib.util.find_spec("cups") is None:
        pytest.skip(LACKING)  # pycups is an optional part: what it takes to build may be missing
    with run_cups_server() as server:
        rig = CupsRig(server, server.add_queue("Office"))
        try:
            yield rig
        finally:
            await rig.channel.close()


@contextlib.asynccontextmanager
async def run_fax(folder: Path) -> AsyncIterator[Rig]:
    del folder
    with run_hylafax() as hylafax:
        rig = FaxRig(hylafax)
        try:
            yield rig
        finally:
            await rig.channel.close()


@contextlib.asynccontextmanager
async def run_pc(folder: Path) -> AsyncIterator[Rig]:
    async with run_office(folder) as office:
        pc = TakingPc(office)
        await asyncio.to_thread(pc.take_all)
        taking = asyncio.create_task(pc.run())
        try:
            yield PcRig(InSpool(office), pc)
        finally:
            taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await taking


@contextlib.asynccontextmanager
async def run_webhook(folder: Path) -> AsyncIterator[Rig]:
    del folder
    async with run_service() as service:
        rig = WebhookRig(service)
        try:
            yield rig
        finally:
            await rig.channel.close()


@contextlib.asynccontextmanager
async def run_mail(folder: Path) -> AsyncIterator[Rig]:
    del folder
    with run_post_office() as office:
        rig = MailRig(office)
        try:
            yield rig
        finally:
            await rig.channel.close()


RIGS: dict[str, tuple[type[Rig], Callable[[Path], AbstractAsyncContextManager[Rig]]]] = {
    "fake-ipp": (FakeIppRig, run_fake_ipp),
    "ippeveprinter": (EveRig, run_eve),
    "cups": (CupsRig, run_cups),
    "hylafax": (FaxRig, run_fax),
    "pc": (PcRig, run_pc),
    "mail": (MailRig, run_mail),
    "webhook": (WebhookRig, run_webhook),
}
REAL = frozenset(("ippeveprinter", "cups", "hylafax"))


def rigs_that_can(*abilities: str) -> list[str]:
    """Names of the rigs that can do all of these."""
    return [name for name, (kind, _) in RIGS.items() if kind.can.issuperset(abilities)]

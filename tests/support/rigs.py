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
from pathlib import Path

import pytest

from distserver.deliver.channels.cups import LACKING, CupsChannel
from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Channel, Target, Timeouts
from distserver.model.address import parse_address
from distwire.ipp import Status
from tests.support.cupsd import CupsQueue, CupsServer, run_cups_server
from tests.support.fake_printer import FakePrinter, run_fake_printer
from tests.support.ippeveprinter import EvePrinter, find_port, run_eve_printer
from tests.support.rig_pc import InSpool, TakingPc, run_office

PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=60)


class Rig:
    """One destination. What `can` does not name need not be written."""

    can: frozenset[str] = frozenset()

    def __init__(self, channel: Channel, target: Target) -> None:
        self.channel = channel
        self.target = target

    def make_nowhere(self) -> Target:
        """An address of this kind where nobody listens."""
        return make_target(f"ipp://127.0.0.1:{find_port()}/ipp/print")

    def read_printed(self) -> list[bytes]:
        """The documents that came out (or were taken to be printed), oldest first."""
        raise NotImplementedError

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


RIGS: dict[str, tuple[type[Rig], Callable[[Path], AbstractAsyncContextManager[Rig]]]] = {
    "fake-ipp": (FakeIppRig, run_fake_ipp),
    "ippeveprinter": (EveRig, run_eve),
    "cups": (CupsRig, run_cups),
    "pc": (PcRig, run_pc),
}
REAL = frozenset(("ippeveprinter", "cups"))


def rigs_that_can(*abilities: str) -> list[str]:
    """Names of the rigs that can do all of these."""
    return [name for name, (kind, _) in RIGS.items() if kind.can.issuperset(abilities)]

"""Rigs: a destination of some kind, real or fake, with a handle on it, for the contract suite over all channels.

A rig is an async context manager in `RIGS` that yields a `Rig`. To add one: subclass `Rig`, write the context manager,
add a line. `can` names what the rig's destination can be made to do; tests that need more are not made for it.

    paper   it can run out of paper and be filled again        busy     it can be busy with something else
    refuse  it can refuse a document's format for good         adopt    it can be asked for a job by name
    cancel  it can stop a job that waits for paper
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Channel, Target, Timeouts
from distserver.model.address import parse_address
from distwire.ipp import Status
from tests.support.fake_printer import FakePrinter, run_fake_printer
from tests.support.ippeveprinter import EvePrinter, run_eve_printer

PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=60)


class Rig:
    """One destination. What `can` does not name need not be written."""

    can: frozenset[str] = frozenset()

    def __init__(self, channel: Channel, target: Target) -> None:
        self.channel = channel
        self.target = target

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


RIGS: dict[str, tuple[type[Rig], Callable[[Path], AbstractAsyncContextManager[Rig]]]] = {
    "fake-ipp": (FakeIppRig, run_fake_ipp),
    "ippeveprinter": (EveRig, run_eve),
}
REAL = frozenset(("ippeveprinter",))


def rigs_that_can(*abilities: str) -> list[str]:
    """Names of the rigs that can do all of these."""
    return [name for name, (kind, _) in RIGS.items() if kind.can.issuperset(abilities)]

"""A PC of a fake kind for the contract suite: it speaks to the real letters of a real database, without HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from distserver.deliver.channels.pc import PcChannel
from distserver.deliver.contract import DeliveryRequest, Outcome, Watch
from distserver.errors import UserError
from distserver.jobs.attendance import AttendanceList
from distserver.jobs.letters import Letters
from distserver.jobs.mailbox import PcMailbox
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.store.database import Database
from distserver.store.migrate import migrate
from distserver.store.spool import Spool

PC = Actor("pc:frontdesk", Role.DEVICE)


class Office:
    """Both ends of the mailbox: what a worker has, and what a web server has."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'letters.db'}", durable=True, pool=6)
        migrate(self.database)
        self.spool = Spool(folder)
        self.mailbox = PcMailbox(self.database, self.spool, time.time)
        self.rings = 0
        self.attendance = AttendanceList(self.database, self.ring, time.time)
        self.letters = Letters(self.database, self.spool, self.attendance, self.ring)
        self.channel = PcChannel(self.mailbox)

    def ring(self) -> None:
        """What the bell does between two processes."""
        self.rings += 1
        self.mailbox.wake()

    def close(self) -> None:
        """Give all back."""
        self.attendance.close()
        self.database.close()


class TakingPc:
    """Takes what is there as the receiver does; with `full` it has no room."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.kept: list[bytes] = []
        self.full = False
        self._names: set[str] = set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.to_thread(self.take_all)
            await asyncio.sleep(0.05)

    def take_all(self) -> None:
        """Once."""
        letters = self.office.letters
        for one in letters.collect(PC, 0.0).letters:
            with contextlib.suppress(UserError):
                if self.full:
                    letters.report_trouble(PC, one.letter.name, "the disk of the PC is full")
                    return
                data = letters.locate(letters.find(PC, one.letter.name), time.time()).read_bytes()
                self.kept.append(data)
                try:
                    letters.store(PC, one.letter.name, hashlib.sha256(data).hexdigest(), time.time())
                except UserError:
                    self.kept.remove(data)
                    raise
                assert one.letter.name not in self._names, "a letter came twice"
                self._names.add(one.letter.name)


class InSpool(PcChannel):
    """The channel, with documents that lie somewhere else copied into its spool first."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.mailbox)
        self._office = office

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        path = request.rendition.path
        if not path.is_relative_to(self._office.spool.root):
            target = self._office.spool.rendition_dir / path.name
            target.write_bytes(path.read_bytes())
            request = replace(request, rendition=replace(request.rendition, path=target))
        return await super().deliver(request, watch)


@contextlib.asynccontextmanager
async def run_office(folder: Path) -> AsyncIterator[Office]:
    """An office with a database of its own."""
    office = await asyncio.to_thread(Office, folder)
    try:
        yield office
    finally:
        await asyncio.to_thread(office.close)

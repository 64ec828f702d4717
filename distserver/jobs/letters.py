"""What a PC does with its letters: sees them, takes them, says that they are on its disk, and what became of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from distserver.errors import BadRequest, Conflict, NotFound
from distserver.jobs.attendance import AttendanceList
from distserver.jobs.standing import readable
from distserver.model.address import Channel, parse_address
from distserver.model.documents import Document
from distserver.model.jobs import Actor
from distserver.model.letters import Attendance, LetterAct, LetterStanding, LetterState
from distserver.store import jobs, letters
from distserver.store.database import Database
from distserver.store.spool import Spool

log = logging.getLogger(__name__)

MOST_LISTED = 50
_TOUCH_SECONDS = 3.0
_KEPT_SECONDS = 90 * 86400.0
_DIGEST = re.compile(r"[0-9a-f]{64}")
_GONE = "no letter of this name is here for this PC: drop what you have of it"
_WITHDRAWN = "this letter was withdrawn, and may come again under another name: drop what you have of it"


@dataclass(frozen=True, slots=True)
class Collected:
    """What a PC may take, the oldest first, and after how many seconds it should ask again."""

    letters: Sequence[LetterStanding]
    pause: float


class Letters:
    """For PCs, each of which sees its own letters alone."""

    def __init__(self, database: Database, spool: Spool, attendance: AttendanceList, wake: Callable[[], None]) -> None:
        self._database = database
        self._spool = spool
        self._attendance = attendance
        self._wake = wake

    def collect(self, by: Actor, seconds: float) -> Collected:
        """What is there for the PC; with nothing there, after waiting for it for up to so many seconds."""
        pc = _check(by)
        pause = self._attendance.arrive(pc)
        found = self._list(pc)
        if not found and seconds > 0 and self._attendance.wait(pc, seconds):
            found = self._list(pc)
        return Collected(found, pause)

    def find(self, by: Actor, name: str) -> LetterStanding:
        """A letter of this PC that it may take. Raises `NotFound`, and `Conflict` when it was withdrawn."""
        pc = _check(by)
        with self._database.read() as connection:
            found = letters.find(connection, name)
        if found is None or found.letter.pc != pc:
            raise NotFound(_GONE)
        if found.state is LetterState.WITHDRAWN:
            raise Conflict(_WITHDRAWN)
        return found

    def find_documents(self, by: Actor, name: str) -> tuple[Document, ...]:
        """The documents of the letter's job, as they were sent in; empty when they are gone."""
        found = self.find(by, name)
        job_id = _job_of(found)
        with self._database.read() as connection:
            return tuple(jobs.documents_of(connection, [job_id]).get(job_id, ()))

    def locate(self, found: LetterStanding, now: float) -> Path:
        """Where its bytes are; notes that the PC takes some."""
        if found.touched is None or now - found.touched > _TOUCH_SECONDS:
            with self._database.begin() as connection:
                letters.change(connection, found.letter.name, {"touched": now})
        return self._spool.root / found.letter.place

    def store(self, by: Actor, name: str, digest: str, now: float) -> LetterStanding:
        """The PC has it on its disk, with this digest. Said twice, it is answered alike.

        Raises `BadRequest` for another digest than the letter's, and what `find` raises.
        """
        found = self.find(by, name)
        if not _DIGEST.fullmatch(digest) or digest != found.letter.digest:
            raise BadRequest("what you have is not what was sent: its SHA-256 differs; fetch it again")
        with self._database.begin() as connection:
            if letters.settle(connection, name, LetterState.STORED, now):
                letters.forget(connection, now - _KEPT_SECONDS)
            after = letters.find(connection, name)
        if after is None or after.state is not LetterState.STORED:
            raise Conflict(_WITHDRAWN)
        if found.state is not LetterState.STORED:
            log.info("letter-stored", {"job": _job_of(found), "delivery": name, "pc": by.name})
            self._wake()
        return after

    def report_trouble(self, by: Actor, name: str, words: str) -> None:
        """The PC cannot take it now: the worker withdraws it, and offers it again later."""
        self.find(by, name)
        with self._database.begin() as connection:
            letters.change(connection, name, {"trouble": readable(words)})
        self._wake()

    def note(self, by: Actor, name: str, act: LetterAct, printer: str, now: float) -> None:
        """It was read, or printed; the first time stands on the receipt."""
        found = self.find(by, name)
        at, printer = datetime.fromtimestamp(now, UTC), readable(printer)
        where = f" on {printer}" if printer else ""
        with self._database.begin() as connection:
            if not letters.note_first(connection, name, act.value, now):
                return
            if act is LetterAct.PRINTED:
                letters.change(connection, name, {"printer": printer})
            words = f"; {act.value} there{where} at {at:%Y-%m-%d %H:%M:%S} UTC"
            letters.add_to_receipt(connection, found.letter, words, now)

    def let_go(self) -> None:
        """This process is about to end: answer all who wait."""
        self._attendance.let_go()

    def list_attendances(self) -> list[Attendance]:
        """When each PC that ever came was last heard of."""
        with self._database.read() as connection:
            return letters.list_attendances(connection)

    def _list(self, pc: str) -> list[LetterStanding]:
        with self._database.read() as connection:
            return letters.list_offered(connection, pc, MOST_LISTED)


def _check(by: Actor) -> str:
    """The PC that asks. Raises `NotFound`: other devices have no letters."""
    if parse_address(by.name).channel is not Channel.PC:
        raise NotFound(f"letters are for PCs; {by.name} is none")
    return by.name


def _job_of(found: LetterStanding) -> str:
    return found.letter.delivery.rpartition("-")[0]

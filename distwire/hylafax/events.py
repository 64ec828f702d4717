"""What a server tells by itself (SITE TRIGGER): a line for each thing that happens to a job, a call or a modem."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from enum import IntEnum

from distwire.hylafax.failures import HylaFaxLost
from distwire.hylafax.reply import read_line

_LINE = re.compile(r"([0-9]{6}) ([0-9]{3}) (.*)", re.DOTALL)
_JOB = re.compile(r"JOB ([0-9]{1,12}) ")
_PAGE = re.compile(r"[Pp]age ([0-9]{1,6}) sent in ([0-9:]+).*<([^>]*)>")


class EventCode(IntEnum):
    """Those that say something of a delivery (faxd's Trigger.h, plus 100)."""

    DEAD = 104
    REAPED = 106
    KILLED = 109
    PAGE_SENT = 119
    SEND_ENDED = 123
    REQUEUED = 125
    COMPLETED = 126


JOB_EVENTS = "J*S*"
"""What is asked for (SITE TRIGGER): all that happens to jobs and to their sending."""

MISSED = 0
"""The code of an event that no server has told: some may have been missed."""


@dataclass(frozen=True, slots=True)
class PageSent:
    """A page that the far end has confirmed: its number in the call's document, how long it took (H:MM:SS), and how it
    went: `3.85 line/mm, 2-D MMR, 14400 bit/s, 0 ms/scanline`."""

    number: int
    took: str
    traits: str


@dataclass(frozen=True, slots=True)
class Event:
    """`job` is None for events of modems."""

    code: int
    job: int | None
    words: str

    @property
    def page(self) -> PageSent | None:
        """Which page it was, where the event is one of a page."""
        found = _PAGE.search(self.words) if self.code == EventCode.PAGE_SENT else None
        return PageSent(int(found[1]), found[2], found[3]) if found else None


def read_event(line: str) -> Event | None:
    """One line of the stream; None when it is no event."""
    found = _LINE.match(line)
    if found is None:
        return None
    job = _JOB.search(found[3])
    return Event(int(found[2]), int(job[1]) if job else None, found[3])


class EventStream:
    """Events as they come, until the connection ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def next(self) -> Event:
        """The next event. Raises `HylaFaxLost` when there will be no more."""
        while True:
            try:
                line = await self._reader.readline()
            except (OSError, ValueError) as error:
                raise HylaFaxLost(f"the server's events broke off: {error}") from error
            if not line.endswith(b"\n"):
                raise HylaFaxLost("the server's events ended")
            event = read_event(read_line(line))
            if event is not None:
                return event

    async def close(self) -> None:
        """Hear no more of it."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

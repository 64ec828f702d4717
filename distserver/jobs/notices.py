"""Notices on their way to people: taken up by one process, told, put off with growing pauses, or given up (SPEC N4)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from distserver.model.notices import UntoldNotice
from distserver.store import notices
from distserver.store.database import Database

log = logging.getLogger(__name__)

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class NoticePace:
    """Seconds. `gather`: how long the first notice waits for others, so that each owner has one mail of them all;
    `claim`: how long a process may have notices in hand; `pause` and `longest`: between tries, doubled each time;
    `stale`: the age from which a notice is no news any more."""

    gather: float = 60.0
    claim: float = 300.0
    pause: float = 60.0
    longest: float = 3600.0
    stale: float = 86400.0


class Notices:
    """The notices of one database, for one process that mails them. Blocks: for threads."""

    def __init__(self, database: Database, clock: Callable[[], float], pace: NoticePace | None = None) -> None:
        self.pace = pace or NoticePace()
        self._database = database
        self._clock = clock
        self._claim = secrets.token_hex(8)

    def take(self) -> Sequence[UntoldNotice]:
        """What is to be mailed now; nobody else has it for `pace.claim` seconds. What is stale is given up."""
        now = self._clock()
        with self._database.read() as connection:
            if not notices.notices_ripe(connection, now, self.pace.gather):
                return []
        with self._database.begin() as connection:
            taken = notices.take_notices(
                connection,
                self._claim,
                now,
                until=now + self.pace.claim,
                gather=self.pace.gather,
                limit=_AT_ONCE,
            )
            stale = [one for one in taken if now - one.notice.at > self.pace.stale]
            notices.end_notices(connection, self._claim, [one.key for one in stale], None)
        for one in stale:
            log.error("notice-given-up", {"destination": one.notice.object, "kind": one.notice.kind})
        given_up = {one.key for one in stale}
        return [one for one in taken if one.key not in given_up]

    def note_reached(self, keys: Collection[int], address: str) -> None:
        """The mail server has taken these for this address: it is not asked again for that."""

        def note() -> None:
            with self._database.begin() as connection:
                notices.hasten(connection, self._clock())
                notices.note_reached(connection, self._claim, keys, address)

        self._database.patiently(note)

    def end(self, told: Collection[int], untold: Collection[int]) -> None:
        """These are `told`; of the `untold` ones nobody is, or can be."""

        def write() -> None:
            with self._database.begin() as connection:
                notices.end_notices(connection, self._claim, told, self._clock())
                notices.end_notices(connection, self._claim, untold, None)

        if told or untold:
            self._database.patiently(write)

    def put_off(self, some: Collection[UntoldNotice]) -> None:
        """These could not be mailed just now."""
        if not some:
            return
        tries = max(one.tries for one in some)  # together the next time: one mail, not many
        pause = min(self.pace.pause * 2.0 ** min(tries, 20), self.pace.longest)
        with self._database.begin() as connection:
            notices.put_off(connection, self._claim, [one.key for one in some], self._clock() + pause)

    def release(self, keys: Collection[int]) -> None:
        """These were not got to in time."""
        if keys:
            with self._database.begin() as connection:
                notices.release(connection, self._claim, keys, self._clock())

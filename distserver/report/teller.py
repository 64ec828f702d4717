"""Tells owners of groups by mail, from a thread of the web process, which has the group files (SPEC N4).

Any number of processes may do so beside each other: a notice is in the hands of one of them. The mail server's word is
written down for each letter at once; a process that dies between the two sends the same letter again, under the same
Message-ID.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from distserver.errors import LaterError, MailUnavailable
from distserver.groups.snapshot import Snapshot
from distserver.jobs.notices import Notices
from distserver.model.notices import UntoldNotice
from distserver.report import notify
from distserver.report.mail import MailServer, MailSession, open_session
from distserver.report.notify import Holders

log = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
_SHARE_OF_CLAIM = 0.4  # of the time that notices are ours, letters are begun: what was begun ends within it


@dataclass(frozen=True, slots=True)
class House:
    """What letters say of this installation: where its board is; `default` is told of what has no owner."""

    url: str
    default: tuple[str, ...] = ()


@dataclass(slots=True)
class _Round:
    """Notices in hand, and what became of them by key: put off, told to somebody."""

    notices: dict[int, UntoldNotice]
    late: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)


class Teller:
    """Mails what there is to tell, in a thread between `start` and `stop`."""

    def __init__(self, notices: Notices, snapshot: Callable[[], Snapshot], server: MailServer, house: House) -> None:
        self._notices = notices
        self._snapshot = snapshot
        self._server = server
        self._house = house
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no further letter, and wait a moment for the one that is under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(self._server.seconds)

    def tell_due(self) -> None:
        """Mail what is due now. Raises `LaterError` when the database is away; what the mail server does not take is
        put off."""
        taken = self._notices.take()
        if not taken:
            return
        holders = notify.find_holders(taken, self._snapshot())
        now = _Round({one.key: one for one in taken}, told={one.key for one in taken if one.reached})
        letters = notify.sort_notices(taken, holders, self._house.default)
        try:
            if letters:
                self._send_all(letters, holders, now)
        except MailUnavailable as error:
            facts = {"host": self._server.host, "notices": len(now.late), "error": str(error)}
            log.warning("mail-put-off", facts)
        self._settle(now)

    def _send_all(self, letters: dict[str, list[UntoldNotice]], holders: Holders, now: _Round) -> None:
        """One letter to each; those that are not gone when it breaks off are late."""
        until = time.monotonic() + self._notices.pace.claim * _SHARE_OF_CLAIM
        waiting = dict(letters)
        try:
            with open_session(self._server) as session:
                for to, notices in letters.items():
                    if self._ended.is_set() or time.monotonic() > until:
                        break
                    self._send(session, to, notices, holders, now)
                    del waiting[to]
        except MailUnavailable:
            now.late |= _keys(waiting.values())
            raise
        now.left |= _keys(waiting.values())

    def _send(
        self, session: MailSession, to: str, notices: Sequence[UntoldNotice], holders: Holders, now: _Round
    ) -> None:
        fate = session.send(notify.write_letter(to, notices, holders, self._house.url))
        keys = {one.key for one in notices}
        if fate.taken:
            self._notices.note_reached(keys, to)
            now.told |= keys
            log.info("mail-sent", {"to": to, "notices": len(keys)})
        elif fate.for_good:
            log.error("mail-refused", {"to": to, "notices": len(keys), "answer": fate.answer})
        else:
            now.late |= keys
            log.warning("mail-deferred", {"to": to, "notices": len(keys), "answer": fate.answer})

    def _settle(self, now: _Round) -> None:
        """Write down what became of each notice: one that somebody has yet to be told of stays."""
        self._notices.put_off([now.notices[key] for key in now.late])
        self._notices.release(now.left - now.late)
        over = now.notices.keys() - now.late - now.left
        self._notices.end(over & now.told, over - now.told)

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                self.tell_due()
            except LaterError as error:
                log.warning("store-unavailable", {"error": str(error)})
            except Exception:  # outermost loop: one bad letter must not end all telling
                log.exception("teller-broke")


def _keys(groups: Iterable[Sequence[UntoldNotice]]) -> set[int]:
    return {one.key for notices in groups for one in notices}

"""What the screen shows and does, without the web."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pc_client.desktop.keys import Keys
from pc_client.receiver.handover import describe_session
from pc_client.receiver.inbox import Document, Inbox, read_clock
from pc_client.receiver.notices import Announcer
from pc_client.receiver.pages import PageDrawer
from pc_client.receiver.taking import Taker
from pc_client.settings import PcSettings

_ALIVE_SECONDS = 8.0
_MOST_FRESH = 50
"""That a dialog shows; a PC that was off for weeks gets thousands."""


@dataclass(slots=True)
class Desk:
    """`announcer` and `show`, which opens a window with a page, are set before anything is told; `end` makes room for
    the receiver of another session, and is None for one that does not."""

    settings: PcSettings
    inbox: Inbox
    taker: Taker
    announcer: Announcer | None = None
    show: Callable[[str], None] = lambda page: None
    end: Callable[[], None] | None = None
    session: str = field(default_factory=describe_session)
    keys: Keys = field(default_factory=Keys)
    drawer: PageDrawer = field(default_factory=PageDrawer)
    _asked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_dialog(self) -> bool:
        """A dialog is on the screen."""
        with self._lock:
            self._asked = time.monotonic()
        return True

    def shows_dialog(self) -> bool:
        """A dialog is on the screen, and tells by itself of what comes."""
        with self._lock:
            return bool(self._asked) and time.monotonic() - self._asked < _ALIVE_SECONDS

    def describe(self) -> dict[str, Any]:
        """All that changes by itself."""
        line, fresh = self.taker.line, self.inbox.list_unannounced()
        quiet, quiet_until = self.announcer is not None and self.announcer.is_quiet(), self.inbox.find_quiet()
        return {
            "serial": self.inbox.serial,
            "name": self.settings.name,
            "server": {"state": line.state, "words": line.words, "keyword": line.keyword, "url": self.settings.server},
            "quiet": quiet,
            "quiet_until": quiet_until if quiet_until > read_clock() else 0,
            "printer": self.settings.printer,
            "fresh": [] if quiet else [describe_document(one) for one in fresh[:_MOST_FRESH]],
            "fresh_count": 0 if quiet else len(fresh),
            "fresh_last": fresh[-1].number if fresh else 0,
            "arriving": [self._describe_arriving(one) for one in self.inbox.list_arriving()],
            "unread": self.inbox.count_unread(),
        }

    def _describe_arriving(self, one: Document) -> dict[str, Any]:
        path = self.inbox.part_path(one.id)
        return {**describe_document(one), "octets": path.stat().st_size if path.exists() else 0}


def describe_document(one: Document) -> dict[str, Any]:
    """A document as JSON; times are seconds since the epoch."""
    return {
        "id": one.id,
        "title": one.title,
        "sender": one.sender,
        "pages": one.pages,
        "copies": one.copies,
        "size": one.size,
        "sent": one.sent,
        "arrived": one.arrived,
        "read": one.read,
        "printed": one.printed,
        "printer": one.printer,
    }

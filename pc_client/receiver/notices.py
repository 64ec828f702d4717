"""Says that something came: a notice of the desktop, and the dialog that asks whether to show it (SPEC D14)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from pc_client.receiver.inbox import Document, Inbox, read_clock
from pc_client.receiver.rounds import Rounds
from pc_client.receiver.words import ENGLISH, Words
from pc_client.settings import PcSettings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 15.0
Notify = Callable[[str, str], None]


class Announcer(Rounds):
    """Runs in a thread of its own. `show` has the dialog come up by itself, `notify` gives a notice of the desktop: one
    for what is new, since desktops keep them, however long the dialog waits for an answer."""

    def __init__(
        self,
        settings: PcSettings,
        inbox: Inbox,
        notify: Notify,
        show: Callable[[], None],
        words: Words = ENGLISH,
    ) -> None:
        super().__init__(_LOOK_SECONDS)
        self._settings = settings
        self._inbox = inbox
        self._notify = notify
        self._show = show
        self._words = words
        self._noticed = 0
        """The number of the newest document that a notice has told of."""

    def go_round(self) -> None:
        """Tell of what has come."""
        try:
            self.announce()
        except OSError as error:
            log.warning("nobody can be told of what came: %s", error)

    def announce(self) -> None:
        """Tell of all that nobody was told of; when people want to be left alone, later."""
        fresh = self._inbox.list_unannounced()
        if not fresh or self.is_quiet():
            return
        newest = fresh[-1].number or 0
        if newest > self._noticed:
            self._notify(*describe(fresh, self._words))
            self._noticed = newest
        if self._settings.dialog:
            self._show()
        else:
            self._inbox.note_announced([one.id for one in fresh], read_clock())

    def is_quiet(self) -> bool:
        """People want to be left alone now."""
        if self._inbox.find_quiet() > read_clock():
            return True
        now = datetime.now().astimezone()
        return is_within(f"{now:%H:%M}", self._settings.quiet_from, self._settings.quiet_to)


def is_within(now: str, first: str, last: str) -> bool:
    """Whether a time of day, HH:MM, lies in a span that may go over midnight; a span without both ends is none."""
    if not first or not last or first == last:
        return False
    return first <= now < last if first < last else now >= first or now < last


def describe(fresh: Sequence[Document], words: Words = ENGLISH) -> tuple[str, str]:
    """Title and text of the notice."""
    one = fresh[0]
    if len(fresh) > 1:
        return words.come(len(fresh)), "\n".join(each.title for each in fresh[:5])
    return words.come(1), f"{one.title}\n{words.details(one.sender, one.pages)}"

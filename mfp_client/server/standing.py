"""How the server stands, as the device knows from its last answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from distwire.api.failures import ApiError, NotUnderstood, Unreachable, Untrusted
from mfp_client.works.link import LinkState


@dataclass(frozen=True, slots=True)
class Standing:
    """`since`: seconds since the epoch. `up` before it was ever asked, so that somebody asks."""

    state: LinkState
    words: str = ""
    since: float = 0.0


class StandingBoard:
    """Where every answer of the server is noted. `changed` is called when it stands otherwise than before."""

    def __init__(self, first: LinkState, changed: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._asked = 0.0
        self.standing = Standing(first, "", clock())

    def note_answer(self) -> None:
        """It has answered."""
        self._note("up", "")

    def note_failure(self, error: ApiError) -> None:
        """It has not, or not as our server does."""
        if isinstance(error, Untrusted | NotUnderstood):
            self._note("refused", str(error))
        elif isinstance(error, Unreachable):
            self._note("down", str(error))

    def note_sign(self) -> None:
        """It is there, and has not said whether it takes the device's own token."""
        if self.standing.state == "down":
            self.note_answer()

    def note_refusal(self, words: str) -> None:
        """It does not take the device's token."""
        self._note("refused", words)

    def is_down_for_now(self, seconds: float) -> bool:
        """Whether it did not answer within the last so many seconds: not worth a person's time to ask again."""
        return self.standing.state == "down" and time.monotonic() - self._asked < seconds

    def _note(self, state: LinkState, words: str) -> None:
        with self._lock:
            self._asked = time.monotonic()
            before = self.standing
            if (before.state, before.words) == (state, words):
                return
            since = before.since if before.state == state else self._clock()
            self.standing = Standing(state, words, since)
        self._changed()

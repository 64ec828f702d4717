"""Log-in at the panel: the server decides; while it is away, the device lets in whom it knows (SPEC D5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from distwire.api.failures import Refused, Unreachable
from distwire.api.panel import SignedIn, SignIn
from mfp_client.panel.people import People, Remembered
from mfp_client.panel.refusals import Refusal
from mfp_client.works.person import Person

OPERATORS = ("administrator", "operator")
_FREE_TRIES = 5
_LONGEST_PAUSE = 300.0
_FORGOTTEN_AFTER = 900.0
_STRANGERS, _CARDS = " strangers", " cards"
"""Keys under which wrong tries are counted that are no known person's; no name has a space."""


class Server(Protocol):
    """What log-in asks of the server; `mfp_client.server.link.ServerLink` is one."""

    def sign_in(self, who: SignIn) -> SignedIn:
        """Who this is. Raises `distwire.api.failures.ApiError`."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who has been let in; `offline`: by the device alone. `role` and `language` are those of the server,
    `language` empty when nobody has said it."""

    person: Person
    role: str = ""
    language: str = ""
    offline: bool = False


class LogIn:
    """Lets people in; while the server is away one try after the other, so that many at once gain nothing."""

    def __init__(
        self,
        people: People,
        server: Server,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` tells the time of day; `steady` does not jump with it, so that nobody guesses on by setting it."""
        self._people = people
        self._server = server
        self._clock = clock
        self._patience = _Patience(steady)
        self._one_by_one = threading.Lock()

    def by_password(self, user: str, password: str) -> Arrival:
        """Raises `Refusal` (`wrong-password`, `locked-out`, `server-down`), or what the server says."""
        user = user.strip()
        try:
            said = self._server.sign_in(SignIn(user=user, password=password))
        except Refused as error:
            if error.keyword == "wrong-password" and self._people.find_by_password(user, password):
                self._people.forget(user)  # it was changed
            raise
        except Unreachable as error:
            key = user if self._people.find(user) is not None else _STRANGERS
            return self._let_in_offline(key, lambda: self._people.find_by_password(user, password), error)
        return self._let_in(said, password=password)

    def by_card(self, card: str) -> Arrival:
        """Raises `Refusal` (`card-unknown`, `locked-out`, `server-down`), or what the server says."""
        try:
            said = self._server.sign_in(SignIn(card=card))
        except Refused as error:
            if error.keyword == "card-unknown":
                self._people.forget_card(card)
            raise
        except Unreachable as error:
            return self._let_in_offline(_CARDS, lambda: self._people.find_by_card(card), error)
        return self._let_in(said, card=card)

    def _let_in(self, said: SignedIn, *, password: str | None = None, card: str | None = None) -> Arrival:
        known = Remembered(said.user, said.role, said.grant, said.grant_expires.timestamp(), self._clock())
        self._people.confirm(known, password=password, card=card)
        return _arrive(known, said.language, offline=False)

    def _let_in_offline(self, key: str, find: Callable[[], Remembered | None], error: Unreachable) -> Arrival:
        with self._one_by_one:
            self._patience.check(key)
            known = find()
            if known is None:
                self._patience.note_failure(key)
        if known is None:
            raise Refusal(
                "server-down",
                f"the server cannot be reached, and this device does not know you: {error}",
            ) from error
        if key != _CARDS:  # who holds one card would guess others for ever between two uses of it
            self._patience.forget(key)
        return _arrive(known, None, offline=True)


def _arrive(known: Remembered, language: str | None, *, offline: bool) -> Arrival:
    person = Person(known.user, operator=known.role in OPERATORS)
    return Arrival(person, known.role, language or "", offline)


class _Patience:
    """After a few wrong tries each further one waits twice as long as the one before. They are forgotten when nothing
    was tried for a while; there is a key for each person whom the device knows, so their number has a limit."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, key: str) -> None:
        until = self._failures.get(key, (0, 0.0))[1]
        left = until - self._clock()
        if left > 0:
            raise Refusal("locked-out", f"too many wrong tries: wait {left:.0f} seconds", seconds=round(left))

    def note_failure(self, key: str) -> None:
        before, until = self._failures.get(key, (0, 0.0))
        now = self._clock()
        count = before + 1 if now - until < _FORGOTTEN_AFTER else 1
        pause = min(2.0 ** min(count - _FREE_TRIES, 10), _LONGEST_PAUSE) if count >= _FREE_TRIES else 0.0
        self._failures[key] = count, now + pause

    def forget(self, key: str) -> None:
        self._failures.pop(key, None)

"""Who has logged in here: remembered on the disk, so that they are known while the server is away (SPEC D5).

What is kept: role, a verifier of the password (argon2id), keyed digests of cards, and the grant with which the device
acts for a person at the server. `HOME/people.json`, mode 0600; whoever may read it could send in those names.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from distwire.local.own_file import write_own_file

_log = logging.getLogger(__name__)

DAYS_WITHOUT_SERVER = 30
"""So long after the last log-in that the server confirmed, the device lets a person in by itself."""

_MOST_PEOPLE = 5000
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A person as the server last confirmed them, at `confirmed` (seconds since the epoch)."""

    user: str
    role: str
    grant: str
    grant_expires: float
    confirmed: float
    verifier: str = ""
    cards: tuple[str, ...] = ()


@dataclass(slots=True)
class _File:
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    people: dict[str, Remembered] = field(default_factory=dict)


class People:
    """The remembered people of one device. Safe for threads; one process writes."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = home / "people.json"
        self._clock = clock
        self._lock = threading.Lock()
        self._file = _read(self._path)

    def confirm(self, person: Remembered, *, password: str | None = None, card: str | None = None) -> None:
        """The server has just let this person in, by password or by card: remember what was shown."""
        with self._changing() as people:
            before = people.get(person.user)
            verifier, cards = (before.verifier, before.cards) if before else ("", ())
            if password is not None:
                verifier = _HASHER.hash(password)
            people[person.user] = replace(person, verifier=verifier, cards=cards)
            if card is not None:
                self._give_card(people, person.user, card)

    def add_card(self, user: str, card: str) -> None:
        """A card that the server has registered for somebody; it is nobody else's any more."""
        with self._changing() as people:
            self._give_card(people, user, card)

    def forget_card(self, card: str) -> None:
        """The server knows this card as nobody's: it has been removed there."""
        with self._changing() as people:
            self._give_card(people, None, card)

    def forget(self, user: str) -> None:
        """The server does not know this person, or this password, any more."""
        with self._changing() as people:
            people.pop(user, None)

    def find(self, user: str) -> Remembered | None:
        """A person as they were last confirmed."""
        return self._file.people.get(user)

    def find_by_password(self, user: str, password: str) -> Remembered | None:
        """The person, if this is their password and the server has confirmed them lately."""
        known = self._lately(self.find(user))
        if known is None or not known.verifier:
            return None
        try:
            _HASHER.verify(known.verifier, password)
        except (VerificationError, InvalidHashError):
            return None
        return known

    def find_by_card(self, card: str) -> Remembered | None:
        """The person whose card this is, if the server has confirmed them lately."""
        digest = self._digest(card)
        return next((self._lately(one) for one in self._file.people.values() if digest in one.cards), None)

    def grant_of(self, user: str) -> str | None:
        """What the device shows the server when it acts for somebody; None when they must log in first."""
        known = self.find(user)
        return known.grant if known is not None and known.grant_expires > self._clock() else None

    def _give_card(self, people: dict[str, Remembered], user: str | None, card: str) -> None:
        digest = self._digest(card)
        for name, known in people.items():
            others = tuple(one for one in known.cards if one != digest)
            people[name] = replace(known, cards=(*others, digest) if name == user else others)

    def _lately(self, known: Remembered | None) -> Remembered | None:
        if known is None or known.confirmed < self._clock() - DAYS_WITHOUT_SERVER * 86400:
            return None
        return known

    def _digest(self, card: str) -> str:
        return hmac.new(bytes.fromhex(self._file.key), card.encode(), hashlib.sha256).hexdigest()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Remembered]]:
        """A copy to change, which becomes what is so. On a full disk it is so until the program ends: whoever wants to
        erase something there must log in first."""
        with self._lock:
            people = dict(self._file.people)
            yield people
            kept = sorted(people.values(), key=lambda one: one.confirmed)[-_MOST_PEOPLE:]
            self._file = _File(self._file.key, {one.user: one for one in kept})
            try:
                _write(self._path, self._file)
            except OSError as error:
                _log.warning("who has logged in cannot be kept on the disk: %s", error)


def _read(path: Path) -> _File:
    """What is remembered; nothing when the file is damaged: everybody logs in once more."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        said: dict[str, Any] = json.loads(path.read_bytes())
        people = [_read_person(one) for one in said["people"]]
        bytes.fromhex(said["key"])
        return _File(said["key"], {one.user: one for one in people})
    return _File()


def _read_person(said: dict[str, Any]) -> Remembered:
    times = {name: float(said[name]) for name in ("grant_expires", "confirmed")}
    return Remembered(**{**said, **times, "cards": tuple(map(str, said["cards"]))})


def _write(path: Path, file: _File) -> None:
    body = json.dumps({"key": file.key, "people": [asdict(one) for one in file.people.values()]}).encode()
    write_own_file(path, body)

"""Cards by which users say at a panel who they are (SPEC D5). A card is one user's; its number is not stored.

Numbers of cards are often given out one after the other, so guessing is slow: wrong ones are counted by device, and
right ones between them forgive nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from distserver.accounts.seal import Seal
from distserver.accounts.throttle import Throttle
from distserver.errors import Conflict, Forbidden, NotFound, WrongProof
from distserver.model.accounts import Card, Role, User
from distserver.model.jobs import Actor
from distserver.store import accounts, audit, panels
from distserver.store.database import Database

MOST_OF_ONE = 10
UNKNOWN = "card-unknown"
_PURPOSE = "card"


class Cards:
    """Registered at panels, removed by administrators."""

    def __init__(
        self, database: Database, seal: Seal, clock: Callable[[], float], throttle: Throttle | None = None
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._wrong = throttle or Throttle(free=10)
        self._one_by_one = threading.Lock()

    def sign_in(self, number: str, device: Actor) -> User:
        """Whose card that is. Raises `WrongProof`, and `TooManyTries` after several unknown ones at this device."""
        with self._one_by_one:  # many guesses at once are as many one after the other
            self._wrong.check(device.name)
            user = self._find_user(number, device)
            if user is not None:
                return user
            self._wrong.attempt(device.name)
        raise WrongProof("this card is not registered: log in with your password, then register it", UNKNOWN)

    def add(self, number: str, by: Actor) -> Card:
        """Register a card for who stands before a panel; a second time changes nothing. Raises `Conflict` when it is
        somebody else's: that is counted as a guess."""
        if not by.via:
            raise Forbidden("a card is registered at a panel, by who has logged in there")
        self._wrong.check(by.via)
        digest = self._seal.hash(_PURPOSE, number)
        new = Card(secrets.token_hex(6), by.name, self._clock())
        try:
            with self._database.begin() as connection:
                known = panels.find_card(connection, digest)
                if known is not None and known.user == by.name:
                    return known
                if known is None and len(panels.list_cards(connection, by.name)) >= MOST_OF_ONE:
                    raise Conflict(f"you have {MOST_OF_ONE} cards: have one removed by an administrator first")
                panels.insert_card(connection, new, digest)
                audit.record(connection, new.created, by.name, "card-add", new.id, by.note)
        except IntegrityError as error:
            self._wrong.attempt(by.via)
            raise Conflict("this card is registered for somebody else: an administrator can remove it there") from error
        return new

    def list(self, by: Actor) -> list[Card]:
        """All, by user."""
        _check(by)
        with self._database.read() as connection:
            return panels.list_cards(connection)

    def remove(self, card_id: str, by: Actor) -> Card:
        """Let the card open nothing any more. Raises `NotFound`. Who has logged in with it stays so."""
        _check(by)
        with self._database.begin() as connection:
            card = panels.delete_card(connection, card_id)
            if card is None:
                raise NotFound("there is no such card: it has been removed already")
            audit.record(connection, self._clock(), by.name, "card-remove", card.id, card.user)
        return card

    def _find_user(self, number: str, device: Actor) -> User | None:
        now, digest = self._clock(), self._seal.hash(_PURPOSE, number)
        with self._database.begin() as connection:
            card = panels.find_card(connection, digest)
            user = accounts.find_user(connection, card.user) if card else None
            if card is not None and user is not None and not user.disabled:
                panels.touch_card(connection, card.id, now)
                audit.record(connection, now, user.name, "card-sign-in", card.id, device.name)
                return user
            whose = f"{card.id} {card.user}" if card else ""
            audit.record(connection, now, device.name, "card-refused", device.name, whose)
        return None


def _check(by: Actor) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Forbidden("only an administrator may do this")

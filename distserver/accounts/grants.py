"""Grants: a device acts for the user who stands before its panel, as a sender and never as more (SPEC D5).

A grant is signed and stored nowhere. It holds as long as the device's token does and the user is not disabled and keeps
their password and role, and for seven days at most. On each request both are looked up.
"""

from __future__ import annotations

from collections.abc import Callable

from distserver.accounts.seal import Seal
from distserver.accounts.throttle import Throttle
from distserver.errors import NotSignedIn
from distserver.model.accounts import Grant, Role, User, lesser_role
from distserver.model.jobs import Actor
from distserver.store import accounts
from distserver.store.database import Database

PREFIX = "dg_"
SECONDS = 7 * 86400.0
_PURPOSE = "grant"
_REFUSED = "this log-in at the panel has ended: log in again"


class Grants:
    """Made for devices that have shown who stands before them."""

    def __init__(self, database: Database, seal: Seal, clock: Callable[[], float]) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._wrong = Throttle(free=20)

    def make(self, user: User, device: Actor) -> Grant:
        """One for this user, bound to the token that the device has shown."""
        expires = self._clock() + SECONDS
        facts = {"token": device.token, "user": user.name, "epoch": user.session_epoch, "expires": expires}
        return Grant(user, PREFIX + self._seal.sign(_PURPOSE, facts), expires)

    def authenticate(self, bearer: str, origin: str) -> Actor:
        """The user, at most as a sender, and via which device. Raises `NotSignedIn`, and `TooManyTries` after many
        wrong ones from `origin`."""
        actor = self._read(bearer)
        if actor is None:
            self._wrong.attempt(origin)
            raise NotSignedIn(_REFUSED)
        return actor

    def _read(self, bearer: str) -> Actor | None:
        facts = self._seal.open(_PURPOSE, bearer.removeprefix(PREFIX))
        if facts is None or not self._clock() < float(str(facts["expires"])):
            return None
        with self._database.read() as connection:
            token = accounts.find_token(connection, str(facts["token"]))
            user = accounts.find_user(connection, str(facts["user"]))
        if token is None or token.revoked or token.role is not Role.DEVICE:
            return None
        if user is None or user.disabled or user.session_epoch != facts["epoch"]:
            return None
        return Actor(user.name, lesser_role(user.role, Role.SENDER), via=token.subject, token=token.id)


def is_grant(bearer: str) -> bool:
    """By what it looks like."""
    return bearer.startswith(PREFIX)

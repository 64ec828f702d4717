"""Enrolment of devices (SPEC D9): an administrator has a code shown, somebody types it at the device, and the device
gets a token of its own for it.

A code has eight digits, holds for a quarter of an hour, for one address and for one device; a new one for the address
takes the place of the old one. After some wrong guesses it holds no more, however many servers and addresses they came
from; besides, wrong ones are slowed down by where they come from. The new token takes the place of all that devices at
this address had before.
"""

from __future__ import annotations

import secrets
import shlex
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from distserver.accounts.seal import Seal
from distserver.accounts.throttle import Throttle
from distserver.accounts.tokens import write_token
from distserver.errors import Forbidden, UserError, WrongProof
from distserver.model.accounts import EnrolmentCode, Role, Token
from distserver.model.address import Destination
from distserver.model.jobs import Actor
from distserver.store import accounts, audit, panels
from distserver.store.database import Database

SECONDS = 900.0
MOST_GUESSES = 20
WRONG = "wrong-code"
FindLine = Callable[[str], Destination]
"""The line of all.rec for an address, a host or a name. Raises `NotFound`, `BadRequest` and `Conflict`."""

_PURPOSE = "enrolment"
_REFUSED = (
    "the code is wrong, was used before, is older than a quarter of an hour or is for another address: "
    "have a new one shown on the page Devices of the board"
)


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be shown once: eight digits with a space in the middle, and which device it is for."""

    digits: str
    where: Destination
    expires: float

    @property
    def whole(self) -> str:
        """The digits in one piece, as command lines take them."""
        return self.digits.replace(" ", "")

    def write_command(self, server: str) -> str:
        """What is called at a PC, in a clone, and asks for the code. Names of PCs may hold anything: none of it is the
        shell's."""
        return shlex.join(("deploy/install-pc-client", server, self.where.address.written))


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device and its token's secret, which is not to be had again."""

    where: Destination
    secret: str


class Enrolments:
    """Codes are made by administrators and taken by devices, which have nothing else to show."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        find_line: FindLine,
        clock: Callable[[], float],
        throttle: Throttle | None = None,
    ) -> None:
        self._database = database
        self._seal = seal
        self._find_line = find_line
        self._clock = clock
        self._wrong = throttle or Throttle(free=5, longest=60.0)

    def make_code(self, address: str, by: Actor) -> NewCode:
        """A code for the device at this address, which must have its line in all.rec."""
        _check(by)
        where = self._find_line(address)
        number = f"{secrets.randbelow(10**8):08}"
        now, uri = self._clock(), where.address.uri
        new = EnrolmentCode(uri, now, now + SECONDS)
        with self._database.begin() as connection:
            panels.delete_old_codes(connection, now)
            panels.write_code(connection, new, self._hash(uri, number))
            audit.record(connection, now, by.name, "enrolment-code", uri, "")
        return NewCode(f"{number[:4]} {number[4:]}", where, new.expires)

    def list_codes(self, by: Actor) -> list[EnrolmentCode]:
        """Those that wait for their device."""
        _check(by)
        with self._database.read() as connection:
            return panels.list_codes(connection, self._clock(), MOST_GUESSES)

    def take(self, address: str, code: str, origin: str) -> NewDevice:
        """The token of the device, for the right code; of several that come with it at once, for one.

        Raises `WrongProof`, whatever is wrong: strangers hear nothing of all.rec. Raises `TooManyTries` after some.
        """
        self._wrong.attempt(origin)
        number = _read_digits(code)
        try:
            where = self._find_line(address)
        except UserError:
            where = None
        found = None if where is None else self._redeem(where, number, origin)
        if found is None:
            raise WrongProof(_REFUSED, WRONG)
        self._wrong.succeed(origin)
        return found

    def _redeem(self, where: Destination, number: str, origin: str) -> NewDevice | None:
        now, uri = self._clock(), where.address.uri
        device = Actor(uri, Role.DEVICE)
        with self._database.begin() as connection:
            if panels.take_code(connection, uri, self._hash(uri, number), now, MOST_GUESSES):
                self._revoke_others(connection, device, now)
                token = Token(secrets.token_hex(6), uri, Role.DEVICE, "enrolled by a code", now, None, False)
                return NewDevice(where, write_token(connection, token, device))
            if panels.count_try(connection, uri, now, MOST_GUESSES):  # else strangers could fill the log for nothing
                audit.record(connection, now, origin, "enrolment-refused", uri, "")
        return None

    def _revoke_others(self, connection: Connection, device: Actor, now: float) -> None:
        """An address is one device's: the one that was there before, or was given away, acts for nobody any more."""
        for old in accounts.list_tokens(connection, device.name):
            if old.role is Role.DEVICE and not old.revoked:
                accounts.revoke_token(connection, old.id)
                audit.record(connection, now, device.name, "token-revoke", old.id, "another device was enrolled here")

    def _hash(self, uri: str, number: str) -> str:
        return self._seal.hash(_PURPOSE, f"{number} {uri}")


def _read_digits(code: str) -> str:
    """As it was typed: with spaces or a hyphen, in digits of full width too."""
    return "".join(c for c in unicodedata.normalize("NFKC", code) if not c.isspace() and c != "-")


def _check(by: Actor) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Forbidden("only an administrator may do this")

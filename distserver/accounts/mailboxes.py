"""Whose mail address is whose: who sends by mail sends as the user that the address belongs to. Changes are audited."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy.exc import IntegrityError

from distserver.accounts.service import clean_name
from distserver.errors import BadRequest, Conflict, Forbidden, NotFound
from distserver.model.accounts import Role, User
from distserver.model.jobs import Actor
from distserver.store import accounts, audit, mail_addresses
from distserver.store.database import Database

_MOST = 20
_LONGEST = 254


class Mailboxes:
    """Of all users; safe to use from any thread."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def find_owner(self, address: str) -> User | None:
        """The user whose address it is; None for a stranger's."""
        with self._database.read() as connection:
            name = mail_addresses.find_user_of(connection, fold_mailbox(address))
            return None if name is None else accounts.find_user(connection, name)

    def list_addresses(self, name: str, by: Actor) -> list[str]:
        """For administrators, and one's own. Raises `NotFound`."""
        name = clean_name(name)
        if by.name != name:
            _require_administrator(by)
        with self._database.read() as connection:
            if accounts.find_user(connection, name) is None:
                raise NotFound(f"there is no user '{name}'")
            return mail_addresses.list_addresses(connection, name)

    def set_addresses(self, name: str, addresses: Sequence[str], by: Actor) -> list[str]:
        """Give a user these addresses in place of all that they had; none: nobody mails as this user. Raises
        `NotFound`, and `Conflict` when one of them is somebody else's."""
        _require_administrator(by)
        name = clean_name(name)
        wanted = sorted({_check_mailbox(one) for one in addresses})
        if len(wanted) > _MOST:
            raise BadRequest(f"a user has {_MOST} mail addresses at most")
        try:
            with self._database.begin() as connection:
                if accounts.find_user(connection, name) is None:
                    raise NotFound(f"there is no user '{name}'")
                mail_addresses.replace_addresses(connection, name, wanted)
                audit.record(connection, self._clock(), by.name, "user-mail", name, " ".join(wanted) or "none")
        except IntegrityError as error:
            raise Conflict("one of these addresses is another user's: take it from them first") from error
        return wanted


def fold_mailbox(address: str) -> str:
    """The form in which two addresses count as one: in practice no mail server tells letters by their case."""
    return address.strip().lower()


def _check_mailbox(text: str) -> str:
    address = fold_mailbox(text)
    user, at, domain = address.rpartition("@")
    plain = address.isprintable() and not any(letter in ' <>,;:"()[]\\' for letter in address)
    if not (at and user and "." in domain.strip(".") and plain and len(address) <= _LONGEST):
        raise BadRequest(f"'{text[:80]}' is no mail address: write it as name@example.org")
    return address


def _require_administrator(by: Actor) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Forbidden("only an administrator may do this")

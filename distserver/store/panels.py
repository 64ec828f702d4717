"""SQL over cards and over codes of enrolment. What they are for: `distserver.accounts.cards` and `enrolments`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from distserver.model.accounts import Card, EnrolmentCode
from distserver.store.inserting import insert_missing
from distserver.store.tables import card, enrolment

_e = enrolment.c


def insert_card(connection: sa.Connection, new: Card, digest: str) -> None:
    """Raises `sqlalchemy.exc.IntegrityError` when the card is somebody's already."""
    values = {"id": new.id, "hash": digest, "user": new.user, "created": new.created}
    connection.execute(card.insert(), values)


def find_card(connection: sa.Connection, digest: str) -> Card | None:
    row = connection.execute(card.select().where(card.c.hash == digest)).first()
    return None if row is None else _card_from_row(row)


def list_cards(connection: sa.Connection, user: str | None = None) -> list[Card]:
    """By user, oldest first; those of one user, if given."""
    query = card.select().order_by(card.c.user, card.c.created, card.c.id)
    if user is not None:
        query = query.where(card.c.user == user)
    return [_card_from_row(row) for row in connection.execute(query)]


def touch_card(connection: sa.Connection, card_id: str, now: float) -> None:
    """Remember that the card was used."""
    connection.execute(card.update().where(card.c.id == card_id).values(used=now))


def delete_card(connection: sa.Connection, card_id: str) -> Card | None:
    """The card that was there."""
    row = connection.execute(card.delete().where(card.c.id == card_id).returning(*card.c)).first()
    return None if row is None else _card_from_row(row)


def write_code(connection: sa.Connection, new: EnrolmentCode, digest: str) -> None:
    """In place of any other code for this address."""
    values = {"hash": digest, "created": new.created, "expires": new.expires, "tries": 0}
    insert_missing(connection, enrolment, [{"address": new.address, **values}])
    connection.execute(enrolment.update().where(_e.address == new.address).values(**values))


def take_code(connection: sa.Connection, address: str, digest: str, now: float, most: int) -> bool:
    """True for the one who takes the code first, while it holds and was not guessed at `most` times: it is gone."""
    right = sa.and_(_e.address == address, _e.hash == digest, _e.expires > now, _e.tries < most)
    return connection.execute(enrolment.delete().where(right)).rowcount == 1


def count_try(connection: sa.Connection, address: str, now: float, most: int) -> bool:
    """Somebody has guessed wrong; True when there is a code that still holds."""
    held = sa.and_(_e.address == address, _e.expires > now, _e.tries < most)
    return connection.execute(enrolment.update().where(held).values(tries=_e.tries + 1)).rowcount == 1


def list_codes(connection: sa.Connection, now: float, most: int) -> list[EnrolmentCode]:
    """Those that hold, by address."""
    query = enrolment.select().where(_e.expires > now, _e.tries < most).order_by(_e.address)
    return [EnrolmentCode(row.address, row.created, row.expires) for row in connection.execute(query)]


def delete_old_codes(connection: sa.Connection, now: float) -> None:
    """Those that hold no more."""
    connection.execute(enrolment.delete().where(_e.expires <= now))


def _card_from_row(row: Any) -> Card:
    return Card(row.id, row.user, row.created, row.used)

"""SQL over events and who is told of them: an event stands once, and each subscription numbers those that it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from distserver.store.tables import ipp_event, ipp_notification

_e, _n = ipp_event.c, ipp_notification.c


@dataclass(frozen=True, slots=True)
class Happening:
    """An event at the time `at`: its keyword, the printer's path, a job's number and whose it is, words for a person,
    and encoded the attributes of printer or job as they were then."""

    at: float
    event: str
    printer: str
    job: int | None
    sender: str | None
    words: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Notification:
    """What a subscription hears of an event; `subscribed` is the keyword by which it does."""

    subscription: int
    sequence: int
    subscribed: str
    happening: Happening


def insert_happening(connection: sa.Connection, new: Happening) -> int:
    """Its key."""
    values = {
        "at": new.at, "event": new.event, "printer": new.printer, "job": new.job, "sender": new.sender,
        "words": new.words, "content": new.content,
    }  # fmt: skip
    return int(connection.execute(ipp_event.insert().returning(_e.key), values).scalar_one())


def insert_notifications(connection: sa.Connection, new: Sequence[dict[str, Any]]) -> None:
    """Rows of `ds_ipp_notification`."""
    if new:
        connection.execute(ipp_notification.insert(), new)


def list_notifications(
    connection: sa.Connection, subscription: int, first: int, since: float, limit: int
) -> list[Notification]:
    """Those of a subscription from that number on, in order, of events that happened since then."""
    joined = ipp_notification.join(ipp_event, _e.key == _n.event)
    query = sa.select(_n.subscription, _n.sequence, _n.subscribed, ipp_event).select_from(joined)
    query = query.where(_n.subscription == subscription, _n.sequence >= first, _e.at >= since)
    return [
        Notification(
            row.subscription,
            row.sequence,
            row.subscribed,
            Happening(row.at, row.event, row.printer, row.job, row.sender, row.words, bytes(row.content)),
        )
        for row in connection.execute(query.order_by(_n.sequence).limit(limit))
    ]


def drop_oldest(connection: sa.Connection, newest: Sequence[tuple[int, int]], most: int) -> None:
    """Keep no more than `most` for each subscription; given are ids and the numbers of their newest."""
    delete = ipp_notification.delete().where(
        _n.subscription == sa.bindparam("b_id"), _n.sequence <= sa.bindparam("b_last")
    )
    over = [{"b_id": id_, "b_last": sequence - most} for id_, sequence in newest if sequence > most]
    if over:
        connection.execute(delete, over)


def any_older(connection: sa.Connection, before: float) -> bool:
    return bool(connection.execute(sa.select(sa.exists().where(_e.at < before))).scalar())


def forget_happenings(connection: sa.Connection, before: float) -> None:
    """Delete events that are older, and all words of them."""
    connection.execute(ipp_event.delete().where(_e.at < before))

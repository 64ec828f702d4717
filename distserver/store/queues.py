"""In which queue a delivery stands, in SQL; literal words, for only so is a partial index used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from distserver.model.states import DeliveryState, Queue
from distserver.store.tables import delivery

WAITING = (DeliveryState.PENDING, DeliveryState.PENDING_RETRY)


def stands_in(queue: Queue, rows: Any = delivery) -> sa.ColumnElement[bool]:
    """The delivery stands in that queue; `rows` is the table or an alias of it."""
    return rows.c.queue == sa.literal_column(f"'{queue}'")  # type: ignore[no-any-return]


def in_lane(rows: Any = delivery) -> sa.ColumnElement[bool]:
    """The delivery waits for its destination, or may go there now."""
    return rows.c.queue.in_([sa.literal_column(f"'{word}'") for word in (Queue.READY, Queue.LANE)])  # type: ignore[no-any-return]


def under_way(rows: Any = delivery) -> sa.ColumnElement[bool]:
    """A worker has the delivery, or its device."""
    return rows.c.state == sa.literal_column(f"'{DeliveryState.PROCESSING}'")  # type: ignore[no-any-return]

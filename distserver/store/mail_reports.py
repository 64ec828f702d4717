"""SQL for what a report says of a delivery that has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from distserver.model.mail_reports import DeliveryName
from distserver.store.rows import Row
from distserver.store.tables import delivery


def find_sent(connection: sa.Connection, name: DeliveryName) -> Row | None:
    """The delivery that went out under this name; None also when it has gone out under a newer one since."""
    return connection.execute(
        delivery.select().where(
            delivery.c.job_id == name.job_id,
            delivery.c.number == name.number,
            delivery.c.generation == name.generation,
        )
    ).first()


def change_ended(connection: sa.Connection, found: Row, values: Mapping[str, Any]) -> bool:
    """Write what is known now, if it still stands where it was found."""
    where = (delivery.c.key == found.key, delivery.c.state == found.state, delivery.c.generation == found.generation)
    return connection.execute(delivery.update().where(*where).values(**values)).rowcount == 1

"""SQL over the registry of destinations: its text as the web server has read it, for the workers of every machine.

Secrets do not stand in it, only their names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import sqlalchemy as sa

from distserver.model.address import Destination
from distserver.model.jobs import PlannedDelivery
from distserver.model.states import Queue
from distserver.store import rows
from distserver.store.inserting import insert_missing
from distserver.store.queues import WAITING, stands_in
from distserver.store.tables import delivery, destination_rules

_KEY = 1
_AT_ONCE = 2000
_c = destination_rules.c
_d = delivery.c


def find_digest(connection: sa.Connection) -> str:
    """By which a reader sees whether it has changed; "" when there is none."""
    return connection.execute(sa.select(_c.digest).where(_c.key == _KEY)).scalar() or ""


def read_text(connection: sa.Connection) -> tuple[str, str]:
    """Its digest and its text."""
    row = connection.execute(sa.select(_c.digest, _c.text).where(_c.key == _KEY)).first()
    return (row.digest, row.text) if row is not None else ("", "")


def write_text(connection: sa.Connection, digest: str, text: str, now: float) -> None:
    """Put it in the place of what stands there."""
    values = {"digest": digest, "text": text, "changed": now}
    insert_missing(connection, destination_rules, [{"key": _KEY, **values}])
    connection.execute(destination_rules.update().where(_c.key == _KEY).values(**values))


def wake_waiting(connection: sa.Connection, reasons: Collection[str], now: float) -> None:
    """Have what waits for one of these reasons looked at again now."""
    waiting = sa.select(_d.key).where(stands_in(Queue.TIMED), _d.reason.in_(sorted(reasons)), _d.due > now)
    keys = list(connection.execute(waiting.order_by(_d.key).with_for_update(skip_locked=True)).scalars())
    for start in range(0, len(keys), _AT_ONCE):
        connection.execute(delivery.update().where(_d.key.in_(keys[start : start + _AT_ONCE])).values(due=now))


Plan = Callable[[Destination], PlannedDelivery]
"""The delivery that would be planned for a destination now."""


def plan_anew(connection: sa.Connection, plan: Plan, after: int) -> int | None:
    """Give some of what waits, in the order of their keys and `after` this one, the columns that they would have now.

    The last key that was looked at; None when there are no more.
    """
    columns = (_d.key, _d.destination, _d.written, _d.channel, _d.name, _d.options, _d.at_once, _d.resend)
    query = sa.select(*columns).where(_d.state.in_(WAITING), _d.key > after).order_by(_d.key).limit(_AT_ONCE)
    found = connection.execute(query).all()
    changes = list(_compare(found, plan))
    if changes:
        statement = delivery.update().where(_d.key == sa.bindparam("k"))
        connection.execute(statement.values(at_once=sa.bindparam("n"), resend=sa.bindparam("r")), changes)
    return found[-1].key if len(found) == _AT_ONCE else None


def _compare(found: Sequence[rows.Row], plan: Plan) -> Iterator[dict[str, object]]:
    for row in found:
        planned = plan(rows.destination_from_row(row))
        if (planned.at_once, planned.resend) != (row.at_once, row.resend):
            yield {"k": row.key, "n": planned.at_once, "r": planned.resend}

"""Giving work to the engine: batches go into its queues in the transaction that writes their rows (SPEC N4).

DBOS owns dispatch, delay, priority and re-dispatch; every fact about a delivery is in our own rows. A batch that is
given twice does no harm: deliveries are claimed, and a claim is exclusive.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

from distserver.model.jobs import BatchRef
from distserver.model.states import Priority
from distserver.store.database import Database

APPLICATION = "distserver"
SHAPE = "1"  # version of the workflow's shape, not of the release: a worker only takes up work of its own shape
WORKFLOW = "send_batch"
_SLOTS = 4.0  # a second
URGENT_QUEUE = "ds-urgent"
QUEUE = "ds-deliveries"
_PRIORITIES = {Priority.URGENT: 1, Priority.NORMAL: 10, Priority.BULK: 20}


def queue_of(priority: Priority) -> str:
    """Urgent jobs have a queue of their own, so that nothing waits in front of them."""
    return URGENT_QUEUE if priority is Priority.URGENT else QUEUE


class EngineQueue:
    """The client side of the engine; made when first needed, so after a fork."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client: DBOSClient | None = None

    @property
    def client(self) -> DBOSClient:
        """The engine's own client on our connections."""
        if self._client is None:
            self._client = DBOSClient(
                system_database_engine=self._database.engine,
                application_name=APPLICATION,
                serializer=DBOSPortableJSONSerializer(),
                lazy=True,
            )
        return self._client

    def enqueue(self, connection: sa.Connection, batches: Sequence[BatchRef], delay: float) -> None:
        """Start these batches `delay` seconds from now, if the transaction commits."""
        for batch in batches:
            self._put(connection, batch, secrets.token_hex(4), delay, 0)

    def give_back(self, connection: sa.Connection, batch: BatchRef, now: float, delay: float, turn: int) -> None:
        """Have what is left of a batch looked at `delay` seconds after `now`; `turn` counts such returns in a row.

        Times are rounded up to quarters of a second, and one look at one time is enough: however often a batch was
        started (each hold and release starts it anew), the looks at it do not add up.
        """
        slot = math.floor((now + delay) * _SLOTS) + 1
        self._put(connection, batch, f"at{slot}", slot / _SLOTS - now, turn)

    def _put(self, connection: sa.Connection, batch: BatchRef, name: str, delay: float, turn: int) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": queue_of(Priority(batch.priority)),
            "workflow_id": f"{batch.job_id}-{batch.number}-{name}",
            "priority": _PRIORITIES[Priority(batch.priority)],
            "app_version": SHAPE,
        }
        if delay > 0:
            options["delay_seconds"] = delay
        self.client.enqueue_in_transaction(connection, options, batch.job_id, batch.number, str(batch.priority), turn)

    def close(self) -> None:
        """Give back what the client holds; the connections are the database's."""
        if self._client is not None:
            self._client.destroy()
            self._client = None

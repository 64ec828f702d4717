"""SQL over executors: the worker processes that are, or were, alive."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from distserver.errors import TakenForDead
from distserver.store.database import session_name
from distserver.store.tables import executor


@dataclass(frozen=True, slots=True)
class Executor:
    """One start of a worker. Times are seconds since the epoch."""

    id: str
    host: str
    pid: int
    started: float
    beat: float


def insert_executor(connection: sa.Connection, new: Executor) -> None:
    values = {"id": new.id, "host": new.host, "pid": new.pid, "started": new.started, "beat": new.beat}
    connection.execute(executor.insert(), values)


def beat(connection: sa.Connection, executor_id: str, now: float) -> bool:
    """Say that it is alive; False when others have taken it for dead meanwhile."""
    statement = executor.update().where(executor.c.id == executor_id, sa.not_(executor.c.reaped)).values(beat=now)
    return connection.execute(statement).rowcount == 1


def hold_place(connection: sa.Connection, executor_id: str) -> None:
    """Let nobody take it for dead before the transaction ends: whoever frees what it holds then finds all of it, also
    what was being committed while it died. Its signs of life go on meanwhile: a claim may have to wait for the locks of
    a worker that is stopped. Raises `TakenForDead` when others have taken it for dead already."""
    query = sa.select(executor.c.id).where(executor.c.id == executor_id, sa.not_(executor.c.reaped))
    if connection.execute(query.with_for_update(read=True, key_share=True)).first() is None:
        raise TakenForDead("others have taken this worker for dead")


def list_executors(connection: sa.Connection) -> list[Executor]:
    """Those not taken for dead."""
    found = connection.execute(executor.select().where(sa.not_(executor.c.reaped)))
    return [Executor(row.id, row.host, row.pid, row.started, row.beat) for row in found]


def mark_reaped(connection: sa.Connection, executor_id: str) -> bool:
    """Take it for dead, once it holds its place no more; True for the one caller that did."""
    connection.execute(sa.select(executor.c.id).where(executor.c.id == executor_id).with_for_update())
    statement = executor.update().where(executor.c.id == executor_id, sa.not_(executor.c.reaped)).values(reaped=True)
    return connection.execute(statement).rowcount == 1


def forget_executors(connection: sa.Connection, before: float) -> None:
    connection.execute(executor.delete().where(executor.c.reaped, executor.c.beat < before))


def end_sessions(connection: sa.Connection, executor_id: str) -> int:
    """End the database sessions of a dead worker (PostgreSQL): one stopped in the middle of a transaction would hold
    its locks against all others for as long as that lasts. How many there were."""
    if connection.dialect.name == "sqlite":
        return 0
    ending = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = :name AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    return int(connection.execute(ending, {"name": session_name(executor_id)}).scalar_one())

"""SQL over groups that operators have stopped, and over what waits for them. What it means: `distserver.jobs.stops`.

A delivery bears the files of the groups on whose account alone it goes; it stands in `Queue.PAUSED` while all of them
are paused. Whoever brings deliveries up asks here first, under the lock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from distserver.model.states import Queue, Reason
from distserver.model.stops import Stop
from distserver.store import jobs, turns
from distserver.store.inserting import insert_missing
from distserver.store.queues import WAITING, stands_in
from distserver.store.rows import Row
from distserver.store.tables import delivery, group_stop

_AT_ONCE = 5000
_STOPS = 77311
_UP = (Queue.READY, Queue.TIMED, Queue.LANE)
_d = delivery.c
_c = group_stop.c
_ALL = group_stop.select()
_OF_FILES = _ALL.where(_c.file.in_(sa.bindparam("files", expanding=True)))


def lock_stops(connection: sa.Connection, *, shared: bool) -> None:
    """Until the transaction ends nobody stops a group or lets it go on (`shared`), or nobody brings up deliveries; to
    be asked for before any row. SQLite has one writer at a time anyway."""
    if connection.dialect.name != "sqlite":
        word = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(sa.text(f"SELECT {word}({_STOPS})"))


def find_stops(connection: sa.Connection, files: Collection[str] | None = None) -> dict[str, Stop]:
    """Those of these files (None: of all) of which something was ever said."""
    found = connection.execute(_ALL) if files is None else connection.execute(_OF_FILES, {"files": list(files)})
    return {row.file: _read(row) for row in found}


def write_stop(connection: sa.Connection, stop: Stop) -> None:
    """Write how a group stands."""
    insert_missing(connection, group_stop, [{"file": stop.file}])
    values = {"paused": stop.paused, "disabled": stop.disabled, "who": stop.by, "changed": stop.changed}
    connection.execute(group_stop.update().where(_c.file == stop.file).values(**values))


def paused_files(connection: sa.Connection) -> frozenset[str]:
    """Of the groups that are paused."""
    return frozenset(connection.execute(sa.select(_c.file).where(_c.paused.is_not(None))).scalars())


def is_held(via: Collection[str], paused: Collection[str]) -> bool:
    """Whether a delivery that goes on account of these files alone has to wait."""
    return bool(via) and all(file in paused for file in via)


def hold_all(connection: sa.Connection, file: str, now: float) -> int:
    """Hold what waits on account of this file and of no group that goes on; how many there were."""
    paused = paused_files(connection)
    found: list[Row] = []
    for queue in _UP:  # one by one: each has an index of its own
        found += connection.execute(_of_file(file).where(stands_in(queue), _d.state.in_(WAITING))).all()
    return _hold(connection, [row for row in found if is_held(read_via(row.via), paused)], now)


def hold_stopped(connection: sa.Connection, job_id: str, now: float) -> int:
    """The same for a job whose deliveries have just been brought up."""
    paused = paused_files(connection)
    if not paused:
        return 0
    query = sa.select(_d.key, _d.job_id, _d.via).where(_d.job_id == job_id, _d.state.in_(WAITING), _is_up())
    found = connection.execute(query).all()
    return _hold(connection, [row for row in found if is_held(read_via(row.via), paused)], now)


def let_go(connection: sa.Connection, file: str, since: float, now: float) -> int:
    """Let go what was held on account of this file, paused `since` then; how many there were. They line up anew, as if
    just sent in; those whose time has not come wait for it. A deadline that no sender named comes so much later."""
    found = connection.execute(_of_file(file).where(stands_in(Queue.PAUSED))).all()
    paused = paused_files(connection)
    free = [row for row in found if not is_held(read_via(row.via), paused)]
    jobs.lock_jobs(connection, {row.job_id for row in free}, now)
    jobs.put_off_deadlines(connection, {row.job_id for row in free}, since, now)
    changed = 0
    for job_id in sorted({row.job_id for row in free}):
        keys = [row.key for row in free if row.job_id == job_id]
        for start in range(0, len(keys), _AT_ONCE):
            changed += _bring_up(connection, job_id, keys[start : start + _AT_ONCE], now)
    return changed


def _bring_up(connection: sa.Connection, job_id: str, keys: Sequence[int], now: float) -> int:
    those = sa.and_(_d.key.in_(keys), stands_in(Queue.PAUSED))
    turns.line_up(connection, job_id, now, those)
    later = _d.due > now
    values: dict[str, Any] = {
        "queue": sa.case((later, Queue.TIMED.value), else_=Queue.READY.value),
        "reason": Reason.NONE.value,
        "message": "",
        "updated": now,
    }
    return connection.execute(delivery.update().where(those).values(**values)).rowcount


def read_via(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _hold(connection: sa.Connection, found: Sequence[Row], now: float) -> int:
    jobs.lock_jobs(connection, {row.job_id for row in found}, now)
    keys = sorted(row.key for row in found)
    values = {"queue": Queue.PAUSED, "reason": Reason.GROUP_PAUSED.value, "message": "", "updated": now}
    held = 0
    for start in range(0, len(keys), _AT_ONCE):
        some = sa.and_(_d.key.in_(keys[start : start + _AT_ONCE]), _d.state.in_(WAITING), _is_up())
        held += connection.execute(delivery.update().where(some).values(**values)).rowcount
    return held


def _is_up() -> sa.ColumnElement[bool]:
    return _d.queue.in_([queue.value for queue in _UP])


def _of_file(file: str) -> sa.Select[Any]:
    written = json.dumps(file, ensure_ascii=False)
    return sa.select(_d.key, _d.job_id, _d.via).where(_d.via.contains(written, autoescape=True))


def _read(row: Row) -> Stop:
    return Stop(row.file, row.paused, row.disabled, row.who, row.changed)

"""SQL over notices, and their way into the mail (SPEC N4). `due` is when a notice may be taken up, None: no more.

Whoever takes notices up writes its name into them, with a `due` after which others may have them: every later write
asks for that name, so that a process that was stopped for long does not write over what another one did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from distserver.model.notices import Notice, UntoldNotice
from distserver.store.rows import Row
from distserver.store.tables import notice

_c = notice.c
_AT_ONCE = 500


def list_notices(connection: sa.Connection, limit: int) -> list[Notice]:
    """The newest first."""
    query = notice.select().order_by(_c.at.desc(), _c.key.desc()).limit(limit)
    return [_notice(row) for row in connection.execute(query)]


def insert_notices(connection: sa.Connection, new: Sequence[Mapping[str, Any]]) -> None:
    """Write words for people: columns of `ds_notice`."""
    if new:
        connection.execute(notice.insert(), new)


def forget_notices(connection: sa.Connection, before: float) -> None:
    """Delete words for people that are older."""
    connection.execute(notice.delete().where(_c.at < before))


def notices_ripe(connection: sa.Connection, now: float, gather: float) -> bool:
    """Notices are due, and one of them has waited `gather` seconds for others to go along."""
    return bool(connection.execute(sa.select(_ripe(now, gather))).scalar())


def take_notices(
    connection: sa.Connection, claim: str, now: float, *, until: float, gather: float, limit: int
) -> list[UntoldNotice]:
    """Take up what is due, the oldest first, if `notices_ripe`; in one statement: no other process has the same."""
    due = sa.select(_c.key).where(_c.due.is_not(None), _c.due <= now).order_by(_c.key).limit(limit)
    taking = (
        notice.update()
        .where(_c.key.in_(due.with_for_update(skip_locked=True)), _ripe(now, gather))
        .values(claim=claim, due=until)
        .returning(notice)
    )
    return sorted((_untold(row) for row in connection.execute(taking)), key=lambda one: one.key)


def note_reached(connection: sa.Connection, claim: str, keys: Collection[int], address: str) -> None:
    """The mail server has taken these for this address."""
    _write(connection, claim, keys, reached=_c.reached + f"{address} ")


def end_notices(connection: sa.Connection, claim: str, keys: Collection[int], told: float | None) -> None:
    """Nothing more is to be done about these; `told` is None when nobody was."""
    _write(connection, claim, keys, due=None, claim=None, told=told)


def put_off(connection: sa.Connection, claim: str, keys: Collection[int], until: float) -> None:
    """These could not be mailed: again at `until`."""
    _write(connection, claim, keys, due=until, claim=None, tries=_c.tries + 1)


def release(connection: sa.Connection, claim: str, keys: Collection[int], now: float) -> None:
    """These were not got to: anybody may have them now."""
    _write(connection, claim, keys, due=now, claim=None)


def hasten(connection: sa.Connection, now: float) -> None:
    """The mail server answers: what was put off need not wait any longer."""
    waiting = sa.and_(_c.due.is_not(None), _c.due > now, _c.claim.is_(None))
    connection.execute(notice.update().where(waiting).values(due=now))


def _write(connection: sa.Connection, mine: str, keys: Collection[int], **values: Any) -> None:
    for some in _pieces(sorted(keys)):
        connection.execute(notice.update().where(_c.key.in_(some), _c.claim == mine).values(**values))


def _pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def _ripe(now: float, gather: float) -> sa.Exists:
    """A time that lies in the future is none to wait for: the clock was set back."""
    other = notice.alias()
    waited = sa.or_(other.c.at <= now - gather, other.c.at > now + gather)
    return sa.exists().where(other.c.due.is_not(None), other.c.due <= now, waited)


def _untold(row: Row) -> UntoldNotice:
    return UntoldNotice(row.key, _notice(row), row.tries, frozenset(row.reached.split()))


def _notice(row: Row) -> Notice:
    return Notice(row.at, row.kind, row.object, row.name, row.message)

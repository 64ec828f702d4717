"""SQL over the letters of PCs, and when each PC was last heard of (SPEC D14)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from distserver.model.letters import Attendance, Letter, LetterStanding, LetterState
from distserver.model.states import DeliveryState
from distserver.store.inserting import insert_missing
from distserver.store.tables import delivery, letter, receiver

_c = letter.c
_OFFERED = _c.state == sa.literal_column("'offered'")
_ENDED = (DeliveryState.CANCELED, DeliveryState.ABORTED, DeliveryState.COMPLETED)


def put(connection: sa.Connection, new: Letter) -> None:
    """Offer a letter, unless it is stored already; others of the same delivery are offered no more."""
    others = sa.and_(_c.job_id == _job_of(new), _c.number == _number_of(new), _c.name != new.name, _OFFERED)
    connection.execute(letter.update().where(others).values(state=LetterState.WITHDRAWN, settled=new.created))
    row = {
        "name": new.name,
        "pc": new.pc,
        "job_id": _job_of(new),
        "number": _number_of(new),
        "title": new.title,
        "sender": new.sender,
        "format": new.format,
        "size": new.size,
        "digest": new.digest,
        "pages": new.pages,
        "copies": new.copies,
        "place": new.place,
        "created": new.created,
        "state": LetterState.OFFERED,
        "settled": None,
        "touched": None,
        "trouble": "",
    }
    insert_missing(connection, letter, [row])
    again = sa.and_(_c.name == new.name, _c.state == LetterState.WITHDRAWN)
    connection.execute(letter.update().where(again).values(**row))


def find(connection: sa.Connection, name: str) -> LetterStanding | None:
    return find_many(connection, [name]).get(name)


def find_many(connection: sa.Connection, names: Collection[str]) -> dict[str, LetterStanding]:
    """Those that are there, by name."""
    rows = connection.execute(letter.select().where(_c.name.in_(sorted(names))))
    return {row.name: _standing(row) for row in rows}


def list_offered(connection: sa.Connection, pc: str, limit: int) -> list[LetterStanding]:
    """What a PC may take, the oldest first."""
    query = letter.select().where(_OFFERED, _c.pc == pc, _is_wanted()).order_by(_c.key).limit(limit)
    return [_standing(row) for row in connection.execute(query)]


def offered_to(connection: sa.Connection, pcs: Collection[str]) -> set[str]:
    """Those of these PCs for which something is there."""
    query = sa.select(_c.pc).where(_OFFERED, _c.pc.in_(sorted(pcs)), _is_wanted()).distinct()
    return set(connection.execute(query).scalars())


def settle(connection: sa.Connection, name: str, state: LetterState, now: float) -> bool:
    """Let a letter that is offered be stored or withdrawn; False when it was neither offered nor, to be stored, wanted
    any more. Of two at once, one is told True."""
    which = sa.and_(_c.name == name, _OFFERED)
    if state is LetterState.STORED:
        which = sa.and_(which, _is_wanted())
    return connection.execute(letter.update().where(which).values(state=state, settled=now)).rowcount == 1


def change(connection: sa.Connection, name: str, values: Mapping[str, Any]) -> None:
    """Note something about a letter."""
    connection.execute(letter.update().where(_c.name == name).values(**values))


def note_first(connection: sa.Connection, name: str, act: str, now: float) -> bool:
    """Note when a stored letter was first read or printed; True for the first time."""
    column = _c[act]
    which = sa.and_(_c.name == name, _c.state == LetterState.STORED, column.is_(None))
    return connection.execute(letter.update().where(which).values({column: now})).rowcount == 1


def add_to_receipt(connection: sa.Connection, one: Letter, words: str, now: float) -> None:
    """Say more on the receipt of a delivery that has arrived."""
    c = delivery.c
    which = sa.and_(c.job_id == _job_of(one), c.number == _number_of(one), c.state == DeliveryState.COMPLETED)
    connection.execute(delivery.update().where(which).values(message=c.message + sa.literal(words), updated=now))


def forget(connection: sa.Connection, settled_before: float) -> None:
    """Delete what was stored or withdrawn before then."""
    connection.execute(letter.delete().where(_c.settled < settled_before))


def write_attendances(connection: sa.Connection, seen: Sequence[Attendance]) -> None:
    """When these PCs were heard of."""
    if not seen:
        return
    insert_missing(connection, receiver, [{"pc": one.pc, "seen": one.seen, "until": one.until} for one in seen])
    statement = receiver.update().where(receiver.c.pc == sa.bindparam("p"))
    values: dict[str, Any] = {"seen": sa.bindparam("s"), "until": sa.bindparam("u")}
    connection.execute(statement.values(**values), [{"p": one.pc, "s": one.seen, "u": one.until} for one in seen])


def find_attendance(connection: sa.Connection, pc: str) -> Attendance | None:
    row = connection.execute(receiver.select().where(receiver.c.pc == pc)).first()
    return None if row is None else Attendance(row.pc, row.seen, row.until)


def list_attendances(connection: sa.Connection) -> list[Attendance]:
    """All PCs that ever came, by address."""
    rows = connection.execute(receiver.select().order_by(receiver.c.pc))
    return [Attendance(row.pc, row.seen, row.until) for row in rows]


def _is_wanted() -> sa.ColumnElement[bool]:
    """Its delivery has not ended: somebody may have canceled it while no worker was there to withdraw the letter."""
    d = delivery.c
    ended = sa.select(d.key).where(d.job_id == _c.job_id, d.number == _c.number, d.state.in_(_ENDED))
    return sa.not_(sa.exists(ended.correlate(letter)))


def _job_of(one: Letter) -> str:
    return one.delivery.rpartition("-")[0]


def _number_of(one: Letter) -> int:
    return int(one.delivery.rpartition("-")[2])


def _standing(row: Any) -> LetterStanding:
    one = Letter(
        name=row.name,
        pc=row.pc,
        delivery=f"{row.job_id}-{row.number}",
        title=row.title,
        sender=row.sender,
        format=row.format,
        size=row.size,
        digest=row.digest,
        pages=row.pages,
        copies=row.copies,
        place=row.place,
        created=row.created,
    )
    state = LetterState(row.state)
    stored = row.settled if state is LetterState.STORED else None
    return LetterStanding(one, state, row.touched, row.trouble, stored, row.read, row.printed, row.printer)

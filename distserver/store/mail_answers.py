"""SQL over answers that are owed by mail: one for each job that came by mail. `due` None: it has been given."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from distserver.store.mail_tables import mail_answer
from distserver.store.tables import job

_c = mail_answer.c


@dataclass(frozen=True, slots=True)
class OwedAnswer:
    """Who is to be told of which job, in answer to which mail. `tries` counts those that came to nothing."""

    job_id: str
    to: str
    message_id: str
    subject: str
    tries: int = 0


def insert_answer(connection: sa.Connection, owed: OwedAnswer, due: float) -> None:
    values = {"job_id": owed.job_id, "to": owed.to, "message_id": owed.message_id, "subject": owed.subject}
    connection.execute(mail_answer.insert(), {**values, "due": due})


def take_answer(connection: sa.Connection, now: float, until: float) -> OwedAnswer | None:
    """One whose job has ended, taken in hand until then: no other process has it meanwhile."""
    ripe = (
        sa.select(_c.job_id)
        .join(job, job.c.id == _c.job_id)
        .where(_c.due.is_not(None), _c.due <= now, job.c.ended.is_not(None))
        .order_by(_c.tries, _c.due)  # what was not tried yet does not stand behind what cannot be given
        .limit(1)
        .with_for_update(of=mail_answer, skip_locked=True)
    )
    job_id = connection.execute(ripe).scalar()
    if job_id is None:
        return None
    taken = mail_answer.update().where(_c.job_id == job_id).values(due=until).returning(mail_answer)
    row = connection.execute(taken).one()
    return OwedAnswer(row.job_id, row.to, row.message_id, row.subject, row.tries)


def settle_answer(connection: sa.Connection, job_id: str, due: float | None) -> None:
    """It has been given (None), or is to be tried again then."""
    tries = _c.tries if due is None else _c.tries + 1
    connection.execute(mail_answer.update().where(_c.job_id == job_id).values(due=due, tries=tries))

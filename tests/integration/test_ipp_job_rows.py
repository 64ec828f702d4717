"""Jobs that came in by IPP and never became jobs: their rows go when receipts do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from distserver.jobs.incoming import Incoming, NewIppJob
from distserver.jobs.upkeep import Upkeep
from distserver.store.tables import ipp_job
from tests.support.jobs import SENDER, Office


def test_a_job_that_ended_before_it_was_one_is_forgotten_with_the_receipts(tmp_path: Path, database_url: str) -> None:
    office = Office(tmp_path, database_url)
    incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    ended, still_open = (incoming.create(NewIppJob("print/open", "t", b""), SENDER).row.number for _ in range(2))
    incoming.cancel(ended, SENDER)

    def numbers() -> list[int]:
        with office.database.read() as connection:
            return sorted(connection.execute(sa.select(ipp_job.c.number)).scalars())

    upkeep.forget_jobs(office.now - 1)
    assert numbers() == [ended, still_open]
    upkeep.forget_jobs(office.now + 1)
    assert numbers() == [still_open]
    office.close()

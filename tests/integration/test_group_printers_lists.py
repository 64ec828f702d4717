"""Lists of jobs where there are many, with many destinations: what an answer holds has an end (N1, N4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.jobs.incoming import Incoming, NewIppJob
from distserver.store.database import Database
from distserver.store.ipp_jobs import Selection
from distserver.store.tables import ipp_job
from distwire.ipp import GroupTag, Operation, Status, attribute
from distwire.ipp.values import integer, keyword, keywords
from tests.support.documents import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.jobs import SENDER, Office

_MEMBERS = 4000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house")) as made:
        made.write_group("large", *[f"discard:branch{number}; Branch {number}" for number in range(_MEMBERS)])
        made.write_group("office", "discard:one; Branch one")
        made.wait_for_groups("large", "office")
        yield made


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


def _print(house: House, group: str, tmp_path_factory: pytest.TempPathFactory) -> int:
    document = make_pdf(tmp_path_factory.mktemp("document") / "notice.pdf").read_bytes()
    hold = (attribute("job-hold-until", keyword("indefinite")),)
    answer = ask(house.printer(group), Operation.PRINT_JOB, job=hold, document=document)
    assert answer.code == Status.OK
    return answer.group(GroupTag.JOB).integer("job-id") or 0


def test_a_list_tells_each_destination_of_as_many_jobs_as_fit(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All are in it; the last one, asked for alone, tells its own."""
    numbers = [_print(house, "large", tmp_path_factory) for _ in range(3)]
    wanted = attribute("requested-attributes", *keywords(("all",)))
    answer = ask(house.printer("large"), Operation.GET_JOBS, wanted)
    jobs = list(answer.groups_of(GroupTag.JOB))
    assert [one.integer("job-id") for one in jobs] == numbers
    told = [len(found.values) if (found := one.find("destination-statuses")) else 0 for one in jobs]
    assert told == [_MEMBERS, _MEMBERS, 0]
    assert [one.string("job-hold-until") for one in jobs] == ["indefinite"] * 3
    alone = ask(house.printer("large"), Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(numbers[2])), wanted)
    found = alone.group(GroupTag.JOB).find("destination-statuses")
    assert found is not None
    assert len(found.values) == _MEMBERS


def test_all_jobs_are_canceled_however_many(office: Office) -> None:
    incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
    numbers = [incoming.create(NewIppJob("print/office", "t", b""), SENDER).row.number for _ in range(5)]
    found = incoming.list_all(Selection("print/office", ended=False, limit=2), SENDER, mine=True)
    assert [incoming.cancel(one.row.number, SENDER).row.number for one in found] == numbers


def test_a_job_is_found_and_canceled_by_its_number_behind_a_thousand_others(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = _print(house, "office", tmp_path_factory)
    database = Database(f"sqlite:///{house.server.home / 'store' / 'distserver.sqlite'}", durable=False)
    with database.begin() as connection:
        row = connection.execute(ipp_job.select().where(ipp_job.c.number == first)).mappings().one()
        ended = {**row, "job_id": None, "state": "canceled", "ended": row["created"]}
        del ended["number"]
        connection.execute(sa.insert(ipp_job), [ended] * 1000)
    database.close()
    last = _print(house, "office", tmp_path_factory)
    ids = attribute("job-ids", integer(last))
    listed = ask(house.printer("office"), Operation.GET_JOBS, ids)
    assert [one.integer("job-id") for one in listed.groups_of(GroupTag.JOB)] == [last]
    assert ask(house.printer("office"), Operation.CANCEL_MY_JOBS, ids).code == Status.OK

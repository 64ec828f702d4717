"""Databases of earlier versions, and what waited in them (N4, N7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import distserver.store.mail_tables  # noqa: F401 - its tables stand in the same metadata
from distserver.jobs.lifecycle import Event
from distserver.model.states import DeliveryState, Queue
from distserver.store import counters, watched
from distserver.store.database import Database
from distserver.store.fax_tables import metadata
from distserver.store.migrate import alembic_config, migrate
from tests.support.jobs import OPERATOR, Office
from tests.support.postgres import PostgresServer

WAITING, LATER, TRIED, HELD, SENT, PRINTING, ENDED = range(1, 8)
_JOB = (
    "INSERT INTO ds_job (id, title, sender, state, priority, options, held, n_pending, created, updated)"
    " VALUES (:id, '価格表', 'hanako', 'processing', 'normal', :options, :held, 0, 1, 1)"
)
_IPP_JOB = (
    "INSERT INTO ds_ipp_job (number, printer, job_id, state, reason, message, sender, role, title, request, created,"
    " touched, ended)"
)
_DOCUMENT = (
    "INSERT INTO ds_job_document (job_id, no, digest, size, format, name, pages)"
    " VALUES (:id, 0, 'd', 9, 'application/pdf', 'a.pdf', 1)"
)
_DELIVERY = (
    "INSERT INTO ds_delivery (key, job_id, number, batch, rank, destination, written, name, channel, resend, state,"
    " crashes, uncertain, accepted, remote_id, attempts, due, owner, lease_until, created, updated, ended)"
    " VALUES (:key, :job, :key, 0, 1, :uri, :uri, 'Branch', 'discard', 'at-least-once', :state,"
    " :crashes, :uncertain, :accepted, :remote, :attempts, :due, :owner, :until, 1, 1, :ended)"
)
_OPTIONS = '{"copies": 1, "sides": null, "media": null, "color": "auto"}'


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


def upgrade(database: Database, version: str) -> None:
    config = alembic_config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


def delivery(key: int, job: str, state: str, **others: object) -> dict[str, object]:
    unset = {"crashes": 0, "uncertain": False, "accepted": False, "remote": None, "attempts": 0, "due": 5.0}
    free = {"owner": None, "until": None, "ended": None}
    return {"key": key, "job": job, "uri": f"discard:{key}", "state": state, **unset, **free, **others}


def fill(connection: sa.Connection) -> None:
    """What a server of the first version left when it was ended in the midst of its work."""
    for job, held in (("job-a", False), ("job-h", True)):
        connection.execute(sa.text(_JOB), {"id": job, "held": held, "options": _OPTIONS})
        connection.execute(sa.text(_DOCUMENT), {"id": job})
    taken = {"owner": "dead:1:x", "until": 99.0, "attempts": 1}
    rows = [
        delivery(WAITING, "job-a", "pending"),
        delivery(LATER, "job-a", "pending", due=5000.0),
        delivery(TRIED, "job-a", "pending-retry", due=50.0, attempts=3),
        delivery(HELD, "job-h", "pending"),
        delivery(SENT, "job-a", "processing", uncertain=True, crashes=2, **taken),
        delivery(PRINTING, "job-a", "processing", accepted=True, remote="17", due=9000.0, attempts=1),
        delivery(ENDED, "job-a", "completed", ended=3.0, attempts=1),
    ]
    connection.execute(sa.text(_DELIVERY), rows)
    connection.execute(sa.text("INSERT INTO ds_destination (uri, pinned) VALUES ('discard:1', 'abc')"))


async def test_what_waited_in_a_database_of_the_first_version_is_carried_on(empty_url: str, tmp_path: Path) -> None:
    """N4: nothing is lost, nothing sent twice: what may have been sent is still known as that."""
    database = Database(empty_url, durable=True, pool=2)
    upgrade(database, "0001")
    with database.begin() as connection:
        fill(connection)
        connection.execute(
            sa.text(
                "UPDATE ds_job SET n_pending = 2, n_retry = 1, n_processing = 2, n_completed = 1 WHERE id = 'job-a'"
            )
        )
        connection.execute(sa.text("UPDATE ds_job SET n_pending = 1 WHERE id = 'job-h'"))
    database.close()
    office = Office(tmp_path, empty_url, now=100.0)
    ledger = office.ledger("new")
    await ledger.bring_back()
    taken = {one.claimed.number: one for one in (await ledger.claim(50, 50))[0]}
    assert taken.keys() == {WAITING, TRIED, SENT, PRINTING}
    sent, printing = taken[SENT].claimed, taken[PRINTING].claimed
    assert (sent.uncertain, sent.accepted, sent.attempt) == (True, False, 2)
    assert (printing.accepted, printing.remote_id, printing.attempt) == (True, "17", 1)
    assert (taken[WAITING].claimed.pinned, taken[WAITING].claimed.sender) == ("abc", "hanako")
    assert office.row("job-h", HELD).queue == Queue.HELD
    assert office.row("job-a", ENDED).queue == Queue.NONE
    office.service.release("job-h", OPERATOR)
    office.now = 5001.0
    await ledger.bring_back()
    late = (await ledger.claim(50, 50))[0]
    assert {one.claimed.number for one in late} == {HELD, LATER}
    for one in (*taken.values(), *late):
        await ledger.settle(one, Event.COMPLETE)
    for job, total in (("job-a", 6), ("job-h", 1)):
        found = office.service.get(job, OPERATOR)
        assert (found.counts.completed, found.counts.total, found.state.ended) == (total, total, True)
        assert {row.state for row in office.query.deliveries(job, OPERATOR)} == {DeliveryState.COMPLETED}
    office.close()


def test_the_tables_of_the_first_versions_engine_go_and_others_stay(empty_url: str) -> None:
    database = Database(empty_url, durable=True, pool=2)
    upgrade(database, "0001")
    schema = "" if database.sqlite else "dbos."
    with database.begin() as connection:
        if schema:
            connection.execute(sa.text("CREATE SCHEMA dbos"))
            connection.execute(sa.text("CREATE TABLE neighbour (x INTEGER)"))
        for name in ("dbos_migrations", "workflow_status"):
            connection.execute(sa.text(f"CREATE TABLE {schema}{name} (x INTEGER)"))
    migrate(database)
    inspector = sa.inspect(database.engine)
    names = set(inspector.get_table_names())
    assert {"dbos_migrations", "workflow_status"} & names == set()
    assert "dbos" not in inspector.get_schema_names()
    assert {"ds_job", "ds_delivery", "ds_notice"} <= names
    assert ("neighbour" in names) == bool(schema)
    database.close()


def test_conversions_of_earlier_versions_stay_counted(empty_url: str) -> None:
    """N6."""
    database = Database(empty_url, durable=True, pool=2)
    upgrade(database, "0003")
    row = "INSERT INTO ds_conversion (rendition, klass, format, outcome, pages, octets, wall, cpu, peak_mb, at) VALUES "
    with database.begin() as connection:
        for klass, cpu in (("image/urf;a b", 0.25), ("image/urf;a b", 0.5), ("image/urf;a_b", 1.0)):
            values = {"klass": klass, "cpu": cpu}
            connection.execute(
                sa.text(row + "('x', :klass, 'image/urf', 'completed', 1, 1, 1.0, :cpu, 1.0, 1.0)"), values
            )
    migrate(database)
    kinds = "image/urf;a_b image/urf completed"
    with database.read() as connection:
        assert counters.read_all(connection) == {
            ("conversions", kinds): 3.0,
            ("conversion_cpu_seconds", kinds): 1.75,
        }
    database.close()


@pytest.mark.parametrize("start", ["base", "0001"])
def test_the_migrations_make_the_tables_that_the_code_knows(empty_url: str, start: str) -> None:
    """Whatever version they begin with."""
    database = Database(empty_url, durable=True, pool=2)
    if start != "base":
        upgrade(database, start)
    migrate(database)
    with database.engine.connect() as connection:
        ours = {"include_name": lambda name, kind, _parents: kind != "table" or name.startswith("ds_")}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **ours})
        found = [one for one in compare_metadata(context, metadata) if "ds_schema" not in str(one)]
    assert found == []
    with database.engine.connect() as connection:
        made = sa.inspect(connection)
        for table in metadata.sorted_tables:
            indexes = {one["name"] for one in made.get_indexes(table.name)} - {None}
            assert {str(index.name) for index in table.indexes} <= indexes
    database.close()


def test_of_jobs_that_had_ended_before_there_were_subscriptions_nobody_is_told(empty_url: str) -> None:
    database = Database(empty_url, durable=True, pool=2)
    upgrade(database, "0005")
    values = "VALUES (:n, 'print/office', :job, :state, '', '', 'hanako', 'sender', '価格表', :request, 1, 1, :ended)"
    with database.begin() as connection:
        connection.execute(sa.text(_JOB), {"id": "job-a", "held": False, "options": _OPTIONS})
        connection.execute(sa.text(_JOB), {"id": "job-e", "held": False, "options": _OPTIONS})
        connection.execute(sa.text("UPDATE ds_job SET ended = 2 WHERE id = 'job-e'"))
        for number, job, state, ended in ((1, "job-a", "submitted", None), (2, "job-e", "submitted", None)):
            row = {"n": number, "job": job, "state": state, "request": b"", "ended": ended}
            connection.execute(sa.text(f"{_IPP_JOB} {values}"), row)
        for number, state, ended in ((3, "open", None), (4, "aborted", 2.0)):
            row = {"n": number, "job": None, "state": state, "request": b"", "ended": ended}
            connection.execute(sa.text(f"{_IPP_JOB} {values}"), row)
    migrate(database)
    with database.read() as connection:
        assert [one.number for one in watched.list_watched(connection)] == [1, 3]
    database.close()


def test_a_migration_runs_once(empty_url: str) -> None:
    database = Database(empty_url, durable=True, pool=2)
    migrate(database)
    migrate(database)
    database.close()

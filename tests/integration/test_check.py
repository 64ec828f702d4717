"""`distserver check` on what stands in the database, on each database that is supported (N7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distserver.cli.check import check_times, check_tokens
from distserver.cli.check_origin import check_web_server
from distserver.cli.check_state import check_store
from distserver.cli.check_tls import check_certificate
from distserver.cli.finding import Finding, Verdict
from distserver.intake.ipp.door import read_identity
from distserver.jobs.lifecycle import Event
from distserver.model.accounts import Role
from distserver.model.lanes import LaneNews
from distserver.model.states import OutcomeKind
from distserver.settings import Settings
from distserver.store import executors
from distserver.store.executors import Executor
from tests.support.certificate import write_certificate
from tests.support.depot import run_depot, write_token
from tests.support.jobs import Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=2, now=time.time())
    yield made
    made.close()


def look(office: Office, **settings: object) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in check_store(Settings(home=office.root, **settings), office.url):  # type: ignore[arg-type]
        found.setdefault(finding.subject, []).append(finding)
    return found


def enlist(office: Office, beat: float) -> None:
    with office.database.begin() as connection:
        executors.insert_executor(connection, Executor(f"w{beat}", "print1/x/y", 4711, beat, beat))


def test_an_idle_store_with_a_worker_is_well(office: Office) -> None:
    enlist(office, office.now)
    found = look(office)
    assert {"database", "tables", "workers", "waiting", "destinations", "spool"} <= set(found)
    assert {one.verdict for group in found.values() for one in group} == {Verdict.OK}
    assert ("clock" in found) is (not office.database.sqlite)


@pytest.mark.real
def test_a_wrong_clock_of_this_machine_is_told_and_nothing_else_is_blamed_on_it(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: with PostgreSQL all go by the time of its server."""
    right = time.time
    office = Office(tmp_path, postgres_url, size=2, now=right())
    enlist(office, office.now)
    office.submit()
    monkeypatch.setattr("time.time", lambda: right() + 3600)
    found = look(office, documents_url="https://print1.example.org")
    office.close()
    assert [one.verdict for one in found["clock"]] == [Verdict.WRONG]
    assert {one.verdict for name in ("workers", "waiting") for one in found[name]} == {Verdict.OK}


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"lease_seconds": 3.0}, ""),  # signs of life are given often enough, whatever executor_beat_seconds says
        ({"probe_seconds": 20.0}, "probe_seconds"),
        ({"render_wall_seconds": 60}, "render_wall_seconds"),
        ({"deadline_hours": 0.01}, "deadline_hours"),
    ],
)
def test_times_that_make_no_sense_together_are_told(tmp_path: Path, settings: dict[str, Any], wrong: str) -> None:
    (finding,) = check_times(Settings(home=tmp_path, **settings))
    assert finding.verdict is (Verdict.WRONG if wrong else Verdict.OK)
    assert finding.message.startswith(wrong)


def test_nobody_works(office: Office) -> None:
    enlist(office, office.now - 500)
    silent, none = look(office)["workers"]
    assert "process 4711 on print1 said 8 min ago" in silent.message
    assert none.message == "none is alive: nothing is delivered"
    assert none.mend


def test_what_stands_still_is_told(office: Office) -> None:
    office.now -= 4000
    late = office.submit()
    office.submit(not_before=office.now + 60, deadline=office.now + 20_000)
    messages = [finding.message for finding in look(office)["waiting"]]
    assert messages == [
        "the oldest delivery that may go has been waiting for 67 min",
        "a delivery whose time came 66 min ago still waits",
        f"1 job past the deadline not given up, the first: {late.id}",
    ]


async def test_a_suspended_destination_is_told_with_its_reason(office: Office) -> None:
    office.submit()
    ledger = office.ledger("w")
    for _ in range(6):
        for standing in (await ledger.claim(9, 9))[0]:
            standing.news = LaneNews(OutcomeKind.UNREACHABLE, "destination-unreachable", "no route", 0.0, ended=True)
            await ledger.settle(standing, Event.FAIL)
        office.submit()
    told = look(office)["destinations"]
    assert [one.verdict for one in told] == [Verdict.NOTE] * 2
    assert told[0].message.startswith("discard:branch1 suspended for ")
    assert told[0].message.endswith(": destination-unreachable: no route")
    assert "destination reopen discard:branch1" in told[0].mend


def test_a_missing_document_and_a_leftover_are_told(office: Office) -> None:
    job = office.submit()
    digest = job.documents[0].digest
    office.spool.document_path(digest).unlink()
    missing = look(office)["spool"]
    assert [(one.verdict, one.message) for one in missing] == [
        (Verdict.WRONG, f"the document 'お知らせ.pdf' of job {job.id} is missing")
    ]
    assert "spool" not in look(office, documents_url="https://print.example.org")


def test_tables_of_another_version_end_the_look(office: Office) -> None:
    import sqlalchemy as sa

    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE ds_schema SET version_num = '0001'"))
    assert [one.verdict for one in look(office)["tables"]] == [Verdict.NOTE]
    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE ds_schema SET version_num = '9999'"))
    assert [one.verdict for one in look(office)["tables"]] == [Verdict.WRONG]


def test_the_web_server_of_the_documents_is_asked(tmp_path: Path) -> None:
    with run_depot(tmp_path / "depot") as depot:
        url = f"http://127.0.0.1:{depot.port}"
        well = check_web_server(url, write_token(tmp_path / "worker", depot.tokens[Role.WORKER]))
        assert [one.verdict for one in well] == [Verdict.OK]
        (other,) = check_web_server(url, write_token(tmp_path / "other", depot.tokens[Role.SENDER]))
        assert (other.verdict, "role sender" in other.message) == (Verdict.WRONG, True)
        (unknown,) = check_web_server(url, write_token(tmp_path / "unknown", "ds_" + "x" * 40))
        assert (unknown.verdict, "401" in unknown.message) == (Verdict.WRONG, True)
    (away,) = check_web_server(url, tmp_path / "worker")
    assert (away.verdict, "does not answer" in away.message) == (Verdict.WRONG, True)
    (unset,) = check_web_server(url, None)
    assert unset.verdict is Verdict.WRONG


def test_the_certificate_of_the_printers_is_looked_at(tmp_path: Path) -> None:
    """N7: one that ends, one that is missing, one that is for another name, and settings that do not fit."""

    def told(**settings: object) -> list[tuple[Verdict, str]]:
        found = check_certificate(Settings(home=tmp_path, **settings))  # type: ignore[arg-type]
        return [(one.verdict, one.message) for one in found]

    assert told() == [(Verdict.NOTE, "there is no certificate yet")]
    assert told(tls_key=tmp_path / "key.pem")[0][0] is Verdict.WRONG
    assert told(tls_certificate=tmp_path / "none.pem")[0][0] is Verdict.WRONG
    given = write_certificate(tmp_path / "given.pem")
    given.chmod(0o600)
    ((verdict, message),) = told(tls_certificate=given)
    assert (verdict, "ends on" in message) == (Verdict.NOTE, True)
    notes = told(tls_certificate=given, public_url="https://print.example.org")
    assert notes[1] == (Verdict.NOTE, "the certificate is not for print.example.org, as clients call it")
    assert len(told(tls_certificate=given, public_url="https://a.b", ipps_url="ipps://a.b:443")) == 1


def test_what_the_printers_keep_among_the_tokens_is_for_its_owner_only(tmp_path: Path) -> None:
    made = read_identity(tmp_path)
    assert read_identity(tmp_path) == made
    assert [finding.verdict for finding in check_tokens(Settings(home=tmp_path))] == [Verdict.OK]
    (tmp_path / "tokens" / "server-uuid").write_text("half")
    assert read_identity(tmp_path) == read_identity(tmp_path) != made

"""Subscriptions and events in the store (N1, N4; RFC 3995, RFC 3996), on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.deliver.contract import Completed, Failed
from distserver.errors import Conflict, NotFound, NotSignedIn, StoreUnavailable
from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.notification import audience
from distserver.intake.ipp.notification.audience import MOST_KEPT, SYSTEM
from distserver.intake.ipp.notification.scene import read_content
from distserver.intake.ipp.notification.subscriptions import Object
from distserver.jobs.incoming import NewIppJob
from distserver.model.jobs import GUEST, Actor
from distserver.model.states import Reason
from distserver.store import happenings, stops, subscriptions, watched
from distserver.store.database import Database
from distserver.store.tables import ipp_event, ipp_told
from distserver.store.telling import TellingLease
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal
from tests.support.bench import script
from tests.support.jobs import OPERATOR, SENDER
from tests.support.listening import LIFE, PRINTER, Ears, run_ears, visitor, wish

OTHER = Actor("taro", "sender")
GUEST_OF = Actor("hanako (guest)", GUEST)
_SYSTEM = Object(SYSTEM, None, "ipp://here/ipp/system")


@pytest.fixture
def ears(tmp_path: Path, database_url: str) -> Iterator[Ears]:
    with run_ears(tmp_path, database_url) as made:
        yield made


async def _carry_out(ears: Ears, number: int) -> None:
    found = ears.send(number)
    assert found.row.job_id is not None
    script(ears.bench, Completed(pages=3))
    await ears.bench.run(found.row.job_id)


async def test_a_printer_tells_the_course_of_a_job(ears: Ears) -> None:
    id_ = ears.subscribe("job-state-changed")
    number = ears.create_job()
    assert ears.heard(id_) == [(1, "job-created")]
    await _carry_out(ears, number)
    assert ears.heard(id_) == [(1, "job-created"), (2, "job-completed")]
    last = ears.read(id_, 2)[1][0]
    content = read_content(last.happening.content)
    assert (content.integer("job-id"), content.integer("job-state")) == (number, 9)
    assert content.integer("job-impressions-completed") == 3
    assert ears.heard(id_) == [(1, "job-created"), (2, "job-completed")]


async def test_a_new_subscription_hears_of_what_happens_from_now_on(ears: Ears) -> None:
    number, first = ears.create_job(), ears.subscribe("job-created", "job-completed")
    second = ears.subscribe("job-created", "job-completed")
    ears.create_job()
    third = ears.subscribe("job-created", "job-completed")
    await _carry_out(ears, number)
    assert [event for _, event in ears.heard(first)] == ["job-created", "job-completed"]
    assert [event for _, event in ears.heard(second)] == ["job-created", "job-completed"]
    assert [event for _, event in ears.heard(third)] == ["job-completed"]


async def test_what_happens_while_nobody_looks_is_told_later_and_once(ears: Ears) -> None:
    """N4: the process was killed; sequence numbers go on where they were."""
    id_ = ears.subscribe("job-state-changed")
    number = ears.create_job()
    assert ears.heard(id_) == [(1, "job-created")]
    await _carry_out(ears, number)
    ears.start()
    ears.create_job()
    assert ears.heard(id_, 2) == [(2, "job-completed"), (3, "job-created")]
    ears.start()
    assert ears.heard(id_, 4) == []


async def test_a_job_ends_its_own_subscriptions(ears: Ears) -> None:
    """RFC 3996 §5.2: its last event can be fetched for a while, then it is gone."""
    number = ears.create_job()
    of_job = replace(PRINTER, job=number)
    id_ = ears.subscribe("job-state-changed", "printer-state-changed", what=of_job, lease=None)
    other = ears.subscribe("job-completed", what=replace(PRINTER, job=ears.create_job()), lease=None)
    await _carry_out(ears, number)
    assert [event for _, event in ears.heard(id_)][-1] == "job-completed"
    assert ears.heard(other) == []
    (found,) = ears.read(id_)[0]
    assert found.ended is not None
    with pytest.raises(NotFound):
        ears.process.subscriptions.get(id_, visitor(SENDER))
    with pytest.raises(Conflict):
        ears.subscribe("job-completed", what=of_job, lease=None)
    ears.bench.office.now += LIFE + 1
    ears.look()
    with pytest.raises(NotFound):
        ears.read(id_)


async def test_a_job_that_is_sent_again_is_heard_of_again(ears: Ears) -> None:
    id_ = ears.subscribe("job-state-changed")
    found = ears.send(ears.create_job())
    assert found.row.job_id is not None
    script(ears.bench, Failed(Reason.UNAUTHORIZED, "no"), Completed(1))
    await ears.bench.run(found.row.job_id)
    assert [event for _, event in ears.heard(id_)] == ["job-created", "job-completed"]
    ears.bench.office.service.retry(found.row.job_id, SENDER)
    assert [event for _, event in ears.heard(id_, 3)] == ["job-state-changed"]
    await ears.bench.run(found.row.job_id)
    assert [event for _, event in ears.heard(id_, 4)] == ["job-completed"]


def test_hold_and_release_are_changes_of_state(ears: Ears) -> None:
    number = ears.send(ears.create_job()).row.number
    id_ = ears.subscribe("job-state-changed", what=replace(PRINTER, job=number), lease=None)
    ears.incoming.hold(number, SENDER)
    assert ears.heard(id_) == [(1, "job-state-changed")]
    ears.incoming.release(number, SENDER)
    assert ears.heard(id_)[1:] == [(2, "job-state-changed")]
    ears.incoming.cancel(number, SENDER)
    assert ears.heard(id_)[2:] == [(3, "job-completed")]


def test_words_of_progress_keep_their_distance(ears: Ears) -> None:
    """RFC 3995 §5.3.9: numbers count what was told."""
    office = ears.bench.office
    number = ears.send(ears.create_job()).row.number
    job_id = ears.incoming.get(number, SENDER).row.job_id
    often, seldom = ears.subscribe("job-progress"), ears.subscribe("job-progress", interval=60)
    ears.look()
    for pages in (1, 2, 3):
        with office.database.begin() as connection:
            connection.exec_driver_sql(f"UPDATE ds_delivery SET pages = {pages} WHERE job_id = '{job_id}'")
        ears.look()
        office.now += 40
    assert ears.heard(often) == [(1, "job-progress"), (2, "job-progress"), (3, "job-progress")]
    assert ears.heard(seldom) == [(1, "job-progress"), (2, "job-progress")]


def test_who_may_see_a_job_hears_of_it(ears: Ears) -> None:
    mine, others = ears.subscribe("job-created"), ears.subscribe("job-created", by=OTHER)
    every = ears.subscribe("job-created", by=OPERATOR)
    guests = ears.subscribe("job-created", by=GUEST_OF)
    everywhere = ears.subscribe("job-created", what=Object("print/everyone", None, "ipp://here/ipp/print/everyone"))
    system = ears.subscribe("job-created", what=_SYSTEM)
    ears.create_job()
    for id_, by in ((mine, SENDER), (every, OPERATOR), (everywhere, SENDER), (system, SENDER)):
        assert ears.heard(id_, by=by) == [(1, "job-created")]
    assert ears.heard(others, by=OTHER) == []
    assert ears.heard(guests, by=GUEST_OF) == []
    assert ears.read(every, by=OPERATOR)[1] != []


def test_who_was_an_operator_hears_of_their_own_jobs_alone(ears: Ears) -> None:
    id_ = ears.subscribe("job-created", by=Actor("taro", "operator"))
    ears.create_job()
    ears.look()
    assert ears.read(id_, by=Actor("taro", "operator"))[1] != []
    assert ears.read(id_, by=OTHER)[1] == []


def test_owners_and_operators_alone_touch_a_subscription(ears: Ears) -> None:
    id_ = ears.subscribe()
    service = ears.process.subscriptions
    acts: tuple[Callable[[int, Visitor], object], ...] = (
        service.get,
        service.cancel,
        lambda one, by: service.renew(one, 60, by),
        lambda one, by: service.read([(one, 1)], by),
    )
    for act in acts:
        with pytest.raises(Refusal) as refused:
            act(id_, visitor(OTHER))
        assert refused.value.reply.status == Status.NOT_AUTHORIZED
        with pytest.raises(NotSignedIn):
            act(id_, Visitor(GUEST_OF, False, "127.0.0.1"))
    assert service.list(PRINTER, visitor(OTHER), mine=False, limit=9) == []
    assert len(service.list(PRINTER, visitor(OPERATOR), mine=False, limit=9)) == 1
    assert service.list(PRINTER, visitor(OPERATOR), mine=True, limit=9) == []
    service.renew(id_, 60, visitor(OPERATOR))
    assert service.get(id_, visitor(SENDER)).lease == 60
    service.cancel(id_, visitor(SENDER))
    with pytest.raises(NotFound):
        service.get(id_, visitor(SENDER))


def test_a_lease_runs_out_unless_it_is_renewed(ears: Ears) -> None:
    office, service = ears.bench.office, ears.process.subscriptions
    short, renewed = ears.subscribe(lease=60), ears.subscribe(lease=60)
    office.now += 50
    service.renew(renewed, 60, visitor(SENDER))
    office.now += 20
    ears.look()
    assert ears.process.watch.look(frozenset((short, renewed))).keys() == {renewed}
    assert ears.read(short)[0][0].ended is not None
    ears.create_job()
    assert ears.heard(short) == []
    office.now += LIFE + 1
    ears.look()
    with pytest.raises(NotFound):
        ears.read(short)
    job = ears.subscribe(what=replace(PRINTER, job=ears.create_job()), lease=None)
    with pytest.raises(Refusal) as refused:
        service.renew(job, 60, visitor(SENDER))
    assert refused.value.reply.status == Status.NOT_POSSIBLE


def test_nobody_and_no_printer_has_too_many(tmp_path: Path, database_url: str) -> None:
    with run_ears(tmp_path, database_url, per_owner=3, per_printer=4) as ears:
        service = ears.process.subscriptions
        made = service.create([wish(), None, wish(), wish(), wish()], PRINTER, visitor(SENDER))
        assert [one is not None for one in made] == [True, False, True, True, False]
        assert service.create([wish(), wish()], PRINTER, visitor(OTHER))[1] is None
        elsewhere = Object("print/everyone", None, "ipp://here/ipp/print/everyone")
        assert service.create([wish()], elsewhere, visitor(OTHER)) != [None]
        assert made[0] is not None
        service.cancel(made[0], visitor(SENDER))
        assert service.create([wish(), wish()], PRINTER, visitor(SENDER))[1] is None


def test_events_are_kept_for_their_life_and_within_a_bound(ears: Ears) -> None:
    office, id_ = ears.bench.office, ears.subscribe("job-created")
    ears.create_job()
    assert ears.heard(id_) == [(1, "job-created")]
    office.now += LIFE + 1
    ears.create_job()
    assert ears.heard(id_) == [(2, "job-created")]
    with office.database.read() as connection:
        assert connection.execute(ipp_event.select()).all() != []
        assert not happenings.any_older(connection, office.now - LIFE)
    with office.database.begin() as connection:
        subscriptions.change_subscription(connection, id_, sequence=MOST_KEPT + 7)
    ears.create_job()
    assert ears.heard(id_) == [(MOST_KEPT + 8, "job-created")]


def test_a_printer_tells_how_it_is_and_what_it_can(ears: Ears) -> None:
    id_ = ears.subscribe("printer-state-changed", "printer-config-changed")
    assert ears.heard(id_) == []
    ears.paused = True
    assert ears.heard(id_) == [(1, "printer-stopped")]
    content = read_content(ears.read(id_)[1][0].happening.content)
    assert (content.integer("printer-state"), content.strings("printer-state-reasons")) == (5, ("paused",))
    ears.start()
    assert ears.heard(id_, 2) == []
    ears.paused = False
    assert ears.heard(id_, 2) == [(2, "printer-state-changed")]
    ears.process.subscriptions.cancel(id_, visitor(SENDER))
    ears.look()
    with ears.bench.office.database.read() as connection:
        assert connection.execute(ipp_told.select()).all() == []


def test_the_system_tells_which_printers_come_and_go(ears: Ears) -> None:
    id_ = ears.subscribe("printer-created", "printer-deleted", what=_SYSTEM)
    assert ears.heard(id_) == []
    ears.groups.append("branch")
    assert ears.heard(id_) == [(1, "printer-created")]
    ears.start()
    ears.groups.remove("branch")
    assert ears.heard(id_, 2) == [(2, "printer-deleted")]
    assert ears.read(id_, 2)[1][0].happening.printer == "print/branch"


def test_many_who_look_at_once_tell_everything_once(ears: Ears) -> None:
    """Several doors on one database, and requests beside them."""
    id_ = ears.subscribe("job-created")
    others = [Ears(ears.bench) for _ in range(4)]
    for _ in range(30):
        ears.create_job()
    threads = [threading.Thread(target=one.look) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ears.heard(id_) == [(number, "job-created") for number in range(1, 31)]
    for one in others:
        one.stop()


def test_subscriptions_come_and_go_while_others_are_told(ears: Ears) -> None:
    id_, other = ears.subscribe("job-created"), Ears(ears.bench)

    def change() -> None:
        for _ in range(25):
            passing = other.subscribe("job-created", by=OPERATOR)
            other.process.subscriptions.cancel(passing, visitor(OPERATOR))

    thread = threading.Thread(target=change)
    thread.start()
    for _ in range(25):
        ears.create_job()
        ears.look()
    thread.join()
    assert ears.heard(id_) == [(number, "job-created") for number in range(1, 26)]
    other.stop()


def test_much_is_told_in_parts(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write to the store meanwhile."""
    monkeypatch.setattr(audience, "_MOST_AT_ONCE", 3)
    ids = [ears.subscribe("job-state-changed") for _ in range(4)]
    numbers = [ears.create_job() for _ in range(6)]
    for number in numbers:
        ears.incoming.cancel(number, SENDER)
    for id_ in ids:
        assert ears.heard(id_) == [(at, "job-completed" if at % 2 == 0 else "job-created") for at in range(1, 13)]


def test_one_process_looks_at_the_printers_until_it_is_gone(ears: Ears) -> None:
    """On PostgreSQL, where there may be several doors."""
    database, url = ears.bench.office.database, ears.bench.office.url
    if database.sqlite:
        assert TellingLease(database).hold()
        return
    first, second = TellingLease(database), TellingLease(Database(url, durable=True, pool=2))
    assert [first.hold(), second.hold(), first.hold()] == [True, False, True]
    with database.begin() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        assert connection.execute(sa.text(ended)).scalars().all() == [True]
    assert [first.hold(), second.hold(), first.hold()] == [False, True, False]
    second.give_up()
    assert first.hold()
    first.give_up()
    second._database.close()


def test_a_job_and_its_subscriptions_are_one(ears: Ears) -> None:
    """What comes with the request that makes the job hears of its making."""
    service = ears.process.subscriptions
    ids: list[int | None] = []

    def also(connection: sa.Connection, number: int) -> None:
        what = replace(PRINTER, job=number)
        ids.extend(service.insert(connection, [wish(lease=None)], what, visitor(SENDER)))

    number = ears.incoming.create(NewIppJob("print/office", "価格表", b"", also), SENDER).row.number
    assert ids[0] is not None
    assert ears.heard(ids[0]) == [(1, "job-created")]
    assert service.get(ids[0], visitor(SENDER)).job == number


def test_who_comes_with_a_job_hears_of_its_beginning_at_whatever_moment(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also between the two questions of who tells: which jobs there are, and who listens."""
    own: list[int | None] = []
    telling = threading.Event()

    def create(ears: Ears) -> None:
        def also(connection: sa.Connection, number: int) -> None:
            wishes = [wish("job-created", lease=None)]
            what = replace(PRINTER, job=number)
            own.extend(ears.process.subscriptions.insert(connection, wishes, what, visitor(SENDER)))

        ears.incoming.create(NewIppJob("print/office", "価格表", b"asked", also), SENDER)

    with run_ears(tmp_path, postgres_url) as ears:
        locked = watched.lock_telling
        monkeypatch.setattr(watched, "lock_telling", lambda connection: (locked(connection), telling.set())[0])
        for module, name in ((watched, "list_watched"), (subscriptions, "list_live")):
            asked = getattr(module, name)

            def ask(connection: sa.Connection, asked: Callable[[sa.Connection], object] = asked) -> object:
                found = asked(connection)
                if telling.is_set() and not own:
                    create(ears)
                return found

            monkeypatch.setattr(module, name, ask)
        first = ears.subscribe("job-created")
        telling.clear()
        own.clear()
        ears.create_job()
        ears.look()
        assert telling.is_set()
        assert own[0] is not None
        ears.look()
        assert ears.heard(own[0]) == [(1, "job-created")]
        assert len(ears.heard(first)) >= 2


def test_who_tells_and_who_submits_wait_for_each_other(postgres_url: str) -> None:
    """Both lock rows of jobs, each in an order of its own."""
    database = Database(postgres_url, durable=True, pool=2, lock_seconds=0.2)
    with database.begin() as one:
        stops.lock_stops(one, shared=True)
        with pytest.raises(StoreUnavailable), database.begin() as other:
            watched.lock_telling(other)
    database.close()

"""Destinations in trouble (N4, D15): one tries for all, the others wait; who fails for long is suspended and asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from distserver.deliver.contract import Accepted, Completed, Deferred, Failed, Target
from distserver.errors import DeliveryError
from distserver.jobs.lanes import BounceRules
from distserver.model.capabilities import Capabilities
from distserver.model.documents import JPEG, PDF, PWG_RASTER
from distserver.model.jobs import DeliveryView, JobView
from distserver.model.states import DeliveryState, OutcomeKind, Priority, Reason
from distserver.store.tables import destination, notice
from tests.support.bench import Bench, run_bench, script
from tests.support.documents import make_pdf
from tests.support.jobs import SENDER

ONE = "discard:one"
OFF = Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, "no route to host")
BUSY = Deferred(OutcomeKind.BUSY, Reason.BUSY, "printing another job")
NO_SENSE = Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, "what is this")
NO_LOGIN = DeliveryError("who are you", OutcomeKind.REFUSED, Reason.UNAUTHORIZED)
AWAY = DeliveryError("no route to host", OutcomeKind.UNREACHABLE, Reason.UNREACHABLE)


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with run_bench(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def strict(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    """One failed delivery suspends a destination."""
    with run_bench(tmp_path, database_url, bounce=BounceRules(limit=1.0, probe=100.0)) as made:
        yield made


def lane(bench: Bench) -> Any:
    found = bench.office.lane(ONE)
    assert found is not None
    return found


def row(bench: Bench, job: JobView) -> DeliveryView:
    (found,) = bench.rows(job.id)
    return found


def sent(bench: Bench) -> int:
    return sum(call == "deliver" for call, _ in bench.channel.calls)


def notices(bench: Bench) -> list[tuple[str, str]]:
    with bench.office.database.read() as connection:
        found = connection.execute(sa.select(notice.c.kind, notice.c.object).order_by(notice.c.key))
        return [(one.kind, one.object) for one in found]


async def next_try(bench: Bench, job: JobView) -> None:
    """On to the end of the destination's pause, and carry what may go then."""
    bench.office.now = max(bench.office.now, lane(bench).closed_until) + 0.01
    await bench.run(job.id)


async def test_one_tries_for_all_and_the_others_say_why_and_until_when_they_wait(bench: Bench) -> None:
    jobs = [bench.office.submit() for _ in range(3)]
    script(bench, OFF, OFF, OFF)
    await bench.run(jobs[0].id)
    assert sent(bench) == 1
    pause = lane(bench).closed_until
    late = bench.office.submit()
    await bench.run(late.id)
    for waiting in (row(bench, job) for job in (*jobs[1:], late)):
        assert (waiting.state, waiting.reason, waiting.message, waiting.next_try) == (
            DeliveryState.PENDING,
            Reason.UNREACHABLE,
            "no route to host",
            pause,
        )
    bench.office.now = pause - 1
    await bench.run(jobs[0].id)
    assert sent(bench) == 1
    await next_try(bench, jobs[0])
    assert (sent(bench), lane(bench).strikes) == (2, 2)


async def test_the_pause_grows_whatever_the_job_and_what_arrives_wipes_it(bench: Bench) -> None:
    """N4: a device that has been off for an hour is not run at by each new job."""
    jobs = [bench.office.submit() for _ in range(4)]
    script(bench, *[OFF] * 4)
    await bench.run(jobs[0].id)
    pauses = [lane(bench).closed_until - bench.office.now]
    for _ in range(3):
        await next_try(bench, jobs[0])
        pauses.append(lane(bench).closed_until - bench.office.now)
    assert pauses == [10.0, 20.0, 40.0, 80.0]
    late = bench.office.submit()
    await bench.run(late.id)
    assert (row(bench, late).attempts, row(bench, late).next_try) == (0, lane(bench).closed_until)
    await next_try(bench, jobs[0])
    known = lane(bench)
    assert (known.strikes, known.score, known.closed_until, known.trouble_since) == (0, 0, None, None)
    for _ in range(5):
        bench.office.now += 100
        await bench.run(late.id)
    assert {row(bench, job).state for job in (*jobs, late)} == {DeliveryState.COMPLETED}


async def test_what_the_device_has_taken_wipes_the_slate_too(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, OFF, Accepted("1", follow=True, reasons=("media-empty",)))
    await bench.run(job.id)
    await next_try(bench, job)
    assert (row(bench, job).state, lane(bench).strikes) == (DeliveryState.PROCESSING, 0)


@pytest.mark.parametrize("how", ["urgent", "retry"])
async def test_who_asks_for_it_does_not_wait_for_a_pause_to_end(bench: Bench, how: str) -> None:
    """D4: an urgent job, and a person who has just switched the device on."""
    job = bench.office.submit()
    script(bench, OFF)
    await bench.run(job.id)
    if how == "urgent":
        job = bench.office.submit(priority=Priority.URGENT)
    else:
        bench.office.service.retry(job.id, SENDER)
    await bench.run(job.id)
    assert row(bench, job).state is DeliveryState.COMPLETED


async def test_a_device_in_trouble_is_asked_before_it_gets_anything(bench: Bench) -> None:
    """D11: a question costs less than a document; its own word is the reason."""
    job = bench.office.submit()
    script(bench, OFF)
    await bench.run(job.id)
    bench.channel.capabilities = Capabilities(formats=(PDF,), state="stopped", state_reasons=("shutdown",))
    await next_try(bench, job)
    assert (row(bench, job).state, row(bench, job).reason, sent(bench)) == (
        DeliveryState.PENDING_RETRY,
        "shutdown",
        1,
    )
    bench.channel.capabilities = Capabilities(formats=(PDF,))
    await next_try(bench, job)
    assert (row(bench, job).state, sent(bench)) == (DeliveryState.COMPLETED, 2)


async def test_twelve_times_busy_and_then_one_odd_answer_does_not_give_up(bench: Bench) -> None:
    """D15: each kind of failure has tries of its own."""
    job = bench.office.submit()
    script(bench, *[BUSY] * 12, NO_SENSE)
    await bench.run(job.id)
    for _ in range(12):
        await next_try(bench, job)
    assert (row(bench, job).state, row(bench, job).attempts, row(bench, job).reason) == (
        DeliveryState.PENDING_RETRY,
        13,
        Reason.PROTOCOL_ERROR,
    )
    await next_try(bench, job)
    assert row(bench, job).state is DeliveryState.COMPLETED


async def test_one_odd_answer_after_the_other_gives_up(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, *[NO_SENSE] * 20)
    await bench.run(job.id)
    for _ in range(19):
        if row(bench, job).state.ended:
            break
        await next_try(bench, job)
    assert (row(bench, job).state, row(bench, job).attempts) == (DeliveryState.ABORTED, 6)


async def test_who_fails_again_and_again_is_suspended_and_people_are_told(strict: Bench) -> None:
    """N4: and what waits, waits; also for somebody in a hurry."""
    first, second = strict.office.submit(), strict.office.submit()
    strict.channel.describe_errors[ONE] = [NO_LOGIN]
    await strict.run(first.id)
    assert row(strict, first).state is DeliveryState.ABORTED
    assert (lane(strict).suspended, notices(strict)) == (strict.office.now, [("destination-suspended", ONE)])
    urgent = strict.office.submit(priority=Priority.URGENT)
    await strict.run(second.id)
    for job in (second, urgent):
        waiting = row(strict, job)
        assert (waiting.state, waiting.reason) == (DeliveryState.PENDING, Reason.SUSPENDED)
        assert waiting.next_try == strict.office.now + 100
    strict.office.now += 1000  # nobody has asked it yet
    late = strict.office.submit()
    await strict.run(late.id)
    assert (sent(strict), row(strict, late).reason) == (0, Reason.SUSPENDED)


async def test_a_suspended_destination_that_is_well_again_gets_what_waits(strict: Bench) -> None:
    """N4: by itself, and people are told that too."""
    first, second, third = (strict.office.submit() for _ in range(3))
    strict.channel.describe_errors[ONE] = [NO_LOGIN]
    await strict.run(first.id)
    await strict.probe()
    assert lane(strict).suspended is not None  # it is not time to ask yet
    strict.office.now += 101
    strict.channel.describe_errors[ONE] = [AWAY]
    await strict.probe()
    assert (lane(strict).suspended is None, lane(strict).closed_until) == (False, strict.office.now + 100)
    strict.office.now += 101
    strict.channel.capabilities = Capabilities(formats=(PDF,), accepting=False)
    await strict.probe()
    assert lane(strict).suspended is not None
    strict.office.now += 101
    strict.channel.capabilities = Capabilities(formats=(PDF,))
    await strict.probe()
    assert lane(strict).suspended is None
    assert notices(strict) == [("destination-suspended", ONE), ("destination-returned", ONE)]
    for _ in range(3):
        await strict.run(second.id)
    assert {row(strict, job).state for job in (second, third)} == {DeliveryState.COMPLETED}
    assert len(notices(strict)) == 2


async def test_a_destination_is_asked_by_one_worker_at_a_time(strict: Bench) -> None:
    job = strict.office.submit()
    strict.channel.describe_errors[ONE] = [NO_LOGIN]
    await strict.run(job.id)
    strict.office.now += 101
    assert len(strict.suspensions.take_probes(strict.office.now, 5)) == 1
    assert strict.suspensions.take_probes(strict.office.now, 5) == []


async def test_failed_tries_add_up_to_a_suspension_and_success_takes_them_back(bench: Bench) -> None:
    """N4: a tenth each; who is busy for an afternoon and then takes it is not suspended the next day."""
    job = bench.office.submit(deadline=bench.office.now + 1e7)
    script(bench, *[OFF] * 49, Completed(), *[OFF] * 50)
    await bench.run(job.id)
    for _ in range(49):
        await next_try(bench, job)
    assert (row(bench, job).state, lane(bench).score) == (DeliveryState.COMPLETED, 0)
    again = bench.office.submit(deadline=bench.office.now + 1e7)
    await bench.run(again.id)
    for _ in range(49):
        assert lane(bench).suspended is None
        await next_try(bench, again)
    assert lane(bench).suspended is not None
    assert row(bench, again).state is DeliveryState.PENDING_RETRY


async def test_a_device_that_misreports_a_format_gets_the_next_one_also_after_a_restart(
    bench: Bench, tmp_path: Path
) -> None:
    """D11: believe what it does."""
    stored = make_pdf(tmp_path / "one.pdf", 1).read_bytes()
    document = replace(bench.office.document(stored), pages=1)
    bench.channel.capabilities = Capabilities(
        formats=(PDF, PWG_RASTER), pwg_types=("sgray_8",), pwg_resolutions=((150, 150),)
    )
    job = bench.office.submit(documents=(document,))
    script(bench, Failed(Reason.FORMAT_NOT_SUPPORTED, "client-error-document-format-not-supported"))
    await bench.run(job.id)
    assert row(bench, job).state is DeliveryState.PENDING_RETRY
    bench.office.now += 1
    await bench.run(job.id)
    assert row(bench, job).state is DeliveryState.COMPLETED
    bench.restart("worker-2")
    later = bench.office.submit(documents=(document,))
    await bench.run(later.id)
    assert (row(bench, later).state, row(bench, later).attempts) == (DeliveryState.COMPLETED, 1)
    formats = [request.rendition.format for request in bench.channel.requests]
    assert formats == [PDF, PWG_RASTER, PWG_RASTER]


async def test_a_device_that_refuses_its_only_format_has_failed(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, Failed(Reason.FORMAT_NOT_SUPPORTED, "no"))
    await bench.run(job.id)
    assert (row(bench, job).state, row(bench, job).reason) == (DeliveryState.ABORTED, Reason.FORMAT_NOT_SUPPORTED)


async def test_another_device_at_the_address_is_asked_before_a_delivery_fails(bench: Bench, tmp_path: Path) -> None:
    """N4, D11: what was remembered is of the one before, whoever of the workers remembers it."""
    stored = make_pdf(tmp_path / "one.pdf", 1).read_bytes()
    document = replace(bench.office.document(stored), pages=1)
    await bench.run(bench.office.submit(documents=(document,)).id)
    raster = Capabilities(formats=(PWG_RASTER,), pwg_types=("sgray_8",), pwg_resolutions=((150, 150),))
    bench.channel.capabilities = raster
    bench.restart("worker-2")
    job = bench.office.submit(documents=(document,))
    script(bench, Failed(Reason.FORMAT_NOT_SUPPORTED, "client-error-document-format-not-supported"))
    await bench.run(job.id)
    assert (row(bench, job).state, bench.office.lane(ONE).capabilities) == (DeliveryState.PENDING_RETRY, None)  # type: ignore[union-attr]
    bench.office.now += 1
    await bench.run(job.id)
    assert row(bench, job).state is DeliveryState.COMPLETED
    formats = [request.rendition.format for request in bench.channel.requests]
    assert formats == [PDF, PDF, PWG_RASTER]


async def test_a_device_whose_words_fit_no_document_any_more_is_asked_at_once(bench: Bench, tmp_path: Path) -> None:
    """N4, D11: a device that took single pictures only has given way to one that takes PDF."""
    stored = make_pdf(tmp_path / "two.pdf", 2).read_bytes()
    pages = replace(bench.office.document(stored), pages=2)
    bench.channel.capabilities = Capabilities(formats=(JPEG,))
    job = bench.office.submit(documents=(pages,))
    await bench.run(job.id)
    assert (row(bench, job).state, row(bench, job).reason) == (DeliveryState.ABORTED, Reason.FORMAT_NOT_SUPPORTED)
    bench.channel.capabilities = Capabilities(formats=(PDF,))
    bench.office.now += 1
    later = bench.office.submit(documents=(pages,))
    await bench.run(later.id)
    assert (row(bench, later).state, row(bench, later).attempts) == (DeliveryState.COMPLETED, 1)


async def test_what_a_device_says_of_itself_is_kept_over_a_restart_while_it_is_young(bench: Bench) -> None:
    def asked() -> int:
        return sum(call == "describe" for call, _ in bench.channel.calls)

    bench.channel.capabilities = Capabilities(formats=(PDF,), copies_max=7, media_sizes={"iso_a4": (21000, 29700)})
    await bench.run(bench.office.submit().id)
    bench.restart("worker-2")
    await bench.run(bench.office.submit().id)
    assert asked() == 1
    assert bench.channel.requests[-1].capabilities == bench.channel.capabilities
    bench.office.now += 301
    bench.restart("worker-3")
    await bench.run(bench.office.submit().id)
    assert asked() == 2


async def test_an_error_of_our_own_while_a_destination_is_asked_ends_no_worker(
    strict: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """N4: it stays suspended, and is asked again after the usual time."""
    strict.channel.describe_errors[ONE] = [NO_LOGIN]
    await strict.run(strict.office.submit().id)

    async def break_down(target: object) -> Capabilities:
        raise ValueError("what no device should be able to bring about")

    strict.office.now += 101
    with monkeypatch.context() as patch:
        patch.setattr(strict.channel, "describe", break_down)
        await strict.probe()
    assert "probe-broke" in caplog.text
    assert (lane(strict).suspended is None, lane(strict).closed_until) == (False, strict.office.now + 100)
    strict.office.now += 101
    await strict.probe()
    assert lane(strict).suspended is None


async def test_a_destination_that_answers_for_minutes_keeps_no_other_from_being_asked(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: one sick destination never slows the others, suspended ones neither."""
    slow, well = "discard:slow", "discard:well"
    with run_bench(tmp_path, database_url, slow, bounce=BounceRules(limit=1.0, probe=100.0)) as bench:
        for uri in (slow, well):
            bench.channel.describe_errors[uri] = [NO_LOGIN]
            await bench.run(bench.office.submit(destinations=(uri,), groups=()).id)
        asked, describe = asyncio.Event(), bench.channel.describe

        async def dribble(target: Target) -> Capabilities:
            if target.address.uri == slow:
                asked.set()
                await asyncio.Event().wait()
            return await describe(target)

        monkeypatch.setattr(bench.channel, "describe", dribble)
        with bench.office.database.begin() as connection:
            connection.execute(sa.update(destination).where(destination.c.uri == slow).values(closed_until=0.0))
        probing = asyncio.create_task(bench.prober.run())
        async with asyncio.timeout(60):
            await asked.wait()
            bench.office.now += 101
            while bench.office.lane(well).suspended is not None:  # type: ignore[union-attr]
                await asyncio.sleep(0.05)
        probing.cancel()
        for task in bench.prober._asking.values():
            task.cancel()


async def test_what_no_database_takes_of_a_devices_words_holds_up_no_outcome(bench: Bench) -> None:
    """N4: a NUL (PostgreSQL refuses it) or half a surrogate pair in what is said of a destination."""
    script(bench, replace(OFF, message="the answer is text/\0html \ud800"))
    job = bench.office.submit()
    await bench.run(job.id)
    assert (row(bench, job).state, row(bench, job).reason) == (DeliveryState.PENDING_RETRY, Reason.UNREACHABLE)
    assert lane(bench).trouble_message == "the answer is text/ html ?"


async def test_who_waits_is_told_when_the_destination_is_well_again(bench: Bench) -> None:
    """D4: not the trouble of long ago."""
    script(bench, OFF)
    first, second, third = (bench.office.submit() for _ in range(3))
    await bench.run(first.id)
    assert row(bench, third).reason == Reason.UNREACHABLE
    bench.office.now += 60
    await bench.run(first.id)
    assert row(bench, first).state is DeliveryState.COMPLETED
    for job in (second, third):
        assert (row(bench, job).reason, row(bench, job).message) == (Reason.WAITS_FOR_DESTINATION, "")

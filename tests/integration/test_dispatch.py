"""What the engine makes of each outcome (N4, D15): steps, retries, adoption, cancel, on a real store and renderer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distserver.deliver.contract import (
    Absent,
    Accepted,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Partial,
    Progress,
    Target,
    Unknown,
    Watch,
    keep_remote_id,
)
from distserver.errors import DeliveryError, StoreUnavailable
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF, ColorMode, PrintOptions, Rendition, Sides
from distserver.model.states import DeliveryState, Evidence, OutcomeKind, Priority, Reason
from distserver.report import words
from tests.support.bench import Bench, run_bench, script
from tests.support.documents import make_pdf
from tests.support.jobs import SENDER
from tests.support.pages import read_file

BUSY = Deferred(OutcomeKind.BUSY, Reason.BUSY, "printing another job")


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with run_bench(tmp_path, database_url) as made:
        yield made


async def test_a_delivery_goes_through_and_leaves_a_receipt(bench: Bench) -> None:
    """D4: a receipt for each destination."""
    script(bench, Completed(pages=3, remote_id="17"))
    (row,) = await bench.run(bench.office.submit().id)
    assert (row.state, row.evidence, row.pages, row.attempts) == (
        DeliveryState.COMPLETED,
        Evidence.COMPLETED,
        3,
        1,
    )
    assert row.rendition == "application/pdf;as-is"


async def test_the_options_of_a_line_go_along_with_a_document_that_passes_as_it_came(bench: Bench) -> None:
    """D1, D4: the line wins over the sender, and the receipt counts the copies that were asked for there."""
    bench.office.line = (("sides", "one-sided"), ("color", "monochrome"), ("media", "A4"), ("copies", "2"))
    asked = PrintOptions(copies=1, sides=Sides.LONG_EDGE, color=ColorMode.COLOR)
    bench.channel.capabilities = Capabilities(formats=(PDF,), copies_max=9)
    job = bench.office.submit(options=asked)
    (before,) = bench.office.query.deliveries(job.id, SENDER)
    (row,) = await bench.run(job.id)
    (request,) = bench.channel.requests
    assert request.options == PrintOptions(2, Sides.ONE_SIDED, "iso_a4_210x297mm", ColorMode.MONOCHROME)
    assert (before.pages_total, row.pages_total, row.rendition) == (6, 6, "application/pdf;as-is")


async def test_accepted_without_a_report_is_told_apart_from_completed(bench: Bench) -> None:
    script(bench, Accepted("1", follow=False))
    (row,) = await bench.run(bench.office.submit().id)
    assert (row.state, row.evidence, row.reason) == (
        DeliveryState.COMPLETED,
        Evidence.ACCEPTED,
        "job-accepted-without-report",
    )


async def test_what_a_destination_says_commands_no_terminal(bench: Bench) -> None:
    """It is shown by `distserver job show` and `pc-client sent`: a relay's answer, a PC's words, a printer's state."""
    words = "\x1b]0;owned\x07no\r\n\x9b2Jsuch\x7fbox 箱"
    script(bench, Accepted("9", follow=True, reasons=("media\x1b[2J",), message=words), Failed(Reason.REFUSED, words))
    job = bench.office.submit()
    (row,) = await bench.run(job.id)
    assert row.device_reasons == ("media", "[2J")
    bench.office.now += 60
    (row,) = await bench.run(job.id)
    assert (row.reason, row.message) == ("refused-by-destination", " ]0;owned no   2Jsuch box 箱")


async def test_waiting_for_paper_is_no_failure_and_no_try(bench: Bench) -> None:
    """D11, D15: the device has it, says media-empty, and is looked at again until it is out."""
    job = bench.office.submit()
    script(bench, Accepted("9", follow=True, pages=1, reasons=("media-empty",)), Completed(pages=3))
    (row,) = await bench.run(job.id)
    assert (row.state, row.device_reasons, row.pages) == (DeliveryState.PROCESSING, ("media-empty",), 1)
    bench.office.now += 86_400  # the deadline passes: paper is waited for all the same
    (row,) = await bench.run(job.id)
    assert (row.state, row.attempts) == (DeliveryState.COMPLETED, 1)
    assert [call for call, _ in bench.channel.calls] == ["describe", "deliver", "follow"]


@pytest.mark.parametrize("why", ["deadline", "cancel"])
async def test_a_device_that_vanished_with_the_document_is_not_waited_for_for_ever(bench: Bench, why: str) -> None:
    """N4: every job ends; nobody knows whether this one was printed, and a retry asks before it sends."""
    job = bench.office.submit()
    gone = Accepted("9", follow=True, reasons=(Reason.UNREACHABLE,), message="no route")
    script(bench, gone, gone, Completed(pages=3))
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.PROCESSING, "destination-unreachable")
    if why == "cancel":
        bench.office.service.cancel(job.id, SENDER)
    bench.office.now += 10 if why == "cancel" else 86_400
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason, row.message) == (DeliveryState.ABORTED, "delivery-uncertain", "no route")
    assert bench.office.query.get(job.id, SENDER).state.ended
    bench.office.service.retry(job.id, SENDER)
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    assert bench.channel.calls[-1] == ("adopt", f"{job.id}-1")
    assert len(bench.channel.requests) == 1


async def test_a_busy_device_is_tried_again_under_a_new_name(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, BUSY)
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.PENDING_RETRY, "server-error-busy")
    bench.office.now += 61
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    names = [name for call, name in bench.channel.calls if call == "deliver"]
    assert names == [f"{job.id}-1", f"{job.id}-1.1"]


async def test_there_is_a_last_try_before_the_deadline_and_then_it_is_given_up(bench: Bench) -> None:
    """D15: the reason of the last try stays."""
    off = Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, "no route", not_before=1000.0)
    job = bench.office.submit(deadline=bench.office.now + 60)
    script(bench, off, off)
    (row,) = await bench.run(job.id)
    assert (row.state, row.next_try) == (DeliveryState.PENDING_RETRY, bench.office.now + 55)
    bench.office.now += 56
    (row,) = await bench.run(job.id)
    assert row.attempts == 2
    assert (row.state, row.reason, row.message) == (
        DeliveryState.ABORTED,
        "destination-unreachable",
        "given up at the deadline; no route",
    )
    assert "until the deadline" in words.describe_delivery(row, job=bench.office.query.get(job.id, SENDER)).sentence


@pytest.mark.parametrize(
    ("outcome", "state", "reason", "pages"),
    [
        (Failed(Reason.TOO_LARGE, "too large"), DeliveryState.ABORTED, Reason.TOO_LARGE, None),
        (Partial(2, Reason.ABORTED_BY_DEVICE), DeliveryState.ABORTED, Reason.ABORTED_BY_DEVICE, 2),
        (Canceled(pages=1), DeliveryState.CANCELED, Reason.CANCELED_BY_USER, 1),
    ],
)
async def test_what_ends_it_is_told(
    bench: Bench, outcome: Outcome, state: DeliveryState, reason: Reason, pages: int | None
) -> None:
    script(bench, outcome)
    (row,) = await bench.run(bench.office.submit().id)
    assert (row.state, row.reason, row.pages) == (state, reason, pages)


async def test_an_uncertain_delivery_is_asked_for_before_it_is_sent_again(bench: Bench) -> None:
    """N4: found at the device, it is not sent a second time."""
    job = bench.office.submit()
    script(bench, Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "the line broke"), Completed(pages=3))
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.PENDING_RETRY
    bench.office.now += 1000
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    assert [call for call in bench.channel.calls if call[0] != "describe"] == [
        ("deliver", f"{job.id}-1"),
        ("adopt", f"{job.id}-1"),
    ]


async def test_a_canceled_delivery_that_may_have_been_printed_says_so(bench: Bench) -> None:
    """N4, N6: a true answer also where the device could not be asked."""
    job = bench.office.submit()
    script(bench, Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "the line broke"))
    await bench.run(job.id)
    bench.office.service.cancel(job.id, SENDER)
    (row,) = bench.office.query.deliveries(job.id, SENDER)
    assert (row.state, row.reason, row.message) == (DeliveryState.CANCELED, "delivery-uncertain", "the line broke")


async def test_what_the_device_does_not_know_is_sent(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN), Absent())
    await bench.run(job.id)
    bench.office.now += 1000
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    assert [call for call, _ in bench.channel.calls] == ["describe", "deliver", "describe", "adopt", "deliver"]


@pytest.mark.parametrize("policy", ["at-least-once", "at-most-once"])
async def test_where_the_device_cannot_tell_the_policy_decides_and_the_receipt_says_so(
    bench: Bench, policy: str
) -> None:
    """N4: at-least-once sends again, at-most-once does not."""
    office = bench.office
    expand = office.service._expand
    office.service._expand = lambda s: [replace(p, resend=policy) for p in expand(s)]  # type: ignore[arg-type]
    job = office.submit()
    script(bench, Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN), Unknown("it keeps no list of jobs"))
    await bench.run(job.id)
    office.now += 1000
    (row,) = await bench.run(job.id)
    assert row.state == ("completed" if policy == "at-least-once" else "aborted")
    assert policy in row.message


async def test_what_may_have_arrived_keeps_its_name_through_refusals(bench: Bench) -> None:
    """N4: mailboxes and services know a repetition by it, and a report of the first mail is about this delivery."""

    async def lose(_request: DeliveryRequest, watch: Watch) -> Outcome:
        watch.progress(Progress(remote_id="<x-1_5eed@example.com>"))
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN)

    async def refuse(request: DeliveryRequest, _watch: Watch) -> Outcome:
        return keep_remote_id(request, BUSY)

    job = bench.office.submit()
    script(bench, lose, Unknown("mail servers do not say"), refuse)
    for call in range(4):
        if call == 2:
            off = DeliveryError("off", OutcomeKind.UNREACHABLE, Reason.UNREACHABLE)
            bench.capabilities.forget("discard:one")
            bench.channel.describe_errors["discard:one"] = [off]
        (row,) = await bench.run(job.id)
        bench.office.now += 1000
    assert row.state is DeliveryState.COMPLETED
    assert {name for call, name in bench.channel.calls if call == "deliver"} == {f"{job.id}-1"}
    assert [one.remote_id for one in bench.channel.requests] == [None, *["<x-1_5eed@example.com>"] * 2]
    assert bench.channel.describe_errors["discard:one"] == []


async def test_a_channel_learns_what_was_canceled_at_its_destination(bench: Bench) -> None:
    canceled, job = bench.office.submit(), bench.office.submit()
    bench.office.service.cancel(canceled.id, SENDER)
    told: list[dict[str, str]] = []

    async def look(request: DeliveryRequest, watch: Watch) -> Outcome:
        told.append(dict(await watch.find_over([f"{canceled.id}-1", request.name])))
        return Completed()

    script(bench, look)
    (row,) = await bench.run(job.id)
    assert (row.state, told) == (DeliveryState.COMPLETED, [{f"{canceled.id}-1": SENDER.name}])


async def test_a_database_that_is_away_just_then_tells_a_channel_of_nothing_that_is_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: what the printer says stands until the next try."""
    job = bench.office.submit()

    async def find_over(_uri: str, _names: Sequence[str]) -> dict[str, str]:
        raise StoreUnavailable("the database cannot be used just now")

    async def look(request: DeliveryRequest, watch: Watch) -> Outcome:
        assert await watch.find_over([request.name]) == {}
        return Completed()

    monkeypatch.setattr(bench.ledger, "find_over", find_over)
    script(bench, look)
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED


async def test_a_worker_that_dies_in_mid_send_leaves_what_the_next_one_asks_for(bench: Bench) -> None:
    """N4: kill -9 while sending; the next worker asks first."""
    job = bench.office.submit()
    sending = asyncio.Event()

    async def hang(request: DeliveryRequest, watch: Watch) -> Outcome:
        watch.progress(Progress(remote_id="4711"))
        await asyncio.sleep(0.2)
        sending.set()
        await asyncio.Event().wait()
        raise AssertionError

    script(bench, hang)
    await bench.look()
    await asyncio.wait_for(sending.wait(), 30)
    await bench.kill("worker-1")
    bench.restart("worker-2")
    script(bench, Completed(pages=3))
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    assert bench.channel.calls[-1] == ("adopt", f"{job.id}-1")
    assert bench.channel.requests[0].name == f"{job.id}-1"


async def test_a_worker_that_slept_through_its_lease_sends_nothing(bench: Bench) -> None:
    """N4: another has taken the delivery over meanwhile; two that send would print twice."""
    job = bench.office.submit()
    other = bench.office.ledger("worker-2")
    describe = bench.channel.describe

    async def oversleep(target: Target, known: Capabilities | None) -> Capabilities:
        assert bench.office.bury("worker-1", 0.25) == 1
        taken, _ = await other.claim(9, 9)
        assert len(taken) == 1
        return await describe(target, known)

    bench.channel.describe = oversleep  # type: ignore[method-assign]
    (row,) = await bench.run(job.id)
    assert [call for call, _ in bench.channel.calls] == ["describe"]
    assert bench.channel.printed == []
    assert (row.state, row.attempts) == (DeliveryState.PROCESSING, 2)
    assert bench.ledger.held_keys() == set()


async def test_what_leaves_asks_the_lease_first(bench: Bench) -> None:
    """N4: a channel is given the worker's lease to ask before anything that makes paper leaves."""
    heard: list[bool] = []

    async def ask(_request: DeliveryRequest, watch: Watch) -> Outcome:
        heard.append(watch.may_send())
        bench.holds = False
        heard.append(watch.may_send())
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED)

    script(bench, ask)
    (row,) = await bench.run(bench.office.submit().id)
    assert heard == [True, False]
    assert row.state is DeliveryState.PENDING_RETRY


async def test_cancel_reaches_the_channel_and_its_word_is_the_receipt(bench: Bench) -> None:
    job = bench.office.submit()

    async def obey(request: DeliveryRequest, watch: Watch) -> Outcome:
        bench.office.service.cancel(job.id, SENDER)
        bench.ledger.mark_canceled(bench.ledger.held_keys())
        await watch.canceled.wait()
        return Canceled(pages=1, message="stopped after one page")

    script(bench, obey)
    (row,) = await bench.run(job.id)
    assert (row.state, row.pages, row.message) == (DeliveryState.CANCELED, 1, "stopped after one page")


async def test_an_error_of_our_own_is_tried_again_and_harms_nothing_else(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, RuntimeError("a bug"))
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.PENDING_RETRY
    assert "a bug" in row.message


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeliveryError("off", OutcomeKind.UNREACHABLE, Reason.UNREACHABLE), DeliveryState.PENDING_RETRY),
        (DeliveryError("no", OutcomeKind.REFUSED, Reason.UNAUTHORIZED), DeliveryState.ABORTED),
    ],
)
async def test_a_device_that_cannot_be_asked(bench: Bench, error: DeliveryError, state: DeliveryState) -> None:
    bench.channel.describe_errors["discard:one"] = [error]
    (row,) = await bench.run(bench.office.submit().id)
    assert (row.state, row.reason) == (state, error.reason)


async def test_a_device_that_takes_nothing_we_have_is_told_so(bench: Bench) -> None:
    bench.channel.capabilities = Capabilities(formats=("application/vnd.hp-pcl",))
    (row,) = await bench.run(bench.office.submit().id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, "document-format-not-supported")


@pytest.mark.parametrize(("weight", "deaths"), [(1.0, 3), (0.25, 12)])
async def test_many_crashes_quarantine_a_delivery(bench: Bench, weight: float, deaths: int) -> None:
    """N4: a crash may be the document's fault, a death that nobody can explain is so more seldom."""
    job = bench.office.submit()
    for number in range(deaths):
        bench.restart(f"dying-{number}")
        assert len((await bench.ledger.claim(9, 9))[0]) == 1
        if number == deaths - 1:  # one less is not yet enough
            assert bench.office.row(job.id, 1).crashes == weight * (deaths - 1) < 3
        bench.office.bury(f"dying-{number}", weight)
    bench.restart("last")
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason, bench.channel.calls) == (DeliveryState.ABORTED, "quarantined", [])
    bench.office.service.retry(job.id, SENDER)
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED


@pytest.mark.parametrize(("most", "copies", "pages"), [(1, 1, 6), (99, 3, 2)])
async def test_a_device_that_makes_no_copies_gets_them_in_the_document(
    bench: Bench, tmp_path: Path, most: int, copies: int, pages: int
) -> None:
    """D4: three copies of two pages come out as six pages, whoever makes them."""
    stored = make_pdf(tmp_path / "two.pdf", 2).read_bytes()
    document = replace(bench.office.document(stored), pages=2)
    bench.channel.capabilities = Capabilities(formats=(PDF,), copies_max=most)
    (row,) = await bench.run(bench.office.submit(documents=(document,), options=PrintOptions(copies=3)).id)
    (request,) = bench.channel.requests
    assert (request.options.copies, request.rendition.pages, row.pages_total) == (copies, pages, 6)


@pytest.mark.parametrize(("most", "copies", "sides"), [(1, 1, 6), (99, 3, 2)])
async def test_the_receipt_counts_the_sides_that_come_out(
    bench: Bench, tmp_path: Path, most: int, copies: int, sides: int
) -> None:
    """N2: three copies of pages 2 to 4 of five, two to a side, are six sides, whoever makes the copies; the row says so
    before and after."""
    stored = make_pdf(tmp_path / "five.pdf", 5).read_bytes()
    document = replace(bench.office.document(stored), pages=5)
    bench.channel.capabilities = Capabilities(formats=(PDF,), copies_max=most)
    options = PrintOptions(copies=3, page_ranges=((2, 4),), number_up=2)
    job = bench.office.submit(documents=(document,), options=options)
    (before,) = bench.rows(job.id)
    (row,) = await bench.run(job.id)
    (request,) = bench.channel.requests
    assert (before.pages_total, row.pages_total) == (6, 6)
    assert (request.options.copies, request.rendition.pages) == (copies, sides)
    assert request.options.page_ranges == ((2, 4),)
    assert row.rendition.startswith("application/pdf;")
    assert row.rendition.endswith("2-up;pages 2-4" + (" x3" if copies == 1 else ""))
    assert len(read_file(request.rendition.path)) == sides


async def test_once_the_device_speaks_of_the_job_it_is_printing(bench: Bench) -> None:
    """N6: the row says what is going on, not what was going on."""

    async def speak(_request: DeliveryRequest, watch: Watch) -> Outcome:
        watch.progress(Progress(remote_id="1", pages=1, reasons=("job-printing",)))
        return Accepted("1", follow=True)

    script(bench, speak)
    (row,) = await bench.run(bench.office.submit().id)
    assert row.reason == "job-printing"


async def test_however_often_a_waiting_job_is_held_and_released_it_is_tried_when_it_is_due(bench: Bench) -> None:
    """D4: a release ends no pause before its time, and loses none."""
    script(bench, BUSY, BUSY)
    job = bench.office.submit()
    (row,) = await bench.run(job.id)
    for _ in range(5):
        bench.office.service.hold(job.id, SENDER)
        bench.office.service.release(job.id, SENDER)
        assert (await bench.run(job.id))[0].attempts == 1
    assert row.next_try is not None
    bench.office.now = row.next_try + 0.01
    (row,) = await bench.run(job.id)
    assert row.attempts == 2


@pytest.mark.parametrize("priority", list(Priority))
async def test_what_is_urgent_is_converted_as_such(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, priority: Priority
) -> None:
    """D4: it does not line up behind the conversions of others."""
    asked: list[bool] = []
    obtain = bench.renderer.obtain

    async def note(*arguments: Any, urgent: bool = False, **more: Any) -> Rendition:
        asked.append(urgent)
        return await obtain(*arguments, urgent=urgent, **more)

    monkeypatch.setattr(bench.renderer, "obtain", note)
    job = bench.office.submit(priority=priority)
    (row,) = await bench.run(job.id)
    assert (row.state, asked) == (DeliveryState.COMPLETED, [priority is Priority.URGENT])


@pytest.mark.parametrize(("late", "pause"), [(-0.6, 0.6), (0.0, 0.01), (5.0, 0.25), (-60.0, 1.0)])
async def test_what_is_due_and_locked_is_not_asked_for_without_a_pause(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, late: float, pause: float
) -> None:
    """N4: a stopped worker has it."""

    async def leave_it() -> float:
        return bench.office.now - late

    monkeypatch.setattr(bench.ledger, "bring_back", leave_it)
    assert await bench.dispatcher._look() == pytest.approx(pause)

"""Printers that restart, forget, miscount and misreport; workers that lose their lease (SPEC N4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import (
    Absent,
    Accepted,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Timeouts,
    Unknown,
    Watch,
)
from distserver.model.capabilities import Capabilities
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp import Operation, Status
from distwire.ipp.enums import JobState
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.fake_printer import FULL, FakeJob, FakePrinter
from tests.support.rigs import PATIENT, make_target

NO_CREATE = FULL - {Operation.CREATE_JOB, Operation.SEND_DOCUMENT}


def leased(listener: Listener, may_send: Callable[[], bool]) -> Watch:
    return replace(listener.watch, may_send=may_send)


class Lease:
    """Good for so many questions."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def __call__(self) -> bool:
        self.left -= 1
        return self.left >= 0


def as_stranger(job: FakeJob, name: str = "Somebody's letter · ds-999999") -> None:
    job.name = name


# The worker's lease


@pytest.mark.parametrize("operations", [FULL, NO_CREATE])
async def test_without_a_lease_nothing_leaves(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, operations: frozenset[int]
) -> None:
    """N4: a worker that was stopped for longer than its lease makes no job."""
    printer.operations = operations
    outcome = await channel.deliver(request_, leased(Listener(), lambda: False))
    assert outcome == Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, outcome.message)  # type: ignore[union-attr]
    assert printer.jobs == {}


@pytest.mark.parametrize("questions", [1, 2])
async def test_a_lease_lost_behind_create_job_sends_no_document_and_cancels_nothing(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, questions: int
) -> None:
    """N4: stopped between the job and its document, or while the connection was opened: another worker may have it."""
    outcome = await channel.deliver(request_, leased(Listener(), Lease(questions)))
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
    assert printer.printed == []
    assert Operation.CANCEL_JOB not in printer.codes()
    assert isinstance(await channel.adopt(request_, Listener().watch), Absent)
    assert isinstance(await channel.deliver(request_, Listener().watch), Completed)
    assert len(printer.printed) == 1


async def test_a_lease_lost_while_asking_cancels_nothing(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4: the job without a document may be the one that another worker is filling just now."""
    printer.jobs[1] = FakeJob(1, f"Report · {request_.name}")
    outcome = await channel.adopt(request_, leased(Listener(), lambda: False))
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.UNCERTAIN
    assert printer.jobs[1].state is JobState.PENDING_HELD


async def test_a_cancel_without_a_lease_does_not_reach_the_device(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.paper = False
    listener = Listener()
    target = make_target(printer.uri, replace(PATIENT, follow=1.0))
    lease = Lease(10_000)
    delivery = asyncio.create_task(channel.deliver(replace(request_, target=target), leased(listener, lease)))
    await listener.wait_for_reason("media-empty")
    lease.left = 0
    listener.canceled.set()
    assert isinstance(await delivery, Accepted)
    assert Operation.CANCEL_JOB not in printer.codes()


# What is known already


async def test_what_the_engine_knows_is_not_asked_again(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """Two requests in all when the answer to the document says that it is out."""
    known = await channel.describe(request_.target)
    printer.requests.clear()
    outcome = await channel.deliver(replace(request_, capabilities=known), Listener().watch)
    assert isinstance(outcome, Completed)
    assert outcome.pages == 1
    assert printer.codes() == [Operation.CREATE_JOB, Operation.SEND_DOCUMENT]


async def test_what_a_printer_says_of_its_state_is_heard(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """`describe` is the probe of a destination that was in trouble."""
    printer.accepting, printer.paper = False, False
    told = await channel.describe(request_.target)
    assert (told.accepting, told.state, told.state_reasons) == (False, "idle", ("media-empty",))


async def test_outdated_knowledge_of_operations_does_not_make_absence(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """A device whose operations nobody knows is asked for its jobs all the same."""
    await channel.deliver(request_, Listener().watch)
    found = await channel.adopt(replace(request_, capabilities=Capabilities()), Listener().watch)
    assert isinstance(found, Completed)


# Restarts


async def test_a_number_that_was_given_anew_is_not_ours(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4: the printer restarted, and another job has our number: no receipt from a stranger's job."""
    listener = Listener()
    assert isinstance(await channel.deliver(request_, listener.watch), Completed)
    printer.restart()
    printer.jobs[1] = FakeJob(1, "x", JobState.COMPLETED, ["none"], whole=True, pages=9)
    as_stranger(printer.jobs[1])
    known = replace(request_, remote_id=listener.remote_id)
    assert isinstance(await channel.adopt(known, Listener().watch), Unknown)
    lost = await channel.follow(known, Listener().watch)
    assert isinstance(lost, Deferred)
    assert lost.reason == Reason.UNCERTAIN


@pytest.mark.parametrize("told", [True, False, "********"])
async def test_a_stranger_under_our_number_without_uuids(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, told: bool | str
) -> None:
    """N4: with the uuid forgotten, only our name proves that a job is ours; who tells neither proves nothing."""
    listener = Listener()
    assert isinstance(await channel.deliver(request_, listener.watch), Completed)
    printer.uuids, printer.names_told = False, told
    as_stranger(printer.jobs[1])
    known = replace(request_, remote_id=listener.remote_id)
    assert isinstance(await channel.adopt(known, Listener().watch), Unknown)
    followed = await channel.follow(known, Listener().watch)
    assert isinstance(followed, Accepted)
    assert not followed.follow


async def test_a_uuid_made_of_the_number_does_not_outweigh_the_name(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    listener = Listener()
    assert isinstance(await channel.deliver(request_, listener.watch), Completed)
    as_stranger(printer.jobs[1])
    assert isinstance(await channel.adopt(replace(request_, remote_id=listener.remote_id), Listener().watch), Unknown)


async def test_a_forgotten_uuid_is_made_up_for_by_the_name(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    listener, later = Listener(), Listener()
    assert isinstance(await channel.deliver(request_, listener.watch), Completed)
    printer.uuids = False
    found = await channel.adopt(replace(request_, remote_id=listener.remote_id), later.watch)
    assert isinstance(found, Completed)
    assert later.remote_id == listener.remote_id, "what the device forgot is not forgotten here"


async def test_a_restart_in_the_middle_is_no_receipt(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4, never lost: the job was waiting, the printer's clock begins anew, its list is empty."""
    printer.paper = False
    listener = Listener()
    delivery = asyncio.create_task(channel.deliver(request_, listener.watch))
    await listener.wait_for_reason("media-empty")
    printer.restart()
    outcome = await delivery
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.UNCERTAIN
    asked = await channel.adopt(replace(request_, remote_id=listener.remote_id), Listener().watch)
    assert isinstance(asked, Unknown)


async def test_a_finished_job_that_is_forgotten_at_once_was_accepted(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.paper = False
    listener = Listener()
    delivery = asyncio.create_task(channel.deliver(request_, listener.watch))
    await listener.wait_for_reason("media-empty")
    printer.keep_jobs = False
    printer.load_paper(True)
    outcome = await delivery
    assert isinstance(outcome, Accepted)
    assert not outcome.follow


@pytest.mark.parametrize("status", [Status.NOT_FOUND, Status.GONE, Status.NOT_POSSIBLE])
async def test_a_job_that_vanished_before_its_document_is_tried_again(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, status: int
) -> None:
    printer.drop_job = status
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kind is OutcomeKind.PROTOCOL


# Answers


async def test_completed_without_a_counted_page_is_completed(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """Many printers count nothing; the receipt says so and claims no number."""
    printer.uncounted = True
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Completed)
    assert outcome.pages is None
    assert "counts no page" in outcome.message


async def test_a_format_that_is_told_but_refused(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.abort_with = "unsupported-document-format"
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.FORMAT_NOT_SUPPORTED


@pytest.mark.parametrize(("shown", "safe"), [(None, Absent), (2, Absent), (0, Unknown)])
async def test_lists_that_prove_absence_where_the_id_comes_late(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, shown: int | None, safe: type
) -> None:
    """Print-Job only: silence is proof where finished jobs are shown, one after the other."""
    printer.operations = NO_CREATE
    for number in range(1, 4):
        printer.jobs[number] = FakeJob(number, f"other {number}", JobState.COMPLETED, ["none"], whole=True)
    printer.listed = shown
    assert isinstance(await channel.adopt(request_, Listener().watch), safe)
    del printer.jobs[2]
    printer.listed = None
    assert isinstance(await channel.adopt(request_, Listener().watch), Unknown), "a gap: it does not show them all"


async def test_answers_an_octet_at_a_time(printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest) -> None:
    printer.trickle = True
    assert isinstance(await channel.deliver(request_, Listener().watch), Completed)


async def test_a_printer_that_never_says_continue(printer: FakePrinter, channel: IppChannel, tmp_path: Path) -> None:
    printer.continues = False
    request = make_request(make_target(printer.uri), tmp_path, make_pdf(3_000_000))
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    assert len(printer.printed) == 1


async def test_closed_behind_the_document_and_forgotten(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4: it took the whole document, said nothing, and remembers nothing: nobody may say that it is safe to send."""
    printer.lose_answer, printer.keep_jobs = {Operation.SEND_DOCUMENT}, False
    listener = Listener()
    outcome = await channel.deliver(request_, listener.watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.UNCERTAIN
    known = replace(request_, remote_id=listener.remote_id)
    assert isinstance(await channel.adopt(known, Listener().watch), Unknown)


async def test_a_long_job_is_asked_about_ever_more_rarely(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """A number of requests, not of seconds: while it stands, the printer is asked why, once for many looks."""
    printer.paper = False
    request = replace(request_, target=make_target(printer.uri, Timeouts(30, 60, 60, follow=4.0)))
    assert isinstance(await channel.deliver(request, Listener().watch), Accepted)
    asked = printer.codes()
    assert asked.count(Operation.GET_JOB_ATTRIBUTES) <= 9
    assert asked.count(Operation.GET_PRINTER_ATTRIBUTES) == 2, "its operations, and why it stands"

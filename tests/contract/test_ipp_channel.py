"""What the IPP channel makes of a printer's faults: never twice, never lost (SPEC N4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import (
    Absent,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Timeouts,
    Unknown,
)
from distserver.model.documents import ColorMode, Orientation, PrintOptions, Scaling, Sides
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp import Operation, Status
from distwire.ipp.enums import JobState
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.fake_printer import FULL, FakeJob, FakePrinter
from tests.support.rigs import make_target

NO_CREATE = FULL - {Operation.CREATE_JOB, Operation.SEND_DOCUMENT}
SHORT = Timeouts(connect=30, first_byte=8, idle=5, follow=10)


async def test_name_and_wishes_reach_the_printer(printer: FakePrinter, channel: IppChannel, tmp_path: Path) -> None:
    wishes = PrintOptions(copies=3, sides=Sides.LONG_EDGE, media="iso_a5_148x210mm", color=ColorMode.MONOCHROME)
    request = make_request(make_target(printer.uri), tmp_path, title="あ" * 200, options=wishes)
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    _, operation, job = next(entry for entry in printer.requests if entry[0] == Operation.CREATE_JOB)
    name = operation.string("job-name") or ""
    assert name.endswith(f"あ · {request.name}")
    assert len(name.encode()) <= 255
    assert operation.string("requesting-user-name") == "head office"
    assert operation.boolean("ipp-attribute-fidelity") is False
    assert job.integer("copies") == 3
    assert job.string("sides") == "two-sided-long-edge"
    assert job.string("print-color-mode") == "monochrome"
    assert job.string("print-scaling") == "fit"
    assert "media" not in job


@pytest.mark.parametrize(
    ("scaling", "passthrough", "word"),
    [
        (Scaling.AUTO_FIT, True, "fit"),
        (Scaling.FIT, False, "fit"),
        (Scaling.FILL, False, "none"),
        (Scaling.NONE, False, "none"),
        (Scaling.FILL, True, "fill"),
    ],
)
async def test_what_the_document_has_already_is_not_asked_of_the_printer(
    printer: FakePrinter, channel: IppChannel, tmp_path: Path, scaling: Scaling, passthrough: bool, word: str
) -> None:
    """N2: else it would take pages of the chosen pages, and put four sides of four pages on one."""
    printer.print_scaling = ("auto", "auto-fit", "fill", "fit", "none")
    wishes = PrintOptions(2, None, None, ColorMode.AUTO, ((2, 3),), 4, Orientation.LANDSCAPE, scaling)
    request = make_request(make_target(printer.uri), tmp_path, options=wishes)
    klass = replace(request.rendition.klass, passthrough=passthrough)
    request = replace(request, rendition=replace(request.rendition, klass=klass))
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    _, _, job = next(entry for entry in printer.requests if entry[0] == Operation.CREATE_JOB)
    assert job.string("print-scaling") == word
    assert not {"page-ranges", "number-up", "orientation-requested"} & {one.name for one in job}


async def test_printer_without_create_job(printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest) -> None:
    printer.operations = NO_CREATE
    assert isinstance(await channel.deliver(request_, Listener().watch), Completed)
    assert Operation.PRINT_JOB in printer.codes()
    assert len(printer.printed) == 1


async def test_a_printer_that_marks_its_changes_is_asked_for_all_only_when_there_is_one(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """D11: by the date it gives, and by what else tells it (printers forget to say that paper was changed)."""
    printer.changed = datetime(2026, 3, 1, tzinfo=UTC)
    known = await channel.describe(request_.target)
    assert await channel.describe(request_.target, known) is known
    (_, first, _), (_, second, _) = printer.requests
    assert ("all" in first.strings("requested-attributes"), "all" in second.strings("requested-attributes")) == (
        True,
        False,
    )
    printer.changed = datetime(2026, 3, 2, tzinfo=UTC)
    later = await channel.describe(request_.target, known)
    assert later is not known
    assert (later.mark != known.mark, later.formats) == (True, known.formats)
    printer.ready = "iso_a3_297x420mm"
    assert (await channel.describe(request_.target, later)).media_ready == ("iso_a3_297x420mm",)


async def test_a_printer_that_marks_no_changes_is_asked_for_all(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    known = await channel.describe(request_.target)
    printer.operations = NO_CREATE
    assert known.mark == ""
    assert (await channel.describe(request_.target, known)).operations == NO_CREATE


async def test_printer_of_version_1_1(printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest) -> None:
    printer.version = (1, 1)
    assert isinstance(await channel.deliver(request_, Listener().watch), Completed)


@pytest.mark.parametrize("operation", [Operation.SEND_DOCUMENT, Operation.CREATE_JOB, Operation.PRINT_JOB])
async def test_lost_answer_never_prints_twice(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, operation: Operation
) -> None:
    """N4: the printer did it, its answer was lost; asking again finds it, or proves that nothing is there."""
    printer.operations = NO_CREATE if operation is Operation.PRINT_JOB else FULL
    printer.lose_answer = {operation}
    outcome = await channel.deliver(request_, Listener().watch)
    printer.lose_answer = set()
    if operation is Operation.CREATE_JOB:
        assert isinstance(outcome, Deferred)
        assert printer.jobs[1].state == JobState.CANCELED
        assert isinstance(await channel.adopt(request_, Listener().watch), Absent)
        outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Completed)
    assert len(printer.printed) == 1


@pytest.mark.parametrize("operations", [FULL, NO_CREATE])
async def test_cut_in_the_middle_of_the_document(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, operations: frozenset[int]
) -> None:
    """N4: the half job is canceled at the device, and only then it is sent again."""
    printer.operations = operations
    printer.cut_document = 100_000
    listener = Listener()
    outcome = await channel.deliver(request_, listener.watch)
    assert isinstance(outcome, Deferred)
    printer.cut_document = None
    if operations is FULL:
        assert printer.jobs[1].state == JobState.CANCELED
        adopted = await channel.adopt(replace(request_, remote_id=listener.remote_id), listener.watch)
        assert isinstance(adopted, Absent)
    assert isinstance(await channel.deliver(request_, listener.watch), Completed)
    assert len(printer.printed) == 1


async def test_cut_and_then_unreachable_is_uncertain(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.lose_answer = {Operation.SEND_DOCUMENT, Operation.GET_JOB_ATTRIBUTES}
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.UNCERTAIN
    printer.lose_answer = set()
    assert isinstance(await channel.adopt(request_, Listener().watch), Completed)
    assert len(printer.printed) == 1


async def test_host_that_nobody_knows_is_told_from_one_that_is_silent(channel: IppChannel, tmp_path: Path) -> None:
    """It is tried again all the same: the DNS may be what is away."""
    request = make_request(make_target("ipp://nowhere.invalid/ipp/print"), tmp_path)
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNREACHABLE, Reason.UNKNOWN_HOST)
    assert outcome.message.startswith("no host is called nowhere.invalid: ")


async def test_stalling_printer_is_left_and_cleaned(printer: FakePrinter, channel: IppChannel, tmp_path: Path) -> None:
    printer.stall = True
    request = make_request(make_target(printer.uri, SHORT), tmp_path, make_pdf(20_000_000))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.TIMED_OUT
    assert printer.jobs[1].state == JobState.CANCELED


async def test_cancel_in_the_middle_of_the_document(printer: FakePrinter, channel: IppChannel, tmp_path: Path) -> None:
    printer.stall = True
    listener = Listener()
    request = make_request(make_target(printer.uri), tmp_path, make_pdf(20_000_000))
    delivery = asyncio.create_task(channel.deliver(request, listener.watch))
    await listener.wait_for_reason("job-outgoing")
    listener.canceled.set()
    assert isinstance(await delivery, Canceled)
    assert printer.jobs[1].state == JobState.CANCELED


async def test_refusal_in_the_middle_is_heard(printer: FakePrinter, channel: IppChannel, tmp_path: Path) -> None:
    printer.refuse_early = Status.DOCUMENT_FORMAT_NOT_SUPPORTED
    request = make_request(make_target(printer.uri), tmp_path, make_pdf(20_000_000))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.FORMAT_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.NOT_ACCEPTING_JOBS, Reason.NOT_ACCEPTING),
        (Status.BUSY, Reason.BUSY),
        (Status.INTERNAL_ERROR, "server-error-internal-error"),
        (Status.REQUEST_ENTITY_TOO_LARGE, Reason.TOO_LARGE),
        (Status.NOT_AUTHORIZED, Reason.UNAUTHORIZED),
        (Status.NOT_POSSIBLE, "client-error-not-possible"),
        (0x04F0, "status-0x04f0"),
    ],
)
async def test_status_decides(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, status: int, reason: str
) -> None:
    printer.status = status
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Failed if status < 0x0500 else Deferred)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (503, Reason.BUSY),
        (413, Reason.TOO_LARGE),
        (403, Reason.REFUSED),
        (404, Reason.REFUSED),
        (401, Reason.UNAUTHORIZED),
        (426, Reason.REFUSED),
        (302, Reason.REFUSED),
    ],
)
async def test_http_status_decides(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, status: int, reason: str
) -> None:
    printer.http = status
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Failed | Deferred)
    assert outcome.reason == reason
    if isinstance(outcome, Deferred):
        assert outcome.not_before == 7


@pytest.mark.parametrize("answer", [("text/html", b"<html>"), ("application/ipp", b"\x02\x00\x00"), ("a/b", b"")])
async def test_garbage_is_a_protocol_error(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, answer: tuple[str, bytes]
) -> None:
    printer.answer = answer
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kind is OutcomeKind.PROTOCOL


@pytest.mark.parametrize(
    ("word", "kind", "reason"),
    [
        ("document-format-error", Failed, Reason.DOCUMENT_ERROR),
        ("submission-interrupted", Deferred, "submission-interrupted"),
        ("aborted-by-system", Failed, Reason.ABORTED_BY_DEVICE),
    ],
)
async def test_abort_is_explained(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest, word: str, kind: type, reason: str
) -> None:
    printer.abort_with = word
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, kind)
    assert outcome.reason == reason  # type: ignore[attr-defined]


async def test_canceled_at_the_device(printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest) -> None:
    printer.paper = False
    listener = Listener()
    delivery = asyncio.create_task(channel.deliver(request_, listener.watch))
    await listener.wait_for_reason("printer-stopped")
    printer.jobs[1].state = JobState.CANCELED
    outcome = await delivery
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.CANCELED_AT_DEVICE


async def test_printer_that_cannot_list_jobs(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.operations = FULL - {Operation.GET_JOBS}
    assert isinstance(await channel.adopt(request_, Listener().watch), Unknown)


async def test_printer_that_lists_no_names(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    await channel.deliver(request_, Listener().watch)
    printer.names_listed = False
    assert isinstance(await channel.adopt(request_, Listener().watch), Unknown)


async def test_forgotten_job_is_unknown_not_absent(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4: a printer that drops its history proves nothing by its silence about a job that it once had."""
    listener = Listener()
    await channel.deliver(request_, listener.watch)
    printer.keep_jobs = False
    known = replace(request_, remote_id=listener.remote_id)
    assert isinstance(await channel.adopt(known, Listener().watch), Unknown)


async def test_silent_history_proves_nothing_without_create_job(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.operations, printer.keep_jobs = NO_CREATE, False
    assert isinstance(await channel.adopt(request_, Listener().watch), Unknown)


async def test_vanished_document_is_ours_to_mend(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    request_.rendition.path.unlink()
    outcome = await channel.deliver(request_, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kind is OutcomeKind.OURS
    assert printer.printed == []


async def test_a_printed_job_is_not_overlooked_for_an_empty_one(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """N4: the answer to a Create-Job was lost, a later attempt printed, and then the worker crashed."""
    assert isinstance(await channel.deliver(request_, Listener().watch), Completed)
    printer.jobs[2] = FakeJob(2, printer.jobs[1].name)
    assert isinstance(await channel.adopt(request_, Listener().watch), Completed)
    assert printer.jobs[2].state is JobState.PENDING_HELD, "it is left to the printer's own time-out"

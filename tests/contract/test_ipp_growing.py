"""Documents that are sent while they are still written (SPEC N2, N4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Canceled, Completed, Deferred, DeliveryRequest, Failed, Outcome
from distserver.errors import DocumentRefused, NoSpace
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp import Operation
from distwire.ipp.enums import JobState
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.fake_printer import FULL, FakePrinter
from tests.support.growing import GrowingFile
from tests.support.rigs import make_target

NO_CREATE = FULL - {Operation.CREATE_JOB, Operation.SEND_DOCUMENT}
DOCUMENT = make_pdf(300_000)
HALF = len(DOCUMENT) // 2


class Writer(GrowingFile):
    """With the reason why it failed, as the renderer's growth has it."""

    failure: Exception | None = None

    def fail_for(self, failure: Exception) -> None:
        self.failure = failure
        self.fail()


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "growing")


@pytest.fixture
def growing(printer: FakePrinter, writer: Writer, tmp_path: Path) -> DeliveryRequest:
    request = make_request(make_target(printer.uri), tmp_path)
    return replace(request, rendition=replace(request.rendition, path=writer.path, size=None, growth=writer))


async def finish(delivery: asyncio.Task[Outcome], writer: Writer) -> Outcome:
    writer.write(DOCUMENT[HALF:])
    writer.finish()
    return await delivery


async def test_it_leaves_while_it_grows(
    printer: FakePrinter, channel: IppChannel, growing: DeliveryRequest, writer: Writer
) -> None:
    delivery = asyncio.create_task(channel.deliver(growing, Listener().watch))
    writer.write(DOCUMENT[:HALF])
    await writer.wait_until_asked(HALF)
    assert printer.codes()[-1] == Operation.CREATE_JOB
    assert isinstance(await finish(delivery, writer), Completed)
    assert printer.printed == [DOCUMENT]


@pytest.mark.parametrize(
    ("failure", "expected", "reason"),
    [
        (DocumentRefused("page 7 is damaged", Reason.DOCUMENT_ERROR), Failed, Reason.DOCUMENT_ERROR),
        (NoSpace("the disk is full"), Deferred, Reason.INTERRUPTED),
    ],
)
@pytest.mark.parametrize("operations", [FULL, NO_CREATE])
async def test_a_writer_that_fails_in_the_middle(
    printer: FakePrinter,
    channel: IppChannel,
    growing: DeliveryRequest,
    writer: Writer,
    failure: Exception,
    expected: type,
    reason: str,
    operations: frozenset[int],
) -> None:
    """N4: no half document comes out: it is canceled at the device, or never sent where it could not be canceled."""
    printer.operations = operations
    delivery = asyncio.create_task(channel.deliver(growing, Listener().watch))
    writer.write(DOCUMENT[:HALF])
    await writer.wait_until_asked(HALF)
    writer.fail_for(failure)
    outcome = await delivery
    assert isinstance(outcome, expected)
    assert outcome.reason == reason  # type: ignore[attr-defined]
    assert printer.printed == []
    assert [job.state for job in printer.jobs.values()] == ([JobState.CANCELED] if operations is FULL else [])
    if isinstance(outcome, Deferred):
        assert outcome.kind is OutcomeKind.OURS


@pytest.mark.parametrize("status", [411, 501, 400])
async def test_a_printer_that_wants_the_length_gets_it(
    printer: FakePrinter, channel: IppChannel, growing: DeliveryRequest, writer: Writer, status: int
) -> None:
    """The same job, in the same attempt: the refusal was in words."""
    printer.refuse_chunked = status
    delivery = asyncio.create_task(channel.deliver(growing, Listener().watch))
    writer.write(DOCUMENT[:HALF])
    await writer.wait_until_asked(HALF)
    assert isinstance(await finish(delivery, writer), Completed)
    assert printer.printed == [DOCUMENT]
    assert printer.codes().count(Operation.CREATE_JOB) == 1


async def test_after_a_break_the_whole_is_waited_for(
    printer: FakePrinter, channel: IppChannel, growing: DeliveryRequest, writer: Writer
) -> None:
    """A printer that breaks off on chunks may do so for ever: the next attempt tells the length."""
    printer.cut_document = 1000
    delivery = asyncio.create_task(channel.deliver(growing, Listener().watch))
    writer.write(DOCUMENT[:HALF])
    assert isinstance(await delivery, Deferred)
    assert printer.jobs[1].state is JobState.CANCELED
    printer.cut_document = None
    printer.requests.clear()
    again = asyncio.create_task(channel.deliver(replace(growing, attempt=2), Listener().watch))
    await writer.wait_until_asked(HALF)
    assert Operation.CREATE_JOB not in printer.codes()
    assert isinstance(await finish(again, writer), Completed)
    assert "content-length" in printer.headers[-1]
    assert printer.printed == [DOCUMENT]


async def test_canceled_while_the_whole_is_waited_for(
    printer: FakePrinter, channel: IppChannel, growing: DeliveryRequest, writer: Writer
) -> None:
    listener = Listener()
    delivery = asyncio.create_task(channel.deliver(replace(growing, attempt=2), listener.watch))
    await writer.wait_until_asked(0)
    listener.canceled.set()
    assert isinstance(await delivery, Canceled)
    assert printer.jobs == {}


async def test_a_lease_lost_while_it_grows(
    printer: FakePrinter, channel: IppChannel, growing: DeliveryRequest, writer: Writer
) -> None:
    """N4: the worker sleeps in the middle of a document; what is left does not leave, and nothing is canceled."""
    valid = [True]
    watch = replace(Listener().watch, may_send=lambda: valid[0])
    delivery = asyncio.create_task(channel.deliver(growing, watch))
    writer.write(DOCUMENT[:HALF])
    await writer.wait_until_asked(HALF)
    valid[0] = False
    outcome = await finish(delivery, writer)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
    assert printer.printed == []
    assert Operation.CANCEL_JOB not in printer.codes()

"""Answers that say nothing of use, to a document that was taken all the same: the printer is asked (SPEC N4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Completed, Deferred, DeliveryRequest, Failed, Partial, Timeouts
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp import Operation, Status
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.fake_printer import FULL, FakePrinter
from tests.support.hostile import Script
from tests.support.hostile.catalogue import BEHAVIOURS
from tests.support.hostile.network import Network, run_network
from tests.support.hostile.script import At, Fault, Garbage, Step, Traits
from tests.support.rigs import make_target

NO_CREATE = (Operation.CREATE_JOB, Operation.SEND_DOCUMENT)
KINDS = pytest.mark.parametrize("traits", [Traits(), Traits(lacks=NO_CREATE)], ids=["create-job", "print-job"])
PATIENT = Timeouts(10, 30, 30, follow=30)


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with run_network() as network:
        yield network


async def prepare(network: Network, folder: Path, script: Script, octets: int = 2000) -> DeliveryRequest:
    """A delivery to a printer that behaves so."""
    uri = (await network.play({"ill": script}))["ill"]
    return make_request(make_target(uri, PATIENT), folder, make_pdf(octets))


def refuse(status: int, *, http: bool, traits: Traits | None = None, early: bool = False) -> Script:
    fault = Fault.HTTP if http else Fault.REFUSE
    return Script((Step(fault, times=1, status=status, early=early),), traits or Traits())


@KINDS
@pytest.mark.parametrize("garbage", list(Garbage))
async def test_a_useless_answer_to_a_printed_document(
    network: Network, channel: IppChannel, tmp_path: Path, garbage: Garbage, traits: Traits
) -> None:
    """N4: a web page, noise, half an answer or HTTP's own 500, and the page is out: a receipt, and no second page."""
    request = await prepare(network, tmp_path, Script((Step(Fault.GARBAGE, times=1, garbage=garbage),), traits))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Completed), outcome
    assert len(network.paper.printed) == 1


@pytest.mark.parametrize("status", [Status.INTERNAL_ERROR, Status.DEVICE_ERROR, Status.TEMPORARY_ERROR, Status.BUSY])
@KINDS
async def test_a_printer_that_fails_in_words_and_prints_all_the_same(
    network: Network, channel: IppChannel, tmp_path: Path, status: int, traits: Traits
) -> None:
    """N4: an error of the device's own behind a whole document proves nothing."""
    request = await prepare(network, tmp_path, Script((Step(Fault.LIE, times=1, status=status),), traits))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Completed), outcome
    assert len(network.paper.printed) == 1


@pytest.mark.parametrize(
    ("status", "http", "kind"),
    [
        (500, True, OutcomeKind.PROTOCOL),
        (502, True, OutcomeKind.PROTOCOL),
        (503, True, OutcomeKind.BUSY),
        (429, True, OutcomeKind.BUSY),
        (Status.INTERNAL_ERROR, False, OutcomeKind.PROTOCOL),
        (Status.BUSY, False, OutcomeKind.BUSY),
    ],
)
async def test_an_error_that_is_true_leaves_nothing_behind(
    network: Network, channel: IppChannel, tmp_path: Path, status: int, http: bool, kind: OutcomeKind
) -> None:
    """It is safe to send again when the printer was asked, and its job without a document is canceled."""
    request = await prepare(network, tmp_path, refuse(status, http=http))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason == Reason.UNCERTAIN) == (kind, False)
    assert {job["state"] for job in network.show_jobs("ill")} == {"canceled"}
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    assert len(network.paper.printed) == 1


@pytest.mark.parametrize(("status", "http"), [(503, True), (429, True), (Status.BUSY, False)])
async def test_a_busy_printer_that_can_tell_nothing_is_believed(
    network: Network, channel: IppChannel, tmp_path: Path, status: int, http: bool
) -> None:
    """A plain no is a no, also where the printer cannot list its jobs."""
    mute = Traits(lacks=(*NO_CREATE, Operation.GET_JOBS))
    request = await prepare(network, tmp_path, refuse(status, http=http, traits=mute))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.BUSY, Reason.BUSY)


@pytest.mark.parametrize(("status", "http"), [(500, True), (Status.INTERNAL_ERROR, False)])
async def test_a_failing_printer_that_can_tell_nothing_is_not_believed(
    network: Network, channel: IppChannel, tmp_path: Path, status: int, http: bool
) -> None:
    mute = Traits(lacks=(*NO_CREATE, Operation.GET_JOBS))
    request = await prepare(network, tmp_path, refuse(status, http=http, traits=mute))
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.UNCERTAIN


@pytest.mark.parametrize(("status", "http", "ends"), [(500, True, Deferred), (413, True, Failed)])
async def test_an_error_in_the_middle_of_a_document_is_no_riddle(
    network: Network, channel: IppChannel, tmp_path: Path, status: int, http: bool, ends: type
) -> None:
    """The printer cannot have the whole document: nothing is in doubt."""
    request = await prepare(network, tmp_path, refuse(status, http=http, early=True), 8 << 20)
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, ends)
    assert getattr(outcome, "reason", None) != Reason.UNCERTAIN
    assert network.paper.printed == []


async def test_a_part_that_was_printed_as_if_it_were_all(network: Network, channel: IppChannel, tmp_path: Path) -> None:
    """N4: the printer completes a job whose document it says it has not: a part is out, which no receipt may hide."""
    script = BEHAVIOURS["prints-a-part-of-what-was-sent"].script
    outcome = await channel.deliver(await prepare(network, tmp_path, script), Listener().watch)
    assert isinstance(outcome, Partial), outcome
    assert (outcome.pages, outcome.reason) == (1, "submission-interrupted")


async def test_a_restart_between_two_looks_is_seen(network: Network, channel: IppChannel, tmp_path: Path) -> None:
    """N4, never lost: its clock began anew, its job is gone, nothing is out."""
    script = BEHAVIOURS["restarts-before-printing"].script
    outcome = await channel.deliver(await prepare(network, tmp_path, script), Listener().watch)
    assert isinstance(outcome, Deferred), outcome
    assert (outcome.kind, outcome.reason) == (OutcomeKind.PROTOCOL, Reason.UNCERTAIN)


async def test_a_document_of_the_wrong_form_is_told_from_a_broken_one(
    network: Network, channel: IppChannel, tmp_path: Path
) -> None:
    """The device took it, looked into it, and gave up: what it says decides what is tried next."""
    for reason, said in {
        "unsupported-document-format": Reason.FORMAT_NOT_SUPPORTED,
        "document-format-error": Reason.DOCUMENT_ERROR,
    }.items():
        request = await prepare(network, tmp_path, Script((Step(Fault.ABORT, At.DOCUMENT, times=1, reason=reason),)))
        outcome = await channel.deliver(replace(request, name=f"{request.name}-{reason}"), Listener().watch)
        assert isinstance(outcome, Failed)
        assert outcome.reason == said


async def test_a_kept_connection_that_the_printer_had_closed_costs_no_pause(
    printer: FakePrinter, channel: IppChannel, tmp_path: Path
) -> None:
    """Devices close their connections without a word: the job is made over a new one, in the same attempt."""
    printer.drop_kept = True
    request = make_request(make_target(printer.uri, PATIENT), tmp_path)
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Completed), outcome
    assert printer.codes().count(Operation.CREATE_JOB) == 1
    assert len(printer.printed) == 1


async def test_a_printer_that_lost_create_job_since_it_was_asked_is_asked_anew(
    printer: FakePrinter, channel: IppChannel, tmp_path: Path
) -> None:
    """Another device, or another firmware, at the same address: not a word on the document."""
    request = make_request(make_target(printer.uri, PATIENT), tmp_path)
    known = await channel.describe(request.target)
    printer.operations = FULL - set(NO_CREATE)
    outcome = await channel.deliver(replace(request, capabilities=known), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.PROTOCOL, "server-error-operation-not-supported")
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)

"""What earlier attempts that were killed left on a printer, and what it proves of the last one (SPEC N4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Absent, Accepted, Completed, Deferred, DeliveryRequest, Failed, Unknown, Watch
from distserver.model.states import Reason
from distwire.ipp import Operation
from distwire.ipp.enums import JobState
from tests.support.deliveries import Listener, make_request
from tests.support.fake_printer import FakeJob, FakePrinter
from tests.support.ippeveprinter import run_eve_printer
from tests.support.rigs import make_target


def killed_before_its_document() -> Watch:
    """The worker of this attempt makes the job, and comes no further."""

    async def refuse() -> bool:
        return False

    return replace(Listener().watch, begin=refuse)


async def test_an_empty_job_of_an_earlier_attempt_is_no_proof_for_the_last_one(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """Never twice where the policy says so: the printer forgets what it has printed, but keeps the empty job."""
    assert isinstance(await channel.deliver(request_, killed_before_its_document()), Deferred)
    assert list(printer.jobs) == [1]
    last = Listener()
    assert isinstance(await channel.deliver(request_, last.watch), Accepted | Completed)
    assert len(printer.printed) == 1
    del printer.jobs[2]
    assert isinstance(await channel.adopt(replace(request_, remote_id=last.remote_id), Listener().watch), Unknown)
    assert isinstance(await channel.adopt(request_, Listener().watch), Absent), "without an id no document has left"


async def test_a_job_that_was_canceled_in_our_name_is_sent_again(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    """Never lost: an earlier question canceled a job without its document, was killed, and then the rest came in."""
    assert isinstance(await channel.deliver(request_, killed_before_its_document()), Deferred)
    job = printer.jobs[1]
    job.state, job.reasons = JobState.CANCELED, ["job-canceled-by-user"]
    printer.take_document(job, b"the rest")
    assert isinstance(await channel.adopt(request_, Listener().watch), Absent)
    job.reasons = ["job-canceled-at-device"]
    assert isinstance(await channel.adopt(request_, Listener().watch), Failed), "a person at the device meant it"


@pytest.mark.real
async def test_an_empty_job_of_a_killed_attempt_does_not_keep_a_printer_of_one_job_busy(
    channel: IppChannel, tmp_path: Path
) -> None:
    """ippeveprinter has room for one job, and never ends one whose document does not come."""
    with run_eve_printer(tmp_path) as printer:
        request = make_request(make_target(f"ipp://localhost:{printer.port}/ipp/print"), tmp_path)
        assert isinstance(await channel.deliver(request, killed_before_its_document()), Deferred)
        other = replace(request, name="another-7", attempt=2)
        refused = await channel.deliver(other, Listener().watch)
        assert isinstance(refused, Deferred)
        assert refused.reason == Reason.BUSY, "whose it is knows its own delivery alone"
        again = replace(request, name=f"{request.name}.2", attempt=2)
        assert isinstance(await channel.deliver(again, Listener().watch), Completed)
        assert printer.read_documents() == [request.rendition.path.read_bytes()]


@pytest.mark.real
async def test_an_empty_job_of_a_delivery_that_was_canceled_keeps_no_other_waiting(
    channel: IppChannel, tmp_path: Path
) -> None:
    with run_eve_printer(tmp_path) as printer:
        request = make_request(make_target(f"ipp://localhost:{printer.port}/ipp/print"), tmp_path)
        assert isinstance(await channel.deliver(request, killed_before_its_document()), Deferred)

        async def find_over(names: Sequence[str]) -> Mapping[str, str]:
            assert names == [request.name]
            return {request.name: request.sender}

        other = replace(request, name="another-7", attempt=2, sender="hanako")
        assert isinstance(await channel.deliver(other, replace(Listener().watch, find_over=find_over)), Completed)
        assert printer.read_documents() == [request.rendition.path.read_bytes()]


async def test_jobs_that_have_their_document_or_are_others_are_left_alone(
    printer: FakePrinter, channel: IppChannel, request_: DeliveryRequest
) -> None:
    printer.jobs = {
        1: FakeJob(1, request_.name, JobState.PROCESSING, ["job-printing"], b"%PDF", whole=True),
        2: FakeJob(2, f"{request_.name}5"),
        3: FakeJob(3, "somebody's"),
        4: FakeJob(4, "Prices · over-1", JobState.PROCESSING, ["job-printing"], b"%PDF", whole=True),
        5: FakeJob(5, "Prices · over-1 · of-another-program-4"),
    }
    printer.busy = True

    async def find_over(names: Sequence[str]) -> Mapping[str, str]:
        return {name: "hanako" for name in names if name == "over-1"}

    watch = replace(Listener().watch, find_over=find_over)
    refused = await channel.deliver(replace(request_, attempt=2), watch)
    assert isinstance(refused, Deferred)
    assert not any(job.ended for job in printer.jobs.values())
    assert printer.codes().count(Operation.CREATE_JOB) == 1

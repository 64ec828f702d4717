"""What earlier attempts that were killed left on a printer, and what it proves of the last one (SPEC N4)."""

from __future__ import annotations

from dataclasses import replace

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Absent, Accepted, Completed, Deferred, DeliveryRequest, Failed, Unknown, Watch
from distwire.ipp.enums import JobState
from tests.support.deliveries import Listener
from tests.support.fake_printer import FakePrinter


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

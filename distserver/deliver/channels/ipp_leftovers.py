"""Jobs without a document that killed attempts of a delivery have left on its printer.

A job is made before it is marked that paper may come (`ipp_send`): a worker that is killed between the two leaves one
behind that nobody asks for. Printers end such jobs after a while (RFC 8011 §5.4.31, multiple-operation-time-out). One
that does not, and takes a single job at a time, would be busy with it for ever.
"""

from __future__ import annotations

import contextlib

from distserver.deliver.channels.ipp_adopt import Question
from distserver.deliver.channels.ipp_job import bears_name, read_job
from distwire.ipp.enums import Operation
from distwire.ipp.failures import TransferError


async def end_leftovers(question: Question) -> bool:
    """Whether one was there and is canceled. A printer that cannot be asked has none: what it said before stands."""
    if not {Operation.GET_JOBS, Operation.CANCEL_JOB} <= question.printer.operations:
        return False
    request = question.request
    first_name = request.name.partition(".")[0]  # as in every later one: JOB-NUMBER.GENERATION
    canceled = False
    with contextlib.suppress(TransferError):
        answer = await question.list_jobs("not-completed")
        for job in filter(None, map(read_job, answer.jobs)):
            ours = job.lacks_document and not job.ended and bears_name(job, first_name)
            if ours and question.watch.may_send():
                canceled = (await question.client.cancel_job(question.endpoint, job.id, request.sender)).ok or canceled
    return canceled

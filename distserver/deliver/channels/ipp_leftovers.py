"""Jobs without a document that killed attempts left on a printer: of this delivery, or of one that was canceled.

A job is made before it is marked that paper may come (`ipp_send`): a worker that is killed between the two leaves one
behind that nobody asks for. Printers end such jobs after a while (RFC 8011 §5.4.31, multiple-operation-time-out). One
that does not, and takes a single job at a time, would be busy with it for ever.

Another program's job may bear a name of ours: what forwards a job, as CUPS does, forwards its name. So of other
deliveries only those count that went to this very printer.
"""

from __future__ import annotations

import contextlib

from distserver.deliver.channels.ipp_adopt import Question
from distserver.deliver.channels.ipp_job import JobView, bears_name, read_job, read_job_name
from distwire.ipp.enums import Operation
from distwire.ipp.failures import TransferError


async def end_leftovers(question: Question) -> bool:
    """Whether one was there and is canceled. A printer that cannot be asked has none: what it said before stands."""
    if not {Operation.GET_JOBS, Operation.CANCEL_JOB} <= question.printer.operations:
        return False
    canceled = False
    with contextlib.suppress(TransferError):
        answer = await question.list_jobs("not-completed")
        jobs = filter(None, map(read_job, answer.jobs))
        for job, sender in await _choose(question, [job for job in jobs if job.lacks_document and not job.ended]):
            if question.watch.may_send():
                canceled = (await question.client.cancel_job(question.endpoint, job.id, sender)).ok or canceled
    return canceled


async def _choose(question: Question, empty: list[JobView]) -> list[tuple[JobView, str]]:
    """Those that nobody sends a document to any more, and in whose name each was made."""
    first_name = question.request.name.partition(".")[0]  # as in every later one: JOB-NUMBER.GENERATION
    others = {job.id: read_job_name(job.name) for job in empty if job.name is not None and not job.pages}
    over = await question.watch.find_over(list(others.values())) if others else {}
    own = [(job, question.request.sender) for job in empty if bears_name(job, first_name)]
    known = {job.id for job, _ in own}
    return own + [(job, over[others[job.id]]) for job in empty if job.id not in known and others.get(job.id) in over]

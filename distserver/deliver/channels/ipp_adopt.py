"""Asking a device what became of a delivery (SPEC N4): found whole, found without its document, not there, no telling.

A name that is not found means `Absent` only where that is proof: where the job was never known by an id, so that no
document can have followed (Create-Job), or where the device shows that it keeps its finished jobs (Print-Job).
"""

from __future__ import annotations

from dataclasses import dataclass

from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_document import STOPPED
from distserver.deliver.channels.ipp_follow import Follower, Unwilling
from distserver.deliver.channels.ipp_job import SEEN, JobView, bears_name, read_job
from distserver.deliver.channels.ipp_words import explain_refusal
from distserver.deliver.contract import Absent, Deferred, DeliveryRequest, Outcome, Partial, Unknown, Watch
from distserver.model.capabilities import Capabilities
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import JobState, Operation
from distwire.ipp.message import Message

_LIMIT = 500
_BY_US = "job-canceled-by-user"  # by the owner's Cancel-Job, not at the device or by an operator (RFC 8011 §5.3.8)
_ORDER = (JobState.COMPLETED, JobState.ABORTED, JobState.CANCELED)


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about what. `remote_id` is the job's id if one was ever told; `whole` False when we know that the
    device cannot have the whole document."""

    client: JobClient
    endpoint: Endpoint
    request: DeliveryRequest
    watch: Watch
    printer: Capabilities
    remote_id: str | None
    whole: bool = True

    async def list_jobs(self, which: str) -> Message:
        """Its jobs that are `completed` or `not-completed`, as far as it lists them. Raises `TransferError`."""
        return await self.client.get_jobs(self.endpoint, self.request.sender, which, _LIMIT, SEEN)


async def ask_device(question: Question, follower: Follower) -> Outcome | Absent | Unknown:
    """Find the job by id, else by name, and bring it to an end. Raises `TransferError` when it cannot be asked."""
    try:
        job = await follower.look(question.remote_id)
    except Unwilling:
        job = None
    if job is None:
        listed = await _find_by_name(question)
        if not isinstance(listed, JobView):
            return listed
        job = listed
    follower.job = job
    follower.tell(job.remote_id, job, job.reasons)
    if job.ended:
        return _judge_ended(question, follower, job)
    if question.whole and not job.lacks_document:
        return await follower.stay(job.remote_id)
    if not question.watch.may_send():
        return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, STOPPED)
    return await _remove(follower, job)


async def _find_by_name(question: Question) -> JobView | Absent | Unknown | Deferred:
    operations = question.printer.operations
    if operations and Operation.GET_JOBS not in operations:
        return Unknown("the printer cannot list its jobs")
    listed: list[JobView] = []
    finished = False
    for which in ("not-completed", "completed"):
        answer = await question.list_jobs(which)
        if not answer.ok:
            refusal = explain_refusal(answer)
            return refusal if isinstance(refusal, Deferred) else Unknown(refusal.message)
        jobs = [job for group in answer.jobs if (job := read_job(group)) is not None]
        if len(jobs) < len(answer.jobs) or any(job.name is None for job in jobs):
            return Unknown("the printer lists its jobs without their names")
        finished = which == "completed" and 0 < len(jobs) < _LIMIT
        listed += jobs
    found = [job for job in listed if bears_name(job, question.request.name)]
    if (
        question.remote_id is not None
    ):  # its document went to another: what an earlier attempt left empty proves nothing
        found = [job for job in found if not job.lacks_document]
    if found:
        return min(found, key=_preference)
    return _judge_absence(question, finished and _has_no_gap(listed))


def _preference(job: JobView) -> tuple[int, int]:
    """Of several jobs of one name (earlier attempts) the living one counts, then the printed one, then one that lives
    without its document, then the latest: a job that was printed is never overlooked for an empty one."""
    if not job.ended:
        return (2 if job.lacks_document else 0), -job.id
    return (1, 3, 4)[_ORDER.index(JobState(job.state))], -job.id


def _has_no_gap(jobs: list[JobView]) -> bool:
    """The lists show every job from the first to the last: none is hidden, forgotten or cut off in between."""
    numbers = {job.id for job in jobs}
    return max(numbers) - min(numbers) + 1 == len(numbers)


def _judge_absence(question: Question, complete: bool) -> Absent | Unknown:
    if question.remote_id is not None:
        return Unknown("the printer knew the job once, and has forgotten it")
    creates = {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= question.printer.operations
    if creates or complete:
        return Absent()
    return Unknown("the printer does not show all its finished jobs, so nothing follows from its silence")


def _judge_ended(question: Question, follower: Follower, job: JobView) -> Outcome | Absent:
    """An ended job without its document was stopped by an earlier question: it has printed nothing. So has one that was
    canceled in our name: the rest of its document may have come after that."""
    nothing_out = not job.pages
    cut = job.lacks_document or not question.whole
    if job.state == JobState.CANCELED and job.pages == 0 and _BY_US in job.reasons:
        return Absent()
    if cut and nothing_out and (job.state != JobState.COMPLETED or job.documents == 0):
        return Absent()
    if job.state == JobState.COMPLETED and cut:
        return Partial(job.pages or 0, "submission-interrupted", job.message)
    outcome = follower.conclude(job)
    return Absent() if isinstance(outcome, Deferred) else outcome


async def _remove(follower: Follower, job: JobView) -> Outcome | Absent | Deferred:
    """Cancel a job that has not its whole document, and believe only the device's own word that it is over."""
    seen = await follower.end(job)
    if seen is None:
        return Absent()
    if not seen.ended:
        return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the printer keeps a job without its whole document")
    if seen.state == JobState.COMPLETED and seen.documents != 0:
        return follower.conclude(seen)
    return Partial(seen.pages, "submission-interrupted", seen.message) if seen.pages else Absent()

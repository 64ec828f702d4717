"""The IPP operations of the device (RFC 8011 §4.2, §4.3; PWG 5100.7; PWG 5100.13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import JobState, Operation, Status
from distwire.ipp.requested import get_limit, get_requested, select_attributes
from distwire.ipp.service import Call, DocumentSink, Handled, Handler, Refusal, Reply, Service
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import cut_octets, keyword, mime_type
from mfp_client.printing.addresses import authority_of, check_printer, job_number
from mfp_client.printing.description import WHICH_JOBS, describe_printer
from mfp_client.printing.device import Device, NotPossible
from mfp_client.printing.job import Job
from mfp_client.printing.job_description import SHORT, describe_job
from mfp_client.printing.profiles import OCTET_STREAM
from mfp_client.printing.ticket import Reading, read_ticket
from mfp_client.printing.upload import Upload

_SELECTIONS: dict[str, Callable[[Job], bool]] = {
    "completed": lambda job: job.ended,
    "not-completed": lambda job: not job.ended,
    "all": lambda job: True,
    "aborted": lambda job: job.state is JobState.ABORTED,
    "canceled": lambda job: job.state is JobState.CANCELED,
    "pending": lambda job: job.state is JobState.PENDING,
    "processing": lambda job: job.state in (JobState.PROCESSING, JobState.PROCESSING_STOPPED),
}


class PrinterOperations:
    """Handlers for one device. `fallback` is the `host:port` for URIs where a request names none that is usable."""

    def __init__(self, device: Device, identify: Callable[[str], None]) -> None:
        self.fallback = "localhost"
        self._device = device
        self._identify = identify

    def make_service(self) -> Service:
        """The service to put behind a server."""
        return Service({operation: self._checked(handler) for operation, handler in self._handlers().items()})

    def _handlers(self) -> dict[Operation, Handler]:
        return {
            Operation.PRINT_JOB: self.print_job,
            Operation.VALIDATE_JOB: self.validate_job,
            Operation.CREATE_JOB: self.create_job,
            Operation.SEND_DOCUMENT: self.send_document,
            Operation.CANCEL_JOB: self.cancel_job,
            Operation.GET_JOB_ATTRIBUTES: self.get_job_attributes,
            Operation.GET_JOBS: self.get_jobs,
            Operation.GET_PRINTER_ATTRIBUTES: self.get_printer_attributes,
            Operation.HOLD_JOB: self.hold_job,
            Operation.RELEASE_JOB: self.release_job,
            Operation.CANCEL_MY_JOBS: self.cancel_my_jobs,
            Operation.CLOSE_JOB: self.close_job,
            Operation.IDENTIFY_PRINTER: self.identify_printer,
        }

    def _checked(self, handler: Handler) -> Handler:
        """Before each operation: is it for this printer? After it: what the device would not do becomes the answer."""

        def handle(call: Call) -> Handled:
            check_printer(call)
            try:
                return handler(call)
            except NotPossible as error:
                raise Refusal(Status.NOT_POSSIBLE, str(error)) from error

        return handle

    # Jobs come in

    def print_job(self, call: Call) -> DocumentSink:
        """Print-Job: job and document in one request."""
        reading = self._read_request(call)
        job = self._make_job(call, reading)
        return self._upload(call, job, last=True, unsupported=reading.unsupported)

    def validate_job(self, call: Call) -> Reply:
        """Validate-Job: what Print-Job would say, without printing."""
        return _accepted(self._read_request(call).unsupported)

    def create_job(self, call: Call) -> Reply:
        """Create-Job: the document follows by Send-Document."""
        reading = self._read_request(call)
        job = self._make_job(call, reading)
        return self._short_answer(call, reading.unsupported)(job)

    def send_document(self, call: Call) -> DocumentSink | Reply:
        """Send-Document: the one document of a job, or nothing but the word that it was the last."""
        last = call.operation.boolean("last-document")
        if last is None:
            raise Refusal(Status.BAD_REQUEST, "last-document is missing")
        job = self._find(call)
        self._check_format(call)
        if job.document is not None and not job.closed:
            return self._end_of_documents(call, job, last=last)
        return self._upload(call, job, last=last)

    def close_job(self, call: Call) -> Reply:
        """Close-Job: no further document will come (PWG 5100.7 §4.1)."""
        self._device.close_job(self._find(call))
        return Reply()

    # Jobs are looked at

    def get_job_attributes(self, call: Call) -> Reply:
        """Get-Job-Attributes."""
        job = self._find(call)
        return Reply(groups=(self._job_group(call, job, get_requested(call.operation)),))

    def get_jobs(self, call: Call) -> Reply:
        """Get-Jobs: by which-jobs, my-jobs, first-job-id, limit; ended ones newest first (RFC 8011 §4.2.6)."""
        which = call.operation.string("which-jobs") or "not-completed"
        if which not in WHICH_JOBS:
            cause = attribute("which-jobs", keyword(which))
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, f"which-jobs '{which}' is not known", (cause,))
        found = [job for job in self._device.jobs if _SELECTIONS[which](job)]
        if which in ("completed", "aborted", "canceled"):
            found.reverse()
        if call.operation.boolean("my-jobs"):
            found = [job for job in found if job.user == _user(call)]
        first = call.operation.integer("first-job-id")
        if first is not None:
            found = [job for job in found if job.id >= first]
        found = found[: get_limit(call.operation)]
        requested = get_requested(call.operation, ("job-id", "job-uri"))
        return Reply(groups=tuple(self._job_group(call, job, requested) for job in found))

    def get_printer_attributes(self, call: Call) -> Reply:
        """Get-Printer-Attributes."""
        self._check_format(call)
        everything = describe_printer(self._device, self._authority(call), tuple(self._handlers()))
        chosen = select_attributes(everything, get_requested(call.operation), "printer-description")
        return Reply(groups=(Group(GroupTag.PRINTER, chosen),))

    def identify_printer(self, call: Call) -> Reply:
        """Identify-Printer: shows the words on the panel (PWG 5100.13 §5.1)."""
        self._identify(call.operation.string("message") or f"{_user(call)} is looking for this printer")
        return Reply()

    # Jobs are changed

    def cancel_job(self, call: Call) -> Reply:
        """Cancel-Job."""
        self._device.cancel_job(self._find(call))
        return Reply()

    def cancel_my_jobs(self, call: Call) -> Reply:
        """Cancel-My-Jobs: all that the user has waiting or printing, or those of job-ids (PWG 5100.7 §4.2)."""
        wanted = call.operation.integers("job-ids")
        mine = [job for job in self._device.jobs if job.user == _user(call) and (not wanted or job.id in wanted)]
        if len(mine) < len(wanted):
            raise Refusal(Status.NOT_FOUND, "not all of these jobs are yours")
        for job in mine:
            if not job.ended:
                self._device.cancel_job(job)
        return Reply()

    def hold_job(self, call: Call) -> Reply:
        """Hold-Job."""
        self._device.hold_job(self._find(call))
        return Reply()

    def release_job(self, call: Call) -> Reply:
        """Release-Job."""
        self._device.release_job(self._find(call))
        return Reply()

    # What they have in common

    def _authority(self, call: Call) -> str:
        return authority_of(call.context, self.fallback)

    def _find(self, call: Call) -> Job:
        number = job_number(call)
        job = self._device.find_job(number)
        if job is None:
            raise Refusal(Status.NOT_FOUND, f"there is no job {number}")
        return job

    def _check_format(self, call: Call) -> None:
        asked = call.operation.string("document-format")
        formats = (*self._device.options.profile.formats, OCTET_STREAM)
        if asked is not None and asked.lower() not in formats:
            cause = attribute("document-format", mime_type(asked))
            raise Refusal(Status.DOCUMENT_FORMAT_NOT_SUPPORTED, f"this printer does not take {asked}", (cause,))

    def _read_request(self, call: Call) -> Reading:
        """Check format and ticket; with ipp-attribute-fidelity everything has to be as asked."""
        self._check_format(call)
        reading = read_ticket(call.request.job, self._device.options.profile)
        if reading.unsupported and call.operation.boolean("ipp-attribute-fidelity"):
            names = ", ".join(each.name for each in reading.unsupported)
            words = f"not supported: {names}"
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, words, reading.unsupported)
        return reading

    def _make_job(self, call: Call, reading: Reading) -> Job:
        operation = call.operation
        title = operation.string("job-name") or operation.string("document-name") or "Untitled"
        supplied = {"compression": call.compression}
        format = operation.string("document-format")
        if format is not None:
            supplied["document-format"] = format
        if operation.boolean("ipp-attribute-fidelity"):
            supplied["fidelity"] = "true"
        return self._device.create_job(cut_octets(title, 255), _user(call), reading.ticket, supplied)

    def _upload(self, call: Call, job: Job, *, last: bool, unsupported: tuple[Attribute, ...] = ()) -> Upload:
        document_name = call.operation.string("document-name")
        return Upload(
            self._device,
            job,
            format=(call.operation.string("document-format") or OCTET_STREAM).lower(),
            name=None if document_name is None else cut_octets(document_name, 255),
            last=last,
            answer=self._short_answer(call, unsupported),
        )

    def _end_of_documents(self, call: Call, job: Job, *, last: bool) -> DocumentSink:
        return _NoFurtherDocument(self._device, job, last, self._short_answer(call, ()))

    def _short_answer(self, call: Call, unsupported: tuple[Attribute, ...]) -> Callable[[Job], Reply]:
        def answer(job: Job) -> Reply:
            return _accepted(unsupported, (self._job_group(call, job, frozenset(SHORT)),))

        return answer

    def _job_group(self, call: Call, job: Job, requested: frozenset[str]) -> Group:
        everything = describe_job(self._device, job, self._authority(call))
        return Group(GroupTag.JOB, select_attributes(everything, requested, "job-description"))


class _NoFurtherDocument:
    """Takes the body of a Send-Document after the first: empty it may be, a second document it may not."""

    def __init__(self, device: Device, job: Job, last: bool, answer: Callable[[Job], Reply]) -> None:
        self._device = device
        self._job = job
        self._last = last
        self._answer = answer

    def write(self, piece: bytes) -> None:
        """Refuse a second document."""
        if piece:
            raise Refusal(Status.MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED, "a job has one document here")

    def finish(self) -> Reply:
        """Close the job when the client says so."""
        if self._last:
            self._device.close_job(self._job)
        return self._answer(self._job)

    def abort(self, reason: str) -> None:
        """The job keeps its first document."""


def _user(call: Call) -> str:
    return cut_octets(call.user, 255)


def _accepted(unsupported: Iterable[Attribute], groups: tuple[Group, ...] = ()) -> Reply:
    left_out = tuple(unsupported)
    return Reply(Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES if left_out else Status.OK, groups, left_out)

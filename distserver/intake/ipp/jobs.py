"""Operations on jobs (RFC 8011 §4.2, §4.3; PWG 5100.5, 5100.7)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from distserver.errors import Conflict, NotFound, NotSignedIn
from distserver.intake.ipp.addresses import Origin, Place
from distserver.intake.ipp.circles import check_circle
from distserver.intake.ipp.description import WHICH_JOBS
from distserver.intake.ipp.gate import Visitor, check_sender
from distserver.intake.ipp.job_access import identify_job
from distserver.intake.ipp.job_description import (
    LONG,
    SHORT,
    describe_document,
    describe_hold,
    describe_job,
    job_group,
    state_of,
)
from distserver.intake.ipp.job_destinations import choose_whole, describe_destinations
from distserver.intake.ipp.notification.enclosed import Enclosed, enclose
from distserver.intake.ipp.printers import Printer
from distserver.intake.ipp.reception import Course, Reception, check_format
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.submissions import Submissions
from distserver.intake.ipp.ticket import Reading
from distserver.jobs.incoming import MOST_DOCUMENTS, IppJob, NewIppJob
from distserver.jobs.service import SEES_ALL
from distserver.model.documents import Document
from distserver.model.jobs import Actor, DeliveryView
from distserver.store.ipp_jobs import Selection
from distserver.store.spool import Upload
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.decode import decode_message
from distwire.ipp.encode import encode_message, make_sayable
from distwire.ipp.enums import JobState, Operation, Status
from distwire.ipp.message import make_message
from distwire.ipp.requested import get_limit, get_requested, is_job_template, select_attributes
from distwire.ipp.service import Call, DocumentSink, Handler, Refusal, Reply
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import keyword

_STATES = {
    "aborted": JobState.ABORTED,
    "canceled": JobState.CANCELED,
    "pending": JobState.PENDING,
    "pending-held": JobState.PENDING_HELD,
    "processing": JobState.PROCESSING,
    "processing-stopped": JobState.PROCESSING_STOPPED,
}
_MOST_STATUSES = 10_000
_GROUPS = ("all", "job-description", "job-template")
"""What may be requested in one word; each has attributes that are long."""
PARTLY = ("cover-sheet-info", "destination-uris")
"""Attributes that may be done but for a member."""


class JobOperations:
    """Handlers; each belongs to the printer that its target names."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim
        self._submissions = Submissions(rim)

    def handlers(self) -> dict[int, Handler]:
        return {
            Operation.PRINT_JOB: self.print_job,
            Operation.VALIDATE_JOB: self.validate_job,
            Operation.CREATE_JOB: self.create_job,
            Operation.SEND_DOCUMENT: self.send_document,
            Operation.CLOSE_JOB: self.close_job,
            Operation.CANCEL_JOB: self.cancel_job,
            Operation.CANCEL_MY_JOBS: self.cancel_my_jobs,
            Operation.CANCEL_JOBS: self.cancel_jobs,
            Operation.GET_JOB_ATTRIBUTES: self.get_job_attributes,
            Operation.GET_JOBS: self.get_jobs,
            Operation.HOLD_JOB: self.hold_job,
            Operation.RELEASE_JOB: self.release_job,
            Operation.GET_DOCUMENTS: self.get_documents,
            Operation.GET_DOCUMENT_ATTRIBUTES: self.get_document_attributes,
        }

    # Jobs come in

    def print_job(self, call: Call) -> DocumentSink:
        """Print-Job: job and document in one request."""
        printer, visitor = self._sender(call)
        reading, new = self._read(call, printer, visitor)
        enclosed = self._enclose(call, printer, visitor)
        new = replace(new, also_of=enclosed.insert)
        by, incoming = visitor.actor, self._rim.incoming

        def take(upload: Upload | None, document: Document | None) -> IppJob:
            if upload is None or document is None:
                raise Refusal(Status.BAD_REQUEST, "the request has no document: nothing was printed")
            return incoming.print(new, upload, document, self._submissions.make(printer, reading.ticket), by)

        answer = enclosed.complete(self._short(call, reading.unsupported))
        return self._receive(call, Course(take, answer, meter=incoming.meter(by)))

    def validate_job(self, call: Call) -> Reply:
        """Validate-Job: what Print-Job would say, without printing."""
        printer, visitor = self._sender(call)
        reading, _ = self._read(call, printer, visitor)
        self._rim.incoming.meter(visitor.actor)
        return self._enclose(call, printer, visitor).add_to(_accepted(reading.unsupported), made=False)

    def create_job(self, call: Call) -> Reply:
        """Create-Job: the documents follow by Send-Document."""
        printer, visitor = self._sender(call)
        reading, new = self._read(call, printer, visitor)
        enclosed = self._enclose(call, printer, visitor)
        new = replace(new, also_of=enclosed.insert)
        found = self._rim.open_jobs.create(visitor, lambda: self._rim.incoming.create(new, visitor.actor))
        return enclosed.complete(self._short(call, reading.unsupported))(found)

    def send_document(self, call: Call) -> DocumentSink:
        """Send-Document: one of the documents of a job, or nothing but the word that it was the last."""
        by, number, last = self.check_send(call)
        incoming = self._rim.incoming

        def take(upload: Upload | None, document: Document | None) -> IppJob:
            if upload is not None and document is not None:
                incoming.add_document(number, upload, document, by)
            elif not last:
                raise Refusal(Status.BAD_REQUEST, "the request has no document and does not say that it was the last")
            return incoming.close(number, self._submissions.make_later(), by) if last else incoming.get(number, by)

        def failed(words: str) -> None:
            incoming.abort(number, by, words)

        return self._receive(call, Course(take, self._short(call, ()), failed, incoming.meter(by, number)))

    def check_send(self, call: Call) -> tuple[Actor, int, bool]:
        """Who sends a document to which job, and whether it is the last. Raises `Refusal` when it cannot be taken."""
        last = call.operation.boolean("last-document")
        if last is None:
            raise Refusal(Status.BAD_REQUEST, "last-document is missing")
        visitor, number = self._job(call)
        check_format(call)
        found = self._rim.incoming.get(number, visitor.actor)
        if not found.open:
            status = Status.JOB_CANCELED if found.row.state == "canceled" else Status.NOT_POSSIBLE
            raise Refusal(status, f"job {number} takes no document any more")
        if len(found.documents) >= MOST_DOCUMENTS:
            raise Refusal(Status.TOO_MANY_DOCUMENTS, f"a job has {MOST_DOCUMENTS} documents at most: close this one")
        return visitor.actor, number, last

    def close_job(self, call: Call) -> Reply:
        """Close-Job: no further document will come (PWG 5100.7 §4.1)."""
        visitor, number = self._job(call)
        self._rim.incoming.close(number, self._submissions.make_later(), visitor.actor)
        return Reply()

    # Jobs are looked at

    def get_job_attributes(self, call: Call) -> Reply:
        """Get-Job-Attributes."""
        visitor, number = self._job(call)
        found = self._rim.incoming.get(number, visitor.actor)
        return Reply(groups=(self._group(call, found, visitor, get_requested(call.operation)),))

    def get_jobs(self, call: Call) -> Reply:
        """Get-Jobs: by which-jobs, my-jobs, first-job-id, job-ids, limit (RFC 8011 §4.2.6, PWG 5100.7)."""
        printer, visitor = self._visitor(call)
        which = call.operation.string("which-jobs") or "not-completed"
        ids = call.operation.integers("job-ids")
        if ids and "which-jobs" in call.operation:
            causes = tuple(one for one in call.operation if one.name in ("job-ids", "which-jobs"))
            raise Refusal(Status.CONFLICTING_ATTRIBUTES, "which-jobs does not go with job-ids: leave one out", causes)
        if which not in WHICH_JOBS:
            cause = attribute("which-jobs", keyword(which))
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, f"which-jobs '{which}' is not known", (cause,))
        first = call.operation.integer("first-job-id")
        ended = {"completed": True, "aborted": True, "canceled": True, "all": None}.get(which, False)
        chosen = Selection(
            printer=None if printer.place.name == "everyone" else printer.place.key,
            ended=None if ids else ended,
            numbers=ids,
            first=first if first is not None and first > 0 else 1,
        )
        found = self._rim.incoming.list(chosen, visitor.actor, mine=bool(call.operation.boolean("my-jobs")))
        found = [one for one in found if self._lets_in(visitor, one.row.printer)]
        if not ids and which in _STATES:
            found = [one for one in found if state_of(one) == _STATES[which]]
        found = found[: get_limit(call.operation)]
        requested, whole = get_requested(call.operation, ("job-id", "job-uri")), choose_whole(found, _MOST_STATUSES)
        groups = (self._group(call, one, visitor, requested, whole=one.row.number in whole) for one in found)
        return Reply(groups=tuple(groups))

    def get_documents(self, call: Call) -> Reply:
        """Get-Documents (PWG 5100.5 §4.2)."""
        visitor, number = self._job(call)
        found = self._rim.incoming.get(number, visitor.actor)
        requested = get_requested(call.operation, ("document-number",))
        groups = [self._document(call, found, no, requested) for no in range(1, len(found.documents) + 1)]
        return Reply(groups=tuple(groups[: get_limit(call.operation)]))

    def get_document_attributes(self, call: Call) -> Reply:
        """Get-Document-Attributes (PWG 5100.5 §4.1)."""
        visitor, number = self._job(call)
        no = call.operation.integer("document-number")
        if no is None:
            raise Refusal(Status.BAD_REQUEST, "document-number is missing")
        found = self._rim.incoming.get(number, visitor.actor)
        if not 1 <= no <= len(found.documents):
            raise Refusal(Status.NOT_FOUND, f"job {number} has no document {no}")
        return Reply(groups=(self._document(call, found, no, get_requested(call.operation)),))

    # Jobs are changed

    def cancel_job(self, call: Call) -> Reply:
        """Cancel-Job."""
        visitor, number = self._job(call)
        self._rim.incoming.cancel(number, visitor.actor)
        return Reply()

    def cancel_my_jobs(self, call: Call) -> Reply:
        """Cancel-My-Jobs: all that the user has waiting, or those of job-ids (PWG 5100.7 §4.2)."""
        return self._cancel_several(call, mine=True)

    def cancel_jobs(self, call: Call) -> Reply:
        """Cancel-Jobs: everybody's, for operators (PWG 5100.7)."""
        _, visitor = self._visitor(call)
        if not visitor.known:
            raise NotSignedIn("sign in as an operator to cancel everybody's jobs")
        if visitor.actor.role not in SEES_ALL:
            raise Refusal(Status.NOT_AUTHORIZED, "only operators may cancel everybody's jobs")
        return self._cancel_several(call, mine=False)

    def _cancel_several(self, call: Call, *, mine: bool) -> Reply:
        printer, visitor = self._visitor(call)
        wanted = call.operation.integers("job-ids")
        place = None if printer.place.name == "everyone" else printer.place.key
        asked = Selection(place, ended=None if wanted else False, numbers=wanted)
        listed = self._rim.incoming.list_all(asked, visitor.actor, mine=mine)
        chosen = [one for one in listed if self._lets_in(visitor, one.row.printer)]
        if len(chosen) < len(set(wanted)):
            raise Refusal(Status.NOT_FOUND, "not all of these jobs are there, or yours")
        if wanted and any(one.ended for one in chosen):
            raise Refusal(Status.NOT_POSSIBLE, "not all of these jobs can be canceled: some have ended")
        for one in chosen:
            with contextlib.suppress(Conflict):  # it has ended in this very instant
                self._rim.incoming.cancel(one.row.number, visitor.actor)
        return Reply()

    def hold_job(self, call: Call) -> Reply:
        """Hold-Job."""
        visitor, number = self._job(call)
        self._rim.incoming.hold(number, visitor.actor)
        return Reply()

    def release_job(self, call: Call) -> Reply:
        """Release-Job."""
        visitor, number = self._job(call)
        self._rim.incoming.release(number, visitor.actor)
        return Reply()

    # What they have in common

    def _visitor(self, call: Call) -> tuple[Printer, Visitor]:
        return self._rim.printer(call), self._rim.gate.visitor(call)

    def _sender(self, call: Call) -> tuple[Printer, Visitor]:
        printer, visitor = self._visitor(call)
        check_sender(visitor, printer.access)
        if printer.group is not None and not self._rim.stops.get(printer.group.file).accepting:
            raise Refusal(Status.NOT_ACCEPTING_JOBS, "this printer takes no jobs just now: an operator has closed it")
        return printer, visitor

    def _enclose(self, call: Call, printer: Printer, visitor: Visitor) -> Enclosed:
        return enclose(call, printer, visitor, self._rim.subscribing.subscriptions)

    def _job(self, call: Call) -> tuple[Visitor, int]:
        return identify_job(self._rim, call)

    def _lets_in(self, visitor: Visitor, key: str) -> bool:
        return visitor.known or self._rim.printers.lets_in(key, visitor.peer)

    def _read(self, call: Call, printer: Printer, visitor: Visitor) -> tuple[Reading, NewIppJob]:
        """Check format and ticket; what must be as asked has to be (RFC 8011 §4.1.7, PWG 5100.7 §3.1.2)."""
        check_format(call)
        reading = self._submissions.read(call.request.job, printer, visitor)
        mandatory = set(call.operation.strings("job-mandatory-attributes"))
        missed = [one for one in reading.unsupported if one.name in mandatory]
        if missed or (reading.unsupported and call.operation.boolean("ipp-attribute-fidelity")):
            wrong = missed or list(reading.unsupported)
            words = "not supported here: " + ", ".join(one.name for one in wrong)
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, words, tuple(wrong))
        request = encode_message(make_message(0, 1, (), (_kept(call.request.job, reading),)))
        title = _first_name(call, "job-name", "document-name") or "Untitled"
        check_circle(self._rim, printer, reading.ticket, title)
        return reading, NewIppJob(printer.place.key, title, request)

    def _receive(self, call: Call, course: Course) -> Reception:
        name = _first_name(call, "document-name", "job-name") or "document"
        rim = self._rim
        return Reception(rim.spool, rim.admit, name, rim.house.most_octets, course)

    def _short(self, call: Call, unsupported: tuple[Attribute, ...]) -> Callable[[IppJob], Reply]:
        def answer(found: IppJob) -> Reply:
            everything = self._describe(call, found, ())
            chosen = select_attributes(everything, frozenset((*SHORT, "job-uuid")), "job-description")
            return _accepted(unsupported, (job_group(chosen),))

        return answer

    def _group(
        self, call: Call, found: IppJob, visitor: Visitor, requested: frozenset[str], *, whole: bool = True
    ) -> Group:
        """A job as it is asked for; unless it is to be `whole`, without what is read from its deliveries."""
        long = whole and not requested.isdisjoint((*_GROUPS, *LONG))
        deliveries: Sequence[DeliveryView] = ()
        if long and found.row.job_id is not None:
            try:
                deliveries = self._rim.query.deliveries(found.row.job_id, visitor.actor, limit=_MOST_STATUSES)
            except NotFound:
                deliveries = ()
        asked = decode_message(found.row.request)[0].job
        destinations = describe_destinations(found, asked, deliveries, self._rim.snapshot())
        everything = [*self._describe(call, found, deliveries), *destinations]
        everything += [one for one in asked if one.name not in ("destination-uris", "job-hold-until")]
        everything += describe_hold(found, asked)
        chosen = select_attributes(everything, requested, "job-description")
        return job_group(chosen if whole else tuple(one for one in chosen if one.name not in LONG))

    def _describe(self, call: Call, found: IppJob, deliveries: Sequence[DeliveryView]) -> tuple[Attribute, ...]:
        rim = self._rim
        origin = rim.origin(call)
        return describe_job(found, rim.printers, rim.house, origin, deliveries)

    def _document(self, call: Call, found: IppJob, no: int, requested: frozenset[str]) -> Group:
        origin: Origin = self._rim.origin(call)
        document = found.documents[no - 1]
        everything = describe_document(found, no, document, Place.of_key(found.row.printer), origin)
        return Group(GroupTag.DOCUMENT, select_attributes(everything, requested, "document-description"))


def _first_name(call: Call, *attributes: str) -> str:
    """What a person calls it, by the first of these attributes that has a letter that can be shown; else nothing."""
    for words in (call.operation.string(one) for one in attributes):
        shown = "".join(c if c.isprintable() else " " for c in words or "").strip()[:255]
        if shown:
            return shown
    return ""


def _kept(asked: Group, reading: Reading) -> Group:
    """The Job Template attributes that are the job's: what is not done is not said of it (RFC 8011 §4.1.7)."""
    wrong = {one.name for one in reading.unsupported}.difference(PARTLY)
    return Group(
        GroupTag.JOB, make_sayable(one for one in asked if is_job_template(one.name) and one.name not in wrong)
    )


def _accepted(unsupported: tuple[Attribute, ...], groups: tuple[Group, ...] = ()) -> Reply:
    return Reply(Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES if unsupported else Status.OK, groups, unsupported)

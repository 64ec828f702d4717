"""A document on its way in: straight into the spool; half a document leaves nothing behind (SPEC N1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from distserver.errors import (
    BadRequest,
    Conflict,
    DocumentRefused,
    Forbidden,
    LaterError,
    NotAccepting,
    NotFound,
    QuotaExceeded,
    UserError,
)
from distserver.intake.ipp.description import FORMATS
from distserver.jobs.incoming import IppJob
from distserver.jobs.quotas import Meter
from distserver.model.documents import Document
from distserver.model.states import Reason
from distserver.store.spool import Spool, Upload
from distwire.ipp.attributes import attribute
from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Refusal, Reply
from distwire.ipp.values import mime_type

Admit = Callable[[Upload, str], Document]
"""Looks into a finished upload; the second argument is its name. Raises `DocumentRefused`."""

_BY_REASON = {
    Reason.DOCUMENT_PASSWORD: Status.DOCUMENT_PASSWORD_ERROR,
    Reason.FORMAT_NOT_SUPPORTED: Status.DOCUMENT_FORMAT_NOT_SUPPORTED,
    Reason.TOO_LARGE: Status.REQUEST_ENTITY_TOO_LARGE,
}


def check_format(call: Call) -> None:
    """Raises `Refusal` when a request names a format that is not taken (RFC 8011 §4.1.6.1)."""
    asked = call.operation.string("document-format")
    if asked is not None and asked.lower() not in FORMATS:
        cause = attribute("document-format", mime_type(asked))
        raise Refusal(Status.DOCUMENT_FORMAT_NOT_SUPPORTED, f"this printer does not take {asked}", (cause,))


def refusal_of(error: UserError | LaterError) -> Refusal:
    """The status of IPP for an error of ours; its words stay."""
    words = str(error)
    match error:
        case DocumentRefused():
            return Refusal(_BY_REASON.get(error.reason, Status.DOCUMENT_FORMAT_ERROR), words)
        case NotFound():
            return Refusal(Status.NOT_FOUND, words)
        case NotAccepting():
            return Refusal(Status.NOT_ACCEPTING_JOBS, words)
        case QuotaExceeded():
            return Refusal(Status.ACCOUNT_LIMIT_REACHED, words)
        case Conflict():
            return Refusal(Status.NOT_POSSIBLE, words)
        case Forbidden():
            return Refusal(Status.NOT_AUTHORIZED, words)
        case LaterError():
            return Refusal(Status.TEMPORARY_ERROR, words)
    return Refusal(Status.BAD_REQUEST, words)


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a document: `take` gets the finished upload and its document (None when it was empty) and answers
    the job, of which `answer` makes the reply; `failed` is told when it will not come. `meter` sees it grow."""

    take: Callable[[Upload | None, Document | None], IppJob]
    answer: Callable[[IppJob], Reply]
    failed: Callable[[str], None] = lambda words: None
    meter: Meter = lambda size: None


class Reception:
    """The `DocumentSink` of Print-Job and Send-Document. `name` is what people call the document, `limit` its greatest
    size in octets."""

    def __init__(self, spool: Spool, admit: Admit, name: str, limit: int, course: Course) -> None:
        self._admit = admit
        self._name = name
        self._course = course
        try:
            self._upload = spool.receive(limit=limit)
        except LaterError as error:
            raise refusal_of(error) from error

    def write(self, piece: bytes) -> None:
        """Take a piece; a full disk and a document over the limit end it."""
        try:
            self._upload.write(piece)
            self._course.meter(self._upload.size)
        except BadRequest as error:
            raise Refusal(Status.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
        except (QuotaExceeded, LaterError) as error:
            raise refusal_of(error) from error

    def finish(self) -> Reply:
        """The document is whole: the job has it, on the disk."""
        with self._upload:
            try:
                return self._course.answer(self._take_in())
            except (UserError, LaterError) as error:
                if isinstance(error, DocumentRefused):
                    self._course.failed(str(error))
                raise refusal_of(error) from error

    def _take_in(self) -> IppJob:
        if not self._upload.size:
            return self._course.take(None, None)
        self._upload.finish()
        return self._course.take(self._upload, self._admit(self._upload, self._name))

    def abort(self, reason: str) -> None:
        """It broke off: nothing of it stays."""
        self._upload.drop()
        self._course.failed(reason)

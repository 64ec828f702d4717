"""What an IPP printer says, and what becomes of its silence, in the words of the channel contract."""

from __future__ import annotations

from distserver.deliver.contract import Deferred, Failed
from distserver.errors import DeliveryError
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.enums import Status, status_keyword
from distwire.ipp.failures import (
    CertificateRefused,
    DocumentUnreadable,
    HttpRefused,
    NotIpp,
    TimedOut,
    TransferError,
    UnknownHost,
)
from distwire.ipp.message import Message

_LATER = {
    Status.BUSY: Reason.BUSY,
    Status.TOO_MANY_JOBS: Reason.BUSY,
    Status.TEMPORARY_ERROR: Reason.BUSY,
    Status.SERVICE_UNAVAILABLE: Reason.BUSY,
    Status.NOT_ACCEPTING_JOBS: Reason.NOT_ACCEPTING,
    Status.PRINTER_IS_DEACTIVATED: Reason.NOT_ACCEPTING,
}
"""The printer cannot now, and nothing is wrong with the request."""

_NEVER = {
    Status.FORBIDDEN: Reason.REFUSED,
    Status.NOT_AUTHENTICATED: Reason.UNAUTHORIZED,
    Status.NOT_AUTHORIZED: Reason.UNAUTHORIZED,
    Status.NOT_FOUND: Reason.REFUSED,
    Status.GONE: Reason.REFUSED,
    Status.REQUEST_ENTITY_TOO_LARGE: Reason.TOO_LARGE,
    Status.DOCUMENT_FORMAT_NOT_SUPPORTED: Reason.FORMAT_NOT_SUPPORTED,
    Status.DOCUMENT_FORMAT_ERROR: Reason.DOCUMENT_ERROR,
    Status.DOCUMENT_UNPRINTABLE_ERROR: Reason.DOCUMENT_ERROR,
    Status.DOCUMENT_PASSWORD_ERROR: Reason.DOCUMENT_PASSWORD,
    Status.JOB_CANCELED: Reason.CANCELED_AT_DEVICE,
}
"""Another try would end the same way. Client errors that are not here keep their own keyword."""

_HTTP_NEVER = {401: Reason.UNAUTHORIZED, 407: Reason.UNAUTHORIZED, 413: Reason.TOO_LARGE}
_HTTP_LATER = (408, 429, 500, 502, 503, 504)


_PLAIN = frozenset(
    (
        Status.OPERATION_NOT_SUPPORTED,
        Status.SERVICE_UNAVAILABLE,
        Status.VERSION_NOT_SUPPORTED,
        Status.NOT_ACCEPTING_JOBS,
        Status.BUSY,
        Status.JOB_CANCELED,
        Status.MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED,
        Status.PRINTER_IS_DEACTIVATED,
        Status.TOO_MANY_JOBS,
        Status.TOO_MANY_DOCUMENTS,
    )
)
_HTTP_PLAIN = (429, 501, 503, 505)


def is_plain(code: int) -> bool:
    """A server error of IPP that says why the printer would not; the others only say that something went wrong."""
    return code in _PLAIN


def is_plain_silence(error: TransferError) -> bool:
    """The same of an HTTP status in the place of an answer."""
    return isinstance(error, HttpRefused) and error.status in _HTTP_PLAIN


_JOB_GONE = (Status.NOT_FOUND, Status.GONE, Status.NOT_POSSIBLE)


def explain_refused_document(answer: Message) -> Deferred | Failed:
    """The same for Send-Document: that the job has gone meanwhile (restart, time-out) is no fault of the document."""
    if answer.code in _JOB_GONE:
        keyword = status_keyword(answer.code)
        words = clean_text(answer.status_message) or keyword
        return Deferred(OutcomeKind.PROTOCOL, keyword, f"the printer dropped the job before its document came: {words}")
    return explain_refusal(answer)


def explain_refusal(answer: Message) -> Deferred | Failed:
    """The outcome that an answer with an error status means: nothing of this request was printed."""
    keyword = status_keyword(answer.code)
    words = clean_text(answer.status_message) or keyword
    if answer.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED and "document-format" in answer.unsupported:
        return Failed(Reason.FORMAT_NOT_SUPPORTED, words)
    later = _LATER.get(Status(answer.code)) if answer.code in Status.__members__.values() else None
    if later is not None:
        return Deferred(OutcomeKind.BUSY, later, words)
    never = next((reason for status, reason in _NEVER.items() if status == answer.code), None)
    if never is not None:
        return Failed(never, words)
    if answer.code == Status.TIMEOUT:
        return Deferred(OutcomeKind.UNREACHABLE, Reason.TIMED_OUT, words)
    if answer.code >= Status.INTERNAL_ERROR and answer.code != Status.OPERATION_NOT_SUPPORTED:
        return Deferred(OutcomeKind.PROTOCOL, keyword, words)
    return Failed(keyword, words)


def explain_silence(error: TransferError) -> Deferred | Failed:
    """The outcome when no IPP answer came, and what was asked cannot have been printed."""
    words = clean_text(str(error))  # there may be words of the device in it
    if isinstance(error, CertificateRefused):
        return Failed(Reason.CERTIFICATE, words)
    if isinstance(error, TimedOut):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.TIMED_OUT, words)
    if isinstance(error, NotIpp):
        return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, words)
    if isinstance(error, DocumentUnreadable):
        return Deferred(OutcomeKind.OURS, Reason.DOCUMENT_MISSING, words)
    if isinstance(error, UnknownHost):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNKNOWN_HOST, words)
    if not isinstance(error, HttpRefused):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, words)
    if error.status in (429, 503):
        return Deferred(OutcomeKind.BUSY, Reason.BUSY, words, error.retry_after)
    if error.status in _HTTP_LATER:
        return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, words, error.retry_after)
    return Failed(_HTTP_NEVER.get(error.status, Reason.REFUSED), words)


def make_error(outcome: Deferred | Failed) -> DeliveryError:
    """The same as an exception, for `describe`."""
    if isinstance(outcome, Deferred):
        return DeliveryError(outcome.message, outcome.kind, outcome.reason, retry_after=outcome.not_before)
    return DeliveryError(outcome.message, OutcomeKind.REFUSED, outcome.reason)


def clean_text(text: str) -> str:
    """A device's words without control characters, at most 500 characters."""
    text = text[:500]
    return (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()

"""What an answer of a web service means for a delivery, and what its silence means (RFC 9110 §15)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from distserver.deliver.contract import Completed, Deferred, Failed
from distserver.model.states import OutcomeKind, Reason

_NEVER = {
    401: Reason.UNAUTHORIZED,
    403: Reason.UNAUTHORIZED,
    407: Reason.UNAUTHORIZED,
    413: Reason.TOO_LARGE,
    415: Reason.FORMAT_NOT_SUPPORTED,
    422: Reason.DOCUMENT_ERROR,
}
_BUSY = (429, 503)
_TOO_SOON = (408, 425)
_LONGEST_PAUSE = 3600.0
_WORDS = 200


def judge(status: int, headers: Mapping[str, str], words: str, *, whole: bool) -> Completed | Deferred | Failed:
    """The outcome that an answer means; `whole` says that the service can have the whole document.

    A failure of the service after it had all of it leaves open what became of it.
    """
    said = tell(status, words)
    if 200 <= status < 300 and not whole:
        return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, f"{said}: before it had the whole document")
    if 200 <= status < 300:
        return Completed(message=said, reason=Reason.TAKEN_OVER)
    if 300 <= status < 400:
        return Failed(Reason.REFUSED, f"{said}: it points to another address, and redirects are not followed")
    if status in _BUSY:
        return Deferred(OutcomeKind.BUSY, Reason.BUSY, said, read_retry_after(headers.get("retry-after", "")))
    if status in _TOO_SOON:
        return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, said)
    if status in (501, 505) or 400 <= status < 500:
        return Failed(_NEVER.get(status, Reason.REFUSED), said)
    return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN if whole else Reason.PROTOCOL_ERROR, said)


def tell(status: int, words: str) -> str:
    """Status and first words of an answer: what the receipt rests on."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    clean = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", words).strip()[:_WORDS]
    return f"HTTP {status} {phrase}".strip() + (f": {clean}" if clean else "")


def read_retry_after(text: str, now: datetime | None = None) -> float | None:
    """Seconds until another try makes sense: a number, or a date (RFC 9110 §10.2.3); None when neither is said. Not
    more than an hour: a service that says more may mean less, and a busy one is asked again at no cost."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), _LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - (now or datetime.now(UTC))).total_seconds()), _LONGEST_PAUSE)


def explain_silence(error: httpx.HTTPError | TimeoutError, *, whole: bool) -> Deferred | Failed:
    """No answer came. What the service cannot have whole, it must not take for a document (RFC 9112 §8)."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failed(Reason.CERTIFICATE, f"the service's certificate is not trusted: {cause.verify_message}")
        cause = cause.__cause__ or cause.__context__
    words = "its time is over" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
    if whole:
        return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, f"no answer to the whole document: {words}")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, f"no connection to the web service: {words}")
    if isinstance(error, httpx.TimeoutException):
        return Deferred(
            OutcomeKind.UNREACHABLE, Reason.TIMED_OUT, f"the web service stopped taking the document: {words}"
        )
    return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, f"the connection broke inside the document: {words}")

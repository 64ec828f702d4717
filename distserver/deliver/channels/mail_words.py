"""What a relay answers, in the words of the channel contract (RFC 5321 §4.2, RFC 3463)."""

from __future__ import annotations

import aiosmtplib

from distserver.deliver.contract import Deferred, Failed, Outcome
from distserver.model.states import OutcomeKind, Reason

_FIRST_WAIT, _LONGEST_WAIT = 60.0, 900.0
_TOO_LARGE = ("5.2.3", "5.3.4")
_NOT_SIGNED_IN = (530, 534, 535, 538)
_LINE = 300


def outcome_of_reply(reply: aiosmtplib.SMTPResponse, attempt: int) -> Outcome:
    """Of an answer that is no 2xx: 4xx is tried again, later and later (relays greylist); 5xx is final."""
    words = f"the relay answered: {reply.code} {' '.join(reply.message.split())}"[:_LINE]
    if reply.code in _NOT_SIGNED_IN:
        return Deferred(OutcomeKind.REFUSED, Reason.UNAUTHORIZED, words)
    if 400 <= reply.code < 500:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, 10))
        return Deferred(OutcomeKind.BUSY, Reason.BUSY, words, not_before=wait)
    if reply.code == 552 or reply.message.startswith(_TOO_LARGE):
        return Failed(Reason.TOO_LARGE, words)
    if 500 <= reply.code < 600:
        return Failed(Reason.REFUSED, words)
    return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, words)


def outcome_of(error: aiosmtplib.SMTPException, attempt: int) -> Outcome:
    """Of an error before anything of the message was sent."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        words = f"the relay does not take this user and secret: code {error.code}"  # its own might repeat them
        return Deferred(OutcomeKind.REFUSED, Reason.UNAUTHORIZED, words)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return outcome_of_reply(aiosmtplib.SMTPResponse(error.code, error.message), attempt)
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.TIMED_OUT, f"the relay did not answer in time: {error}")
    if isinstance(error, (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected)):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, f"the relay cannot be reached: {error}")
    return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, f"the relay does not do its part: {error}")

"""What HylaFAX and T.30 say of a call, and what it means for a delivery.

HylaFAX 6 tells the end of a call in English words (its codes are gone once a job has no tries left), and adds its own
view of retries behind a semicolon, which is ours here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from distserver.deliver.contract import Deferred, Failed
from distserver.model.states import OutcomeKind, Reason
from distwire.hylafax import HylaFaxError, HylaFaxRefused, HylaFaxUnreachable

_ITS_RETRIES = re.compile(r"[;.]*\s*too many attempts to (?:dial|transmit|send).*\Z", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ending:
    """Of a call that did not bring everything. `answered`: a fax machine was at the other end."""

    kind: OutcomeKind
    reason: Reason
    answered: bool = False


_BUSY = Ending(OutcomeKind.LINE_BUSY, Reason.LINE_BUSY)
_NO_ANSWER = Ending(OutcomeKind.NO_ANSWER, Reason.NO_ANSWER)
_NO_CARRIER = Ending(OutcomeKind.NO_CARRIER, Reason.NO_CARRIER)
_NO_DIAL_TONE = Ending(OutcomeKind.NO_DIAL_TONE, Reason.NO_DIAL_TONE)
_TRAINING = Ending(OutcomeKind.TRAINING_FAILED, Reason.TRAINING_FAILED, answered=True)
_BROKE = Ending(OutcomeKind.LINE_BROKE, Reason.LINE_BROKE, answered=True)

_ENDINGS = (
    ("busy signal", _BUSY),
    ("no answer", _NO_ANSWER),
    ("ring detected without", _NO_ANSWER),
    ("no carrier", _NO_CARRIER),
    ("voice", _NO_CARRIER),
    ("no local dialtone", _NO_DIAL_TONE),
    ("can not setup modem", _NO_DIAL_TONE),
    ("can not initialize modem", _NO_DIAL_TONE),
    ("failure to train", _TRAINING),
    ("failed to train", _TRAINING),
)

_REFUSALS = ("rejected", "invalid dialing command", "document conversion", "not a valid", "no work to do", "converting")


def clean_status(status: str) -> str:
    """The words of the call itself."""
    return " ".join(_ITS_RETRIES.sub("", status).split())


def explain_end(status: str, tries: int) -> Ending | Failed:
    """What a call's words mean; `tries` is how often a fax machine has answered."""
    plain = status.lower()
    for words, ending in _ENDINGS:
        if words in plain:
            return ending
    if any(words in plain for words in _REFUSALS):
        return Failed(Reason.REFUSED, f"HylaFAX: {clean_status(status)}")
    return _BROKE if tries else _NO_CARRIER


def explain_server(error: HylaFaxError) -> Deferred:
    """A server that could not be asked, or said no. A name and password that it does not take may be mended there."""
    words = f"HylaFAX: {error}"
    if isinstance(error, HylaFaxRefused):
        if error.code == 530:
            return Deferred(OutcomeKind.REFUSED, Reason.UNAUTHORIZED, words)
        kind = OutcomeKind.BUSY if error.passing else OutcomeKind.PROTOCOL
        return Deferred(kind, Reason.BUSY if error.passing else Reason.PROTOCOL_ERROR, words)
    if isinstance(error, HylaFaxUnreachable):
        return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, words)
    return Deferred(OutcomeKind.UNREACHABLE, Reason.TIMED_OUT, words)

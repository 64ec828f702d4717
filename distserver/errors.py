"""Our error tree; the type decides the policy.

DistserverError
├── UserError               the person who asked can mend it: told in one sentence, HTTP 4xx, exit code 2
│   ├── BadRequest          what was sent is wrong
│   ├── NotFound            no such group, job, document, user
│   │   ├── Unknown         no group file has the group or the destination that was named
│   │   └── NotInAllRec     the destination has no line in all.rec
│   ├── Conflict            it cannot be done in the present state
│   │   └── NotAccepting    an operator has closed the group to new jobs
│   ├── NotSignedIn         nobody has said who asks, or with a wrong password or token: HTTP 401
│   │   └── WrongProof      the password, card or code is wrong (keyword: which of them)
│   ├── Forbidden           not this user
│   ├── QuotaExceeded       more than this user may send in a day, a week or a month: HTTP 429, exit code 75
│   └── DocumentRefused     the document cannot be printed (reason keyword: password, damaged, too large …)
├── LaterError              nothing is wrong with the request: try again later, HTTP 503, exit code 75
│   ├── StoreUnavailable    database or spool cannot be used now
│   ├── NoSpace             the disk is full: HTTP 507
│   ├── MailUnavailable     the mail server cannot be used now, or not as the settings say
│   └── TooManyTries        wrong passwords or tokens: HTTP 429, after so many seconds
├── TakenForDead           this worker gave no sign of life for too long: it ends, and another one is started
├── DeliveryError           an attempt did not succeed; `kind` chooses the retry policy (deliver.retry)
└── SetupError              the installation lacks something: says what and how to mend it, exit code 78
"""

from __future__ import annotations

from distserver.model.states import OutcomeKind, Reason


class DistserverError(Exception):
    """Root of all errors that this project raises on purpose."""


class UserError(DistserverError):
    """The person who asked can mend it."""


class BadRequest(UserError):
    """What was sent is wrong; the message says what to do."""


class NotFound(UserError):
    """There is no such thing, or this user may not see it."""


class Unknown(NotFound):
    """A sender names what no group file has: `named`, as it was written."""

    def __init__(self, message: str, named: str) -> None:
        super().__init__(message)
        self.named = named


class UnknownGroup(Unknown):
    """No file is the group that a sender names."""


class UnknownDestination(Unknown):
    """A destination that a sender names stands in no group file."""


class NotInAllRec(NotFound):
    """The destination has no line in all.rec, without which it can be registered nowhere."""


class Conflict(UserError):
    """It cannot be done in the present state; the message says which."""


class NotAccepting(Conflict):
    """An operator has closed the group to new jobs; the message names it."""


class NotSignedIn(UserError):
    """Nobody has said who asks, or what they showed for it is wrong."""


class WrongProof(NotSignedIn):
    """What somebody showed to say who they are is wrong; `keyword` says what that was."""

    def __init__(self, message: str, keyword: str) -> None:
        super().__init__(message)
        self.keyword = keyword


class Forbidden(UserError):
    """This user may not do it; the message says who may."""


class QuotaExceeded(UserError):
    """It is more than this user may send; the message says what is left and when it is renewed. `retry_after` is in
    seconds; None when it will not fit then either."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DocumentRefused(UserError):
    """The document cannot be printed. `reason` is a keyword of `model.states.Reason`."""

    def __init__(self, message: str, reason: Reason = Reason.DOCUMENT_ERROR) -> None:
        super().__init__(message)
        self.reason = reason


class LaterError(DistserverError):
    """Nothing is wrong with the request: the same call may go through later."""


class StoreUnavailable(LaterError):
    """Database or spool cannot be used just now."""


class NoSpace(LaterError):
    """The disk is full; nothing was accepted."""


class MailUnavailable(LaterError):
    """The mail server cannot be used just now, or not as the settings say; no password stands in the message."""


class TooManyTries(LaterError):
    """Too many wrong passwords or tokens; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TakenForDead(DistserverError):
    """Others have taken this worker for dead: it may take nothing any more."""


class DeliveryError(DistserverError):
    """An attempt at a delivery did not succeed.

    `kind` chooses the retry policy; `reason` is a keyword; the message is for people. `retry_after` is in seconds,
    when the other side said one.
    """

    def __init__(
        self, message: str, kind: OutcomeKind, reason: Reason | str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = str(reason)
        self.retry_after = retry_after


class SetupError(DistserverError):
    """The installation lacks something; the message names it and the mend, in one line."""

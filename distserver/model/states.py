"""States, evidence and reasons in the words of IPP (RFC 8011 §5.3.7, PWG 5100.15) and HylaFAX; SPEC N4."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """State of a job, derived from its deliveries (RFC 8011 §5.3.7)."""

    PENDING = "pending"
    PENDING_HELD = "pending-held"
    PROCESSING = "processing"
    PROCESSING_STOPPED = "processing-stopped"
    CANCELED = "canceled"
    ABORTED = "aborted"
    COMPLETED = "completed"

    @property
    def ended(self) -> bool:
        """True when no delivery of the job will change any more by itself."""
        return self in (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED)


class DeliveryState(StrEnum):
    """State of one delivery: the transmission-status of IPP FaxOut (PWG 5100.15 §7.3)."""

    PENDING = "pending"
    PENDING_RETRY = "pending-retry"
    PROCESSING = "processing"
    CANCELED = "canceled"
    ABORTED = "aborted"
    COMPLETED = "completed"

    @property
    def ended(self) -> bool:
        """True when the delivery will not change any more by itself."""
        return self in (DeliveryState.CANCELED, DeliveryState.ABORTED, DeliveryState.COMPLETED)


class Evidence(StrEnum):
    """What a receipt rests on: *accepted* (the device took it) is not *completed* (the device says it is out)."""

    NONE = "none"
    ACCEPTED = "accepted"
    COMPLETED = "completed"


class Priority(StrEnum):
    """Order among jobs: urgent ones go first and have room of their own at each worker, bulk waits for normal."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Resend(StrEnum):
    """What is done with a delivery whose fate the other side cannot tell after a crash (SPEC N4)."""

    AT_MOST_ONCE = "at-most-once"
    AT_LEAST_ONCE = "at-least-once"


class Reason(StrEnum):
    """Why a delivery stands where it stands; one word, its sentence is in `distserver.report.phrases_en`.

    Words a device itself may say (`media-empty`, `toner-empty` …) pass through as they are and are not listed here.
    """

    NONE = "none"
    JOB_HELD = "job-hold-until-specified"
    CONNECTING = "connecting-to-destination"
    RENDERING = "job-transforming"
    SENDING = "job-outgoing"
    PRINTING = "job-printing"
    UNREACHABLE = "destination-unreachable"
    UNKNOWN_HOST = "destination-unknown-host"
    TIMED_OUT = "timed-out"
    BUSY = "server-error-busy"
    NOT_ACCEPTING = "server-error-not-accepting-jobs"
    UNAUTHORIZED = "client-error-not-authenticated"
    REFUSED = "refused-by-destination"
    FORMAT_NOT_SUPPORTED = "document-format-not-supported"
    DOCUMENT_ERROR = "document-format-error"
    DOCUMENT_PASSWORD = "document-password-error"  # noqa: S105 - the keyword of IPP
    DOCUMENT_MISSING = "document-access-error"
    TOO_LARGE = "client-error-request-entity-too-large"
    PROTOCOL_ERROR = "protocol-error"
    CERTIFICATE = "certificate-not-trusted"
    CANCELED_BY_USER = "job-canceled-by-user"
    CANCELED_AT_DEVICE = "job-canceled-at-device"
    ABORTED_BY_DEVICE = "aborted-by-system"
    DEADLINE = "job-deadline-passed"
    UNCERTAIN = "delivery-uncertain"
    COMPLETED = "job-completed-successfully"
    FAXED = "job-confirmed-by-fax"
    STORED = "job-stored-at-pc"
    TAKEN_OVER = "job-taken-by-service"
    ACCEPTED = "job-accepted-without-report"
    MAIL_RELAYED = "mail-relayed"
    MAIL_DELIVERED = "mail-delivered"
    MAIL_READ = "mail-read"
    MAIL_UNREAD = "mail-deleted-unread"
    MAIL_RETURNED = "mail-returned"
    CHANNEL_UNAVAILABLE = "channel-not-available"
    INTERRUPTED = "worker-interrupted"
    QUARANTINED = "quarantined"
    WAITS_FOR_DESTINATION = "destination-serves-another"
    SUSPENDED = "destination-suspended"
    WAITS_FOR_HOST = "host-serves-others"
    GROUP_PAUSED = "group-paused"
    LINE_BUSY = "busy-signal-detected"
    NO_ANSWER = "no-answer-from-remote"
    NO_CARRIER = "no-carrier-detected"
    NO_DIAL_TONE = "no-local-dialtone"
    TRAINING_FAILED = "failure-to-train-remote-modem"
    LINE_BROKE = "transmission-interrupted"
    SAME_PAGE = "same-page-failed-three-times"
    NUMBER = "invalid-telephone-number"
    NUMBER_BARRED = "number-barred"
    OUTSIDE_WINDOW = "outside-window"
    SECRET_MISSING = "secret-not-available"  # noqa: S105 - a word for people
    PC_AWAY = "pc-away"
    PC_NEVER_CAME = "pc-never-came"
    TOO_MANY_PAGES = "too-many-pages-for-destination"
    TOO_LARGE_THERE = "too-large-for-destination"


class Queue(StrEnum):
    """Why a delivery that has not ended is, or is not, up for a worker to take."""

    READY = "ready"
    """It may go now."""
    TIMED = "timed"
    """It waits for its time (`due`): a scheduled start, another try, another look."""
    LANE = "lane"
    """It waits for its destination: another delivery is there, or the destination is in trouble."""
    HELD = "held"
    """Its job is held."""
    PAUSED = "paused"
    """The groups on whose account it goes are paused."""
    NONE = "none"
    """A worker has it, or it has ended."""


class OutcomeKind(StrEnum):
    """Kind of a failed attempt: the retry policy is chosen by it."""

    BUSY = "busy"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    PROTOCOL = "protocol"
    OURS = "ours"
    LINE_BUSY = "line-busy"
    NO_ANSWER = "no-answer"
    NO_CARRIER = "no-carrier"
    """Somebody took the call, and it was no fax machine: each further try rings at a person's ear."""
    NO_DIAL_TONE = "no-dial-tone"
    """Our own line is dead: nothing is known of the destination."""
    TRAINING_FAILED = "training-failed"
    """The two modems found no speed at which they understand each other."""
    LINE_BROKE = "line-broke"

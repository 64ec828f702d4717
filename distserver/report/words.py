"""Keywords of states and reasons → what people read: what is going on, and what to do about it.

One table for each language (`phrases_en` now); whatever a language does not say falls back to English. Pure: used by
the command line, the API, the board and the receipts, so that all of them say the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from distserver.model.address import AddressError, parse_address
from distserver.model.jobs import DeliveryView, JobView
from distserver.model.moments import show_moment
from distserver.model.states import DeliveryState, Evidence, JobState, Reason
from distserver.report import phrases_en
from distserver.report.phrase import Phrase

LANGUAGES: Mapping[str, Any] = {"en": phrases_en}
"""A language is a module with the names of `phrases_en`; one that it lacks is taken from there."""

_SEVERITY = re.compile(r"-(error|warning|report)\Z")
_QUIET = frozenset({"none", "", "other-report", "unknown"})

_OUR_OWN: frozenset[str] = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.UNKNOWN_HOST,
        Reason.TIMED_OUT,
        Reason.PROTOCOL_ERROR,
        Reason.CERTIFICATE,
        Reason.FORMAT_NOT_SUPPORTED,
        Reason.DOCUMENT_ERROR,
        Reason.DOCUMENT_PASSWORD,
        Reason.DOCUMENT_MISSING,
        Reason.DEADLINE,
        Reason.UNCERTAIN,
        Reason.CHANNEL_UNAVAILABLE,
        Reason.INTERRUPTED,
        Reason.QUARANTINED,
        Reason.SUSPENDED,
        Reason.PC_AWAY,
        Reason.PC_NEVER_CAME,
    }
)

# What keeps a device from printing. One in several troubles at once is told by the first of these that it names.
_STOPPING = (
    "media-empty",
    "media-needed",
    "media-jam",
    "input-tray-missing",
    "input-media-supply-empty",
    "output-area-full",
    "cover-open",
    "door-open",
    "interlock-open",
    "toner-empty",
    "marker-supply-empty",
    "marker-supply-missing",
    "marker-waste-full",
    "offline",
    "paused",
    "shutdown",
    "spool-area-full",
)


def describe_reason(keyword: Reason | str, language: str = "en") -> Phrase:
    """What one keyword means: ours (`model.states.Reason`), a job's (RFC 8011 §5.3.8) or a device's (§5.4.12).

    A device's suffix `-error`, `-warning` or `-report` is left off. An unknown keyword is given in plain words.
    """
    word = str(keyword)
    bare = _SEVERITY.sub("", word)
    for spoken in (LANGUAGES.get(language, phrases_en), phrases_en):
        for table in (spoken.REASONS, spoken.JOB_REASONS, spoken.DEVICE):
            found: Phrase | None = table.get(word) or table.get(bare)
            if found is not None:
                return found
    return Phrase(str(_table("UNKNOWN", language)).format(word=bare.replace("-", " ").strip() or word))


def describe_device(keywords: Iterable[str], language: str = "en") -> tuple[Phrase, ...]:
    """What a device says of itself, the gravest first, each thing once; nothing for `none`."""
    bare = dict.fromkeys(_SEVERITY.sub("", word) for word in keywords if word not in _QUIET)
    ordered = sorted(bare, key=lambda word: _STOPPING.index(word) if word in _STOPPING else len(_STOPPING))
    return tuple(dict.fromkeys(describe_reason(word, language) for word in ordered if word not in _QUIET))


def stopping_reasons(keywords: Iterable[str]) -> tuple[str, ...]:
    """Those that keep a device from printing, without severity; a mere warning or report is none of them."""
    bare = [_SEVERITY.sub("", word) for word in keywords if not word.endswith(("-warning", "-report"))]
    return tuple(word for word in bare if word in _STOPPING)


def describe_delivery(delivery: DeliveryView, language: str = "en", *, job: JobView | None = None) -> Phrase:
    """How a delivery stands, for its row and its receipt; with its `job`, also what the job has to do with it.

    While it is under way, what its device says of itself comes first: out of paper is why nothing moves.
    """
    if delivery.state.ended:
        return _describe_ended(delivery, language, job)
    if delivery.cancel_requested:
        canceling: Phrase = _table("CANCELING", language)
        return canceling
    if job is not None and job.held and delivery.state in (DeliveryState.PENDING, DeliveryState.PENDING_RETRY):
        return describe_reason(Reason.JOB_HELD, language)
    if delivery.state is DeliveryState.PROCESSING and (stops := stopping_reasons(delivery.device_reasons)):
        return describe_device(stops, language)[0]
    if delivery.reason not in ("", Reason.NONE):
        return _name_host(describe_reason(delivery.reason, language), delivery, language)
    return describe_state(delivery.state, language)


def _describe_ended(delivery: DeliveryView, language: str, job: JobView | None) -> Phrase:
    if delivery.state is DeliveryState.COMPLETED and delivery.evidence is Evidence.ACCEPTED:
        return describe_reason(Reason.ACCEPTED, language)
    if delivery.reason in ("", Reason.NONE):
        phrase = describe_state(delivery.state, language)
    else:
        phrase = describe_reason(delivery.reason, language)
    phrase = _table("settle", language)(phrase)
    phrase = _name_host(phrase, delivery, language)
    if delivery.state is DeliveryState.ABORTED:
        phrase = _name_deadline(phrase, delivery, language, job)
    if job is not None and job.document_erased:
        phrase = _table("without_document", language)(phrase)
    return phrase


def _name_host(phrase: Phrase, delivery: DeliveryView, language: str) -> Phrase:
    """The phrase with the name that nobody has, if that is why there is no connection: it may be misspelt."""
    if delivery.reason != Reason.UNKNOWN_HOST:
        return phrase
    try:
        host = parse_address(delivery.address).host
    except AddressError:
        return phrase
    if host is None:
        return phrase
    return Phrase(str(_table("UNKNOWN_HOST", language)).format(host=host), phrase.todo)


def _name_deadline(phrase: Phrase, delivery: DeliveryView, language: str, job: JobView | None) -> Phrase:
    """The phrase with the deadline in it, if that is why nobody tries any more."""
    deadline = None if job is None else job.deadline
    says = _table("AT_DEADLINE", language).get(delivery.reason)
    told = _table("GIVEN_UP_WORDS", language) in delivery.message
    late = deadline is not None and delivery.ended is not None and delivery.ended >= deadline
    if delivery.reason == Reason.DEADLINE:
        says = phrase.says
    if says is None or not (told or late or delivery.reason == Reason.DEADLINE):
        return phrase
    return Phrase(says if deadline is None else f"{says}, {show_moment(deadline)}", phrase.todo)


def is_technical(reason: str) -> bool:
    """Whether the message beside this reason is our own, and not what the device said."""
    return reason in _OUR_OWN


def count_pages(delivery: DeliveryView) -> int | None:
    """Pages that the device says are out; None when it counts none (one that is done with 0 pages does not count)."""
    if delivery.state is DeliveryState.COMPLETED and not delivery.pages:
        return None
    return delivery.pages


def needs_attention(delivery: DeliveryView) -> bool:
    """Whether its device waits for somebody: it is under way and has stopped."""
    return delivery.state is DeliveryState.PROCESSING and bool(stopping_reasons(delivery.device_reasons))


def describe_state(state: DeliveryState, language: str = "en") -> Phrase:
    """What a delivery's state means when there is no reason to give."""
    found: Phrase = _table("STATE_PHRASES", language)[state.value]
    return found


def name_state(state: DeliveryState, language: str = "en") -> str:
    """One or two words for a delivery's state, for a label."""
    return str(_table("STATES", language)[state.value])


def name_job(job: JobView, language: str = "en") -> str:
    """One or two words for a job's state, for a label; partial success has a word of its own."""
    if "completed-with-errors" in job.reasons:
        return str(_table("PARTLY", language))
    if job.held and not job.state.ended:
        return str(_table("HELD", language))
    return str(_table("JOB_STATES", language)[job.state.value])


def describe_job(job: JobView, language: str = "en", *, failures: Iterable[DeliveryView] = ()) -> Phrase:
    """Why a job stands where it stands. Of one that failed, `failures` are deliveries that say why."""
    keyword = job.reasons[0] if job.reasons else job.state.value
    if job.state is JobState.ABORTED and keyword == Reason.ABORTED_BY_DEVICE:
        return _describe_failed(job, language, tuple(failures))
    if job.state is JobState.COMPLETED and keyword == Reason.COMPLETED:
        everywhere: Phrase = _table("ALL_DELIVERED", language)  # on paper, in a mailbox, on a screen
        return everywhere
    phrase = describe_reason(keyword, language)
    return _table("without_document", language)(phrase) if job.document_erased else phrase


def _describe_failed(job: JobView, language: str, failures: Sequence[DeliveryView]) -> Phrase:
    nothing: Phrase = _table("NOTHING_DELIVERED", language)
    if any(one.reason == Reason.UNCERTAIN for one in failures):
        nothing = Phrase(_table("NOTHING_CERTAIN", language), nothing.todo)
    told = Counter(describe_delivery(one, language, job=job) for one in failures)
    if told:
        return Phrase(nothing.says, told.most_common(1)[0][0].sentence)
    return _table("without_document", language)(nothing) if job.document_erased else nothing


def _table(name: str, language: str) -> Any:
    spoken = LANGUAGES.get(language, phrases_en)
    return getattr(spoken, name, getattr(phrases_en, name))

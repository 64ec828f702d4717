"""From a channel's outcome to the ledger: which event it is, when the delivery is next looked at, and what the attempt
has shown of its destination."""

from __future__ import annotations

from dataclasses import replace

from distserver.deliver.contract import Accepted, Canceled, Completed, Deferred, Failed, Outcome, Partial
from distserver.deliver.retry import RULES, next_wait, read_persistence
from distserver.engine.waiting import Waiting
from distserver.engine.work import Work
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.model.lanes import LaneNews
from distserver.model.states import Evidence, OutcomeKind, Reason

_LOOK_AGAIN_SECONDS = 3.0
_LONGEST_ASKED_SECONDS = 900.0  # a device that asks for months of patience must not make its delivery fail at once
_LAST_TRY_SECONDS = 5.0
_SOON_SECONDS = 1.0
RESENT_WORDS = "sent again though an earlier attempt may have arrived, as the destination asks (at-least-once)"
_ITS_FAULT = frozenset((Reason.UNAUTHORIZED, Reason.REFUSED, Reason.CERTIFICATE))


async def record(work: Work, outcome: Outcome | Waiting) -> None:
    """Write the outcome of an attempt; it is on the disk when this returns."""
    standing = work.standing
    event = _apply(work, outcome)
    if standing.resent and RESENT_WORDS not in standing.message:  # whatever attempt it was that ended it
        standing.message = "; ".join(filter(None, [standing.message, RESENT_WORDS]))
    standing.news = _news(work, outcome, event)
    await work.kit.ledger.settle(standing, event)


def _news(work: Work, outcome: Outcome | Waiting, event: Event) -> LaneNews | None:
    """What the destination has shown; None when it had no part in it."""
    standing = work.standing
    match outcome:
        case Completed() | Partial():
            return LaneNews()
        case Accepted():
            return None if Reason.UNREACHABLE in outcome.reasons else LaneNews()
        case Failed() if work.asked and standing.reason in _ITS_FAULT:
            return LaneNews(OutcomeKind.REFUSED, standing.reason, standing.message, ended=True)
        case Deferred() if RULES[outcome.kind].everybody and not standing.accepted:
            pause = max(0.0, standing.due - work.kit.clock()) if event is Event.DEFER else 0.0
            return LaneNews(outcome.kind, standing.reason, standing.message, pause, ended=event is Event.FAIL)
    return None


def _apply(work: Work, outcome: Outcome | Waiting) -> Event:
    standing = work.standing
    standing.message = getattr(outcome, "message", "") or standing.message
    match outcome:
        case Completed():
            return _complete(standing, outcome)
        case Accepted():
            return _accept(work, outcome)
        case Waiting():
            return _wait_for_time(standing, outcome)
        case Deferred():
            standing.tried = outcome.kind
            return _defer(work, outcome)
        case Canceled():
            standing.reason, standing.pages = Reason.CANCELED_BY_USER.value, outcome.pages
            _forget_remote(standing)
            return Event.CANCEL
        case Partial():
            standing.reason, standing.pages = str(outcome.reason), outcome.pages
            _forget_remote(standing)
            return Event.FAIL
        case Failed():
            standing.reason = str(outcome.reason)
            if standing.reason != Reason.UNCERTAIN:
                _forget_remote(standing)
            return Event.FAIL


def _complete(standing: Standing, outcome: Completed) -> Event:
    standing.reason, standing.evidence = outcome.reason.value, Evidence.COMPLETED
    standing.remote_id = outcome.remote_id or standing.remote_id
    standing.pages = outcome.pages if outcome.pages is not None else standing.pages
    standing.device_reasons, standing.uncertain = (), False
    return Event.COMPLETE


def _accept(work: Work, outcome: Accepted) -> Event:
    standing = work.standing
    standing.evidence, standing.uncertain = Evidence.ACCEPTED, False
    standing.remote_id = outcome.remote_id or standing.remote_id
    standing.pages = outcome.pages if outcome.pages is not None else standing.pages
    standing.device_reasons = outcome.reasons
    if not outcome.follow:
        standing.reason = Reason.ACCEPTED.value
        return Event.COMPLETE
    standing.reason, standing.accepted = Reason.PRINTING.value, True
    if Reason.UNREACHABLE in outcome.reasons:
        standing.reason = Reason.UNREACHABLE.value
        if standing.canceled.is_set() or _is_late(work, 0):
            return _give_up_following(standing)
    elif standing.canceled.is_set() and _is_late(work, 0):  # told to stop again and again, it goes on
        return _give_up_following(standing)
    standing.due = work.kit.clock() + _LOOK_AGAIN_SECONDS * (0.5 + work.kit.chance())
    return Event.ACCEPT


def _defer(work: Work, outcome: Deferred) -> Event:
    standing = work.standing
    standing.reason = str(outcome.reason)
    if standing.accepted and standing.reason == Reason.UNCERTAIN and outcome.kind is OutcomeKind.PROTOCOL:
        standing.accepted = False  # it restarted and has lost the job: the next try asks for it by name, and soon
        outcome = replace(outcome, not_before=_SOON_SECONDS)
    if standing.accepted and outcome.kept is None:  # it could not be asked how it goes on: that says nothing
        if _is_late(work, 0):
            return _give_up_following(standing)
        standing.due = work.kit.clock() + max(_LOOK_AGAIN_SECONDS, outcome.not_before or 0)
        return Event.ACCEPT
    if outcome.kept is not None:
        standing.evidence = Evidence.NONE  # whatever had been accepted is over
    uncertain = standing.reason == Reason.UNCERTAIN
    if not uncertain:
        kept = outcome.kept or (standing.remote_id if standing.resent and not work.sent else None)
        _forget_remote(standing)
        standing.remote_id, standing.fresh_name = kept, not standing.resent  # an earlier one may have arrived under it
        if standing.canceled.is_set():
            standing.reason = Reason.CANCELED_BY_USER.value
            return Event.CANCEL
    standing.uncertain = uncertain
    wait = min(outcome.not_before, _LONGEST_ASKED_SECONDS) if outcome.not_before is not None else _wait(work, outcome)
    if wait is not None and _is_late(work, wait):
        wait = _until_last_try(work)
        if wait is None:  # the words of the report look for these
            standing.message = "; ".join(filter(None, ["given up at the deadline", standing.message]))
    if wait is None:
        return Event.FAIL
    standing.due = work.kit.clock() + wait
    return Event.DEFER


def _wait_for_time(standing: Standing, outcome: Waiting) -> Event:
    """Nothing was tried: what is known of the delivery stays so."""
    standing.due = outcome.until
    if standing.accepted:
        return Event.ACCEPT
    standing.reason = str(Reason.UNCERTAIN if standing.uncertain else outcome.reason)
    standing.untried = True
    return Event.WAIT


def _until_last_try(work: Work) -> float | None:
    """Seconds until a last try shortly before the deadline, or None when that is too near."""
    deadline = work.standing.claimed.deadline
    left = 0.0 if deadline is None else deadline - work.kit.clock() - _LAST_TRY_SECONDS
    return left if left > _LAST_TRY_SECONDS else None


def _give_up_following(standing: Standing) -> Event:
    """The device has it, does not answer any more, and nobody wants to wait longer. A retry asks it first."""
    standing.reason, standing.uncertain, standing.accepted = Reason.UNCERTAIN.value, True, False
    return Event.FAIL


def _is_late(work: Work, wait: float) -> bool:
    deadline = work.standing.claimed.deadline
    return deadline is not None and work.kit.clock() + wait > deadline


def _wait(work: Work, outcome: Deferred) -> float | None:
    claimed = work.standing.claimed
    asked = read_persistence(claimed.destination.options)
    return next_wait(outcome.kind, claimed.tries, claimed.strikes, work.kit.chance(), asked)


def _forget_remote(standing: Standing) -> None:
    """Nothing of it is at the device: the next attempt starts under a new name."""
    standing.remote_id, standing.uncertain, standing.accepted, standing.fresh_name = None, False, False, True

"""The order of work on one delivery, step by step; the tuple at the end is the whole of it.

Each step either answers the outcome, which ends the delivery's attempt, or None, and the next step goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from distserver.deliver.contract import Absent, Canceled, Deferred, Failed, Outcome, Unknown
from distserver.engine import waiting
from distserver.engine.waiting import Waiting
from distserver.engine.work import Work, name_delivery
from distserver.errors import DeliveryError, DocumentRefused, LaterError, SetupError
from distserver.groups.numbers import explain_bar, is_barred
from distserver.model.capabilities import Capabilities
from distserver.model.counting import ADOPTIONS, RESENT, Tally
from distserver.model.documents import PWG_RASTER, URF, Rendition, RenditionClass
from distserver.model.limits import read_limits
from distserver.model.states import OutcomeKind, Priority, Reason, Resend
from distserver.plan.classify import choose_class, without
from distserver.plan.hindrance import hinders
from distserver.store import rows

MAX_CRASHES = 3.0
_REFUSAL_SECONDS = 7 * 86400.0
_SOON_SECONDS = 0.5
_LATER_SECONDS = 10.0
"""Until the disk, or who has the document, is asked again: to the deadline, for it is nobody's fault here."""

log = logging.getLogger(__name__)

Step = Callable[[Work], Awaitable[Outcome | Waiting | None]]


async def stop_if_canceled(work: Work) -> Outcome | None:
    """Somebody has canceled it, and nothing can be at the device yet."""
    standing = work.standing
    return Canceled() if standing.canceled.is_set() and not (standing.accepted or standing.uncertain) else None


async def quarantine_poisoned(work: Work) -> Outcome | None:
    """Workers have crashed with this delivery in their hands: it is not tried again by itself."""
    if work.standing.claimed.crashes < MAX_CRASHES:
        return None
    return Failed(Reason.QUARANTINED, "workers crashed again and again while they carried this delivery")


async def find_terms(work: Work) -> Waiting | None:
    """The options that hold for its destination now: those of the registry may have changed since it was sent in."""
    standing, kit = work.standing, work.kit
    claimed = standing.claimed
    try:
        work.terms = kit.find_terms(claimed.destination)
    except SetupError as error:
        return Waiting(Reason.SECRET_MISSING, str(error), kit.clock() + _LATER_SECONDS)
    where = work.terms.destination
    standing.claimed = replace(claimed, destination=where, options=claimed.options.at(where.options))
    return None


async def follow_accepted(work: Work) -> Outcome | None:
    """The device has it already: see how it goes on."""
    if not work.standing.accepted:
        return None
    return await work.channel.follow(work.request(_unneeded(work)), work.watch)


async def adopt_uncertain(work: Work) -> Outcome | None:
    """An earlier attempt may have reached the device: ask before anything is sent again (SPEC N4)."""
    standing = work.standing
    if not standing.uncertain:
        return None
    unable = await describe(work)
    if isinstance(unable, Failed):
        unable = Deferred(OutcomeKind.REFUSED, unable.reason, unable.message)
    work.asked = True
    found = unable or await work.channel.adopt(work.request(_unneeded(work)), work.watch)
    answer = _ANSWERS.get(type(found), "found")
    log.info("delivery-asked", {**name_delivery(standing.claimed), "answer": answer})
    standing.tally = Tally()
    standing.tally.count(ADOPTIONS, answer)
    if isinstance(found, Absent):
        standing.remote_id, standing.uncertain = found.kept, False
        return await stop_if_canceled(work)
    if isinstance(found, Unknown):
        return _decide_unknown(work, found)
    if isinstance(found, Deferred):
        return Deferred(found.kind, Reason.UNCERTAIN, found.message, found.not_before)
    return found


_ANSWERS = {Absent: "absent", Unknown: "unknown", Deferred: "deferred"}


def _decide_unknown(work: Work, found: Unknown) -> Outcome | None:
    standing = work.standing
    if standing.claimed.resend is Resend.AT_MOST_ONCE:
        return Failed(Reason.UNCERTAIN, f"{found.message}; not sent again, as the destination asks (at-most-once)")
    standing.uncertain, standing.resent = False, True
    if standing.tally is not None:
        standing.tally.count(RESENT)
    standing.message = found.message
    return None


async def refuse_barred(work: Work) -> Outcome | None:
    """A number that nobody may call, whatever was the rule when it was sent in."""
    where = work.standing.claimed.destination
    return Failed(Reason.NUMBER_BARRED, explain_bar(where)) if is_barred(where) else None


async def describe(work: Work) -> Outcome | None:
    """Know what the device can take: from memory, or by asking it.

    One that was in trouble is asked in any case before anything is sent to it: a question costs less than a document.
    """
    claimed, kit = work.standing.claimed, work.kit
    if work.capabilities is not None:  # from when it was asked after an earlier attempt
        return None
    uri = claimed.destination.address.uri
    said = None if claimed.strikes else kit.capabilities.recall(uri, claimed.known)
    if said is None:
        return await _ask(work)
    work.recalled = True
    _leave_out_refused(work, said)
    return None


async def _ask(work: Work) -> Outcome | None:
    """Know what the device says of itself now."""
    claimed = work.standing.claimed

    def ask(known: Capabilities | None) -> Awaitable[Capabilities]:
        return work.channel.describe(work.target, None if claimed.strikes else known)

    work.asked, work.recalled = True, False
    try:
        said = await work.kit.capabilities.ask(claimed.destination.address.uri, ask)
    except DeliveryError as error:
        if error.kind is OutcomeKind.REFUSED:
            return Failed(error.reason, str(error))
        return Deferred(error.kind, error.reason, str(error), error.retry_after)
    _leave_out_refused(work, said)
    return None


def _leave_out_refused(work: Work, said: Capabilities) -> None:
    left = without(said, _refused(work))
    work.capabilities = left if left.formats else said  # it is another device, or mended, by now


def _refused(work: Work) -> dict[str, float]:
    """Formats that the device says it takes and was seen to refuse not long ago: a firmware may be mended."""
    known = work.standing.claimed.known
    since = work.kit.clock() - _REFUSAL_SECONDS
    return {form: at for form, at in known.refuses.items() if at > since} if known is not None else {}


async def wait_if_hindered(work: Work) -> Outcome | None:
    """A destination that was in trouble, and says itself that it is not ready, gets nothing yet."""
    assert work.capabilities is not None
    hindrance = hinders(work.capabilities) if work.standing.claimed.strikes else None
    return None if hindrance is None else Deferred(OutcomeKind.BUSY, hindrance)


async def wait_for_window(work: Work) -> Waiting | None:
    """A destination gets deliveries at certain times only."""
    claimed = work.standing.claimed
    return waiting.wait_for_window(claimed.destination.options, claimed.priority, work.kit.clock())


async def check_pages(work: Work) -> Outcome | None:
    """A destination that takes no document of so many pages."""
    claimed = work.standing.claimed
    return waiting.check_pages(read_limits(claimed.destination.options), claimed.options, claimed.documents)


async def classify(work: Work) -> Outcome | None:
    """Choose the form of the document that the device can take.

    Where nothing fits what it said earlier it is asked once more: it may be another device by now.
    """
    refusal = _choose(work)
    if refusal is None or not work.recalled:
        return refusal
    work.kit.capabilities.forget(work.standing.claimed.destination.address.uri)
    return await _ask(work) or _choose(work)


def _choose(work: Work) -> Failed | None:
    """A device that does not make so many copies gets them in the document."""
    claimed = work.standing.claimed
    assert work.capabilities is not None
    copies = claimed.options.copies
    work.copies_in_document = copies if copies > work.capabilities.copies_max else 1
    try:
        work.klass = _choose_class(work, work.capabilities)
    except DeliveryError as error:
        return Failed(error.reason, str(error))
    return None


async def render(work: Work) -> Outcome | None:
    """Have the document in that form: converted once for all destinations of the class (SPEC N2)."""
    standing, kit = work.standing, work.kit
    assert work.klass is not None
    standing.reason, standing.rendition = Reason.RENDERING.value, work.klass.key
    if not work.klass.passthrough:
        kit.ledger.note(standing)
    limits = read_limits(standing.claimed.destination.options)
    whole = standing.claimed.attempt > 1 or limits.size is not None
    try:
        await kit.bring(standing.claimed.documents)
        urgent = standing.claimed.priority is Priority.URGENT
        work.rendition = await kit.renderer.obtain(work.documents, work.klass, whole=whole, urgent=urgent)
    except DocumentRefused as error:
        return Failed(error.reason, str(error))
    except LaterError as error:
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, str(error), not_before=_LATER_SECONDS)
    standing.pages_total = work.rendition.pages * (standing.claimed.options.copies // work.copies_in_document)
    return waiting.check_size(limits, work.rendition.size)


async def send(work: Work) -> Outcome | None:
    """Send it. That paper may come is on the disk before the first byte of the document leaves (`Watch.begin`).

    Who was stopped for so long that another worker has the delivery by now sends nothing (SPEC N4).
    """
    assert work.rendition is not None
    if not work.kit.may_send():
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, "this worker was away for so long that others took over")
    work.asked = work.sent = True
    outcome = await work.channel.deliver(work.request(work.rendition), work.watch)
    if isinstance(outcome, Failed):  # it may be another device by now, or another firmware
        work.kit.capabilities.forget(work.target.address.uri)
    if isinstance(outcome, Failed) and outcome.reason == Reason.FORMAT_NOT_SUPPORTED:
        return _try_another_form(work, outcome)
    if isinstance(outcome, Failed) and outcome.reason == Reason.DOCUMENT_ERROR:
        return await _send_as_picture(work, outcome)
    return outcome


def _try_another_form(work: Work, refusal: Failed) -> Outcome:
    """The device refuses a format that it said it takes: believe what it does, and try the next one it names."""
    claimed, klass = work.standing.claimed, work.klass
    assert work.capabilities is not None
    assert klass is not None
    refused = {**_refused(work), klass.format: work.kit.clock()}
    left = without(work.capabilities, refused)
    if not (left.formats and _serves(work, left)):
        return _ask_anew(work, refusal)
    work.kit.ledger.remember(claimed.destination.address.uri, {"refuses": rows.refusals_to_text(refused)})
    words = f"the device says that it takes {klass.format}, and refuses it: another form is tried"
    return Deferred(OutcomeKind.REFUSED, refusal.reason, words, not_before=_SOON_SECONDS)


def _serves(work: Work, capabilities: Capabilities) -> bool:
    """A device of these capabilities could take the document."""
    try:
        _choose_class(work, capabilities)
    except DeliveryError:
        return False
    return True


def _choose_class(work: Work, capabilities: Capabilities) -> RenditionClass:
    claimed, copies = work.standing.claimed, work.copies_in_document
    return choose_class(capabilities, claimed.documents, claimed.options, claimed.destination.options, copies)


def _ask_anew(work: Work, refusal: Failed) -> Outcome:
    """No other form is left of what the device said earlier: asked again, once, for it may be another one by now."""
    claimed = work.standing.claimed
    if not work.recalled or OutcomeKind.REFUSED in claimed.tries:
        return refusal
    words = "the device refuses what it said it takes: it is asked again what that is"
    return Deferred(OutcomeKind.REFUSED, refusal.reason, words, not_before=_SOON_SECONDS)


async def _send_as_picture(work: Work, refusal: Failed) -> Outcome | None:
    """The device chokes on this very document: with others of its form it may be at ease, so nothing is remembered of
    it. Pictures of the pages print wherever the device takes any (SPEC N2)."""
    standing, klass = work.standing, work.klass
    assert work.capabilities is not None
    assert klass is not None
    if klass.format in (PWG_RASTER, URF):
        return refusal
    taken = tuple(one for one in work.capabilities.formats if one in (PWG_RASTER, URF))
    work.capabilities = replace(work.capabilities, formats=taken)
    if not taken or _choose(work) is not None or standing.canceled.is_set():
        return refusal
    log.info("document-refused", {**name_delivery(standing.claimed), "format": klass.format})
    standing.remote_id, standing.uncertain = None, False  # the device's own word: that job has ended
    unable = await render(work)
    return unable if unable is not None else await send(work)


def _unneeded(work: Work) -> Rendition:
    """Asking after a delivery needs no bytes: the request only says how many pages there are."""
    claimed = work.standing.claimed
    form, sides = claimed.documents[0].format, claimed.options.count_sides(claimed.documents)
    return Rendition(Path(), form, 0, sides, RenditionClass(form, passthrough=True))


STEPS: tuple[Step, ...] = (
    stop_if_canceled,  # first, so that nothing is done for what nobody wants any more
    quarantine_poisoned,  # before anything that may kill this worker too
    find_terms,  # by them it is spoken to
    follow_accepted,  # what the device has is never sent again
    adopt_uncertain,  # what it may have is asked for
    refuse_barred,  # a call that runs already has been followed above
    wait_for_window,  # what is sent begins here
    check_pages,
    describe,  # its formats decide the class …
    wait_if_hindered,
    classify,  # … the class the bytes …
    stop_if_canceled,  # rendering is dear
    render,
    stop_if_canceled,  # rendering takes time
    send,
)

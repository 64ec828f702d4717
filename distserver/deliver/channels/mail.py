"""Mail to one mailbox over the relay that the destination names (RFC 5321, RFC 3461, RFC 3798; SPEC D15, N4).

SMTP cannot be asked what became of a message, so that `adopt` answers `Unknown`; every try of a delivery has the same
Message-ID, by which mailboxes that look drop the second. What a relay took is *accepted*: a delivery status
notification that comes later says more.
"""

from __future__ import annotations

import asyncio

import aiosmtplib

from distserver.deliver.channels.mail_message import Attachments, Letter, write_letter
from distserver.deliver.channels.mail_relay import Line, Relays
from distserver.deliver.channels.mail_rules import MailRules, read_rules
from distserver.deliver.channels.mail_words import outcome_of, outcome_of_reply
from distserver.deliver.contract import (
    Absent,
    Accepted,
    Canceled,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Progress,
    Target,
    Unknown,
    Watch,
    keep_remote_id,
)
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import JPEG, PDF, PNG, TIFF, TIFF_F
from distserver.model.states import OutcomeKind, Reason
from distwire.tiff.fax import MH, RESOLUTIONS

_AS_IT_CAME = (PDF, TIFF, JPEG, PNG)
_A4 = "iso_a4_210x297mm"
_CANNOT_TELL = "mail servers do not say whether they have a message"


class MailChannel:
    """Hands messages to relays over few connections; each is used again and again."""

    def __init__(self) -> None:
        self._relays = Relays()
        self._attachments = Attachments()

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """What the destination's options say, without asking anybody. Raises `DeliveryError` on options that make no
        sense, and when no relay is named."""
        rules = await _read_rules(target)
        if rules.form == "tiff":
            return _describe_fax(target)
        return Capabilities(formats=(PDF,) if rules.form == "pdf" else _AS_IT_CAME, copies_max=999)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Hand it to the relay."""
        return keep_remote_id(request, await self._try(request, watch))

    async def _try(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        try:
            rules = await _read_rules(request.target)
        except DeliveryError as error:
            return Failed(error.reason, str(error))
        try:
            async with self._relays.line(rules, request.target) as line:
                # Not before: thousands may wait for a line, and a message is as large as its document.
                letter = await self._write(request, rules)
                return letter if isinstance(letter, Deferred) else await _hand_in(line, letter, request, watch)
        except aiosmtplib.SMTPException as error:
            return outcome_of(error, request.attempt)
        except OSError as error:
            return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, f"{rules.place}: {error}")

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Nobody can be asked."""
        return Unknown(_CANNOT_TELL)

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """There is nothing to follow: what a relay took is all that it says."""
        return Accepted(request.remote_id, follow=False)

    async def close(self) -> None:
        """Take leave of all relays."""
        await self._relays.close()

    async def _write(self, request: DeliveryRequest, rules: MailRules) -> Letter | Deferred:
        try:
            return await write_letter(request, rules, self._attachments)
        except OSError as error:
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, f"the document cannot be read: {error}")


async def _read_rules(target: Target) -> MailRules:
    """As `read_rules`, which may have to ask a name server."""
    return await asyncio.to_thread(read_rules, target)


def _describe_fax(target: Target) -> Capabilities:
    """Profile S of RFC 3949, which is all that every internet fax takes (RFC 2305 §3); an option that asks for more
    says that the far side can."""
    said = dict(target.options)
    return Capabilities(
        formats=(TIFF_F,),
        resolutions=() if "resolution" in said else RESOLUTIONS[:2],
        codings=() if "coding" in said else (MH,),
        media=() if "width" in said else (_A4,),
        copies_max=999,  # of a mail nobody needs two
    )


async def _hand_in(line: Line, letter: Letter, request: DeliveryRequest, watch: Watch) -> Outcome:
    """One transaction of RFC 5321 §3.3. What may arrive at the mailbox is marked before DATA."""
    if watch.canceled.is_set():
        return Canceled()
    refusal = await line.open_transaction(letter)
    if refusal is not None:
        return outcome_of_reply(refusal, request.attempt)
    watch.progress(Progress(remote_id=letter.message_id))
    if watch.canceled.is_set():
        await line.reset()
        return Canceled()
    if not await watch.begin() or not watch.may_send():
        await line.reset()
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, "another worker has it")
    try:
        reply = await line.send(letter)
    except aiosmtplib.SMTPDataError as error:
        return outcome_of_reply(aiosmtplib.SMTPResponse(error.code, error.message), request.attempt)
    except (aiosmtplib.SMTPException, OSError) as error:  # it has ended it with no answer, or with one that is none
        return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, f"the relay was lost while it took the message: {error}")
    return Accepted(letter.message_id, follow=False, message=f"the relay took it: {reply.code} {reply.message}")

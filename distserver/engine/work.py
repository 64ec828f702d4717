"""One delivery on its way: what is known of it so far, and what it is carried out with."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from distserver.deliver.contract import Channel, DeliveryRequest, Progress, Target, Timeouts, Watch
from distserver.deliver.registry import Registry
from distserver.engine.capabilities import CapabilityCache
from distserver.engine.terms import FindTerms, Terms, plain_terms
from distserver.errors import LaterError
from distserver.jobs.ledger import Ledger
from distserver.jobs.standing import Standing
from distserver.model.capabilities import Capabilities
from distserver.model.documents import Document, Rendition, RenditionClass
from distserver.model.jobs import Claimed
from distserver.model.states import Reason
from distserver.plan.media import expand_media_name
from distserver.render.renderer import Renderer


@dataclass(frozen=True, slots=True)
class TransportRules:
    """Time-outs of connections, how ipps: devices prove who they are when their line does not say, and the country of
    telephone numbers that name none."""

    timeouts: Timeouts = Timeouts()
    tls: str = "verify"
    country: str = ""


@dataclass(frozen=True, slots=True)
class Kit:
    """What every delivery of one worker shares.

    `bring` has documents on this machine's disk; `may_send` is the worker's lease; `find_terms` knows the registry of
    destinations.
    """

    ledger: Ledger
    registry: Registry
    capabilities: CapabilityCache
    renderer: Renderer
    transport: TransportRules
    bring: Callable[[Sequence[Document]], Awaitable[None]]
    may_send: Callable[[], bool]
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    find_terms: FindTerms = plain_terms


def make_target(terms: Terms, pinned: str | None, rules: TransportRules, learnt: str = "") -> Target:
    """A destination as its channel sees it."""
    where = terms.destination
    return Target(
        address=where.address,
        name=where.name,
        options=where.options,
        user=where.option("user"),
        secret=terms.secret,
        tls=where.option("tls") or rules.tls,
        pinned=pinned,
        timeouts=rules.timeouts,
        learnt=learnt,
        country=where.option("country") or rules.country,
        named=terms.named,
    )


def name_delivery(claimed: Claimed) -> dict[str, object]:
    """The facts by which every line of the log about a delivery names it."""
    uri = claimed.destination.address.uri
    return {"job": claimed.job_id, "delivery": claimed.id, "attempt": claimed.attempt, "destination": uri}


@dataclass(slots=True)
class Work:
    """A delivery between its claim and its outcome; `copies_in_document` is how many copies the rendition holds,
    `asked` says that its destination has been spoken to, `sent` that its document may have left in this attempt,
    `recalled` that its capabilities are what it said earlier. `terms` are those of this attempt."""

    kit: Kit
    standing: Standing
    terms: Terms | None = None
    capabilities: Capabilities | None = None
    klass: RenditionClass | None = None
    rendition: Rendition | None = None
    copies_in_document: int = 1
    asked: bool = False
    sent: bool = False
    recalled: bool = False

    @property
    def channel(self) -> Channel:
        return self.kit.registry.get(self.standing.claimed.destination.address.channel)

    @property
    def target(self) -> Target:
        """The destination as its channel sees it."""
        assert self.terms is not None
        claimed = self.standing.claimed
        return make_target(self.terms, claimed.pinned, self.kit.transport, claimed.learnt)

    def request(self, rendition: Rendition) -> DeliveryRequest:
        """The request to the channel; paper that people call `A4` has its whole name there."""
        claimed = self.standing.claimed
        media = claimed.options.media
        copies = claimed.options.copies if self.copies_in_document == 1 else 1
        return DeliveryRequest(
            id=f"{claimed.job_id}-{claimed.number}",
            name=claimed.id,
            target=self.target,
            title=claimed.title,
            sender=claimed.sender,
            options=replace(claimed.options, copies=copies, media=expand_media_name(media) if media else None),
            rendition=rendition,
            attempt=claimed.attempt,
            remote_id=self.standing.remote_id,
            capabilities=self.capabilities,
        )

    @property
    def documents(self) -> tuple[Document, ...]:
        """What is to be printed, in order; several times over for a device that makes no copies itself."""
        return self.standing.claimed.documents * self.copies_in_document

    @property
    def watch(self) -> Watch:
        return Watch(self._progress, self.standing.canceled, self.kit.may_send, self._begin, self._find_over)

    async def _begin(self) -> bool:
        """Mark on the disk that paper may come of it from now on; False when another worker has it."""
        self.standing.reason, self.standing.uncertain = Reason.SENDING.value, True
        return await self.kit.ledger.write(self.standing) and self.kit.may_send()

    async def _find_over(self, names: Sequence[str]) -> Mapping[str, str]:
        """None while the database cannot be asked: there will be another try."""
        try:
            return await self.kit.ledger.find_over(self.standing.claimed.destination.address.uri, names)
        except LaterError:
            return {}

    def _progress(self, said: Progress) -> None:
        standing = self.standing
        if said.remote_id is not None:
            standing.remote_id = said.remote_id
        if said.pages is not None:
            standing.pages = said.pages
        if said.reasons:
            standing.device_reasons = said.reasons
        there = standing.reason == Reason.SENDING or (standing.reason == Reason.CONNECTING and standing.uncertain)
        if there and (said.pages is not None or said.reasons):
            standing.reason = Reason.PRINTING.value  # it speaks of the job: it has it
        standing.message = said.message or standing.message
        self.kit.ledger.note(standing)
        if said.pinned:
            self.kit.ledger.remember(standing.claimed.destination.address.uri, {"pinned": said.pinned})
        if said.call is not None:
            standing.call = said.call
        if said.learnt is not None:
            self.kit.ledger.remember(standing.claimed.destination.address.uri, {"learnt": said.learnt})

"""The one contract between the engine and every channel (SPEC D11, D15, N4).

A channel is given all it needs in a `DeliveryRequest` (no database, no settings look-up inside a channel) and answers
from a closed set of outcomes. Before anything leaves, the delivery's `name` is on disk; after a crash the engine calls
`adopt` first, and `deliver` only when the other side says that it does not know the name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from distserver.model.address import Address
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PrintOptions, Rendition
from distserver.model.fax_calls import FaxCallRecord
from distserver.model.states import OutcomeKind, Reason


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `first_byte` is generous: a sleeping device may need 18 s to answer. `follow` bounds how long one call
    stays with a device's job before it answers `Accepted` and lets go (the engine comes back)."""

    connect: float = 10.0
    first_byte: float = 30.0
    idle: float = 60.0
    follow: float = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """A destination as a channel sees it.

    `options` are what the sender asks, the registry of destinations says, and the group file's line says, in this
    order: the last of a key counts. `named`: a line of the registry says that this place may be used.
    `tls` is `verify` (the system's authorities), `pin` (trust on first use) or `none`; `pinned` is the SHA-256 (hex) of
    the certificate seen first. `user` and `secret` answer a challenge of Basic or Digest. `learnt` is what
    earlier deliveries have found out of the destination (`Progress.learnt`), in the channel's own words. `country`
    (ISO 3166) is where telephone numbers without a country code belong.
    """

    address: Address
    name: str
    options: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    tls: str = "verify"
    pinned: str | None = None
    timeouts: Timeouts = Timeouts()
    learnt: str = ""
    country: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """One delivery, complete: a channel needs nothing else.

    `name` is unique, at most 64 ASCII characters, and stays the same in every attempt from the first one that may have
    arrived: the other side is asked for it, or knows a repetition by it. `title` is what people gave the document.
    `remote_id` is what `progress` reported last, or what was `kept` of an earlier attempt.
    `capabilities` is what the engine knows of the device (from `describe`); with None the channel asks what it needs.

    A rendition that still grows is sent while it grows only in the first attempt (`attempt` 1): an attempt that broke
    off may have met a device that takes no document of unknown length, so later ones wait for the whole.
    """

    id: str
    name: str
    target: Target
    title: str
    sender: str
    options: PrintOptions
    rendition: Rendition
    attempt: int = 1
    remote_id: str | None = None
    capabilities: Capabilities | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the other side says while a delivery is under way. `pages` is how many pages are out, None if unknown;
    `reasons` are its keywords (`media-empty`, `job-printing` …); `message` is its own text, if any. `learnt` is kept
    for all later deliveries to the destination, in the place of what was learnt before. `call` is a telephone call that
    has ended: it comes into the log of calls along with the outcome."""

    remote_id: str | None = None
    pages: int | None = None
    reasons: tuple[str, ...] = ()
    message: str = ""
    pinned: str | None = None
    learnt: str | None = None
    call: FaxCallRecord | None = None


def _always() -> bool:
    return True


async def _at_once() -> bool:
    return True


async def _none_over(_names: Sequence[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Watch:
    """The engine's ear and hand on a running call: `progress` is called as things change (cheap, never blocks);
    `canceled` is set when somebody cancels the delivery, and the channel then asks the other side to stop.

    `may_send` is the worker's lease, asked right before anything leaves that makes paper or cancels a job: a worker
    that was stopped for longer than its lease must do no harm when it wakes. It is quick and safe to call from any
    thread (compare a clock that goes on during the stop with the lease's end; no I/O). After its first False the
    channel sends nothing more, and answers `Deferred(OURS, INTERRUPTED)` when nothing of this call can be at the
    device, else `Deferred(OURS, UNCERTAIN)`.

    `begin` is awaited once, when all is ready and before the first byte of the document leaves: when it answers True,
    what was told by then (`remote_id`) and that paper may come out of it are on the disk; from there on a crash leads
    to `adopt`. False: another worker has the delivery; nothing is sent.

    `find_over` tells which of these names were those of deliveries to the same destination that were canceled or given
    up, and who sent each: what a killed worker left of them at the device is nobody's any more.
    """

    progress: Callable[[Progress], None]
    canceled: asyncio.Event
    may_send: Callable[[], bool] = _always
    begin: Callable[[], Awaitable[bool]] = _at_once
    find_over: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]] = _none_over


@dataclass(frozen=True, slots=True)
class Completed:
    """The other side says that it is out. `pages` as it counted them, None if it does not count; `reason` is what out
    means there, where it is not paper."""

    pages: int | None = None
    remote_id: str | None = None
    message: str = ""
    reason: Reason = Reason.COMPLETED


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has taken it. `follow` says that it can be asked how it goes on; else this is the end of what can
    be known, and the receipt says so. `reasons` is why it is not out yet."""

    remote_id: str | None
    follow: bool
    pages: int | None = None
    reasons: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """`pages` came out, then it ended; the rest did not come."""

    pages: int
    reason: Reason | str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was printed, and it is worth another try; `kind` chooses the waiting time, `not_before` (seconds from
    now) overrides it.

    `kept`, where a channel can go on in the middle of a document, is how far it came: the next attempt is given it as
    `remote_id`. It also says that nothing of this attempt goes on any more, even if it had been accepted.
    """

    kind: OutcomeKind
    reason: Reason | str
    message: str = ""
    not_before: float | None = None
    kept: str | None = None


def keep_remote_id(request: DeliveryRequest, outcome: Outcome) -> Outcome:
    """For channels whose far side knows a repetition by it, and cannot be asked: that of an earlier attempt, which may
    have arrived, stays through refusals."""
    if isinstance(outcome, Deferred) and outcome.reason != Reason.UNCERTAIN:
        return replace(outcome, kept=request.remote_id)
    return outcome


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was printed, and another try would end the same way."""

    reason: Reason | str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Canceled:
    """The other side stopped it on our request; `pages` were out by then, None if it does not count."""

    pages: int | None = None
    message: str = ""


Outcome = Completed | Accepted | Partial | Deferred | Failed | Canceled


@dataclass(frozen=True, slots=True)
class Absent:
    """The other side was asked, and does not know the delivery, or has ended it: it is safe to send. `kept` is how far
    it came, as in `Deferred`."""

    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The other side cannot tell; the destination's resend policy decides."""

    message: str = ""


class Channel(Protocol):
    """One protocol. Instances live as long as the worker and may keep connections; calls run concurrently.

    Every method maps the errors of its libraries itself: what may leave is `errors.DeliveryError` (from `describe`),
    `asyncio.CancelledError`, and nothing else.
    """

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """What the destination can take, asked now; `known`, which it said before, when it says that nothing of it has
        changed since, with its state and supplies as they are now (`known` itself, if they too are as before). Raises
        `DeliveryError` when it cannot be asked."""
        ...

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Send, and stay with it until it ends, is canceled, or `timeouts.follow` has passed without an end."""
        ...

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Ask the other side for `request.remote_id`, else for `request.name`; go on with what is there (`follow`).

        A job that is there without its whole document is canceled at the device, and the answer is `Absent`.
        `Deferred` means that the other side could not be asked: ask again later, do not send.
        """
        ...

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Stay with what was accepted earlier as `request.remote_id`, as `deliver` does after sending.

        `Deferred` with `UNCERTAIN` means that the other side lost it (it restarted, and its job is gone): ask with
        `adopt`, whose answer then decides. With any other reason it could not be asked: ask again later.
        """
        ...

    async def close(self) -> None:
        """Give back connections; the channel is not used again."""
        ...

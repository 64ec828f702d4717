"""Faxes that have come in (SPEC D13), and calls to fax numbers (SPEC D15)."""

from __future__ import annotations

from distwire.api.base import Message, Time


class ReceivedFax(Message):
    """`fate` is `accepted`, `kept` or `refused`; `reason` says why it is no job, or still at its server; `removed` is
    when it was deleted there."""

    server: str
    file: str
    received: Time
    pages: int
    number: str
    identity: str
    called: str
    subaddress: str
    fate: str
    job: str | None = None
    route: str
    reason: str
    removed: Time | None = None


class ReceivedFaxList(Message):
    """The newest first, at most 200."""

    faxes: list[ReceivedFax]


class FaxCall(Message):
    """`identity` is what the far end calls itself (CSI), `traits` speed, error correction and coding, `trouble` what
    went wrong, if anything; `seconds` is null where the server does not say. `cost` is by the option `cost=`."""

    ended: Time
    server: str
    call: str
    number: str
    identity: str
    traits: str
    pages: int
    seconds: int | None = None
    cost: str
    trouble: str
    jobs: list[str]


class FaxCallList(Message):
    """The newest first; several deliveries that rode one call are one."""

    calls: list[FaxCall]


class FaxModem(Message):
    """`receives`: it takes calls. `state` is in HylaFAX's words."""

    name: str
    number: str
    receives: bool
    state: str


class FaxServer(Message):
    """`trouble` is why it could not be asked, `unheard` why what it tells by itself does not come; else empty."""

    server: str
    modems: list[FaxModem]
    trouble: str
    unheard: str = ""


class FaxServerList(Message):
    """Each server once."""

    servers: list[FaxServer]

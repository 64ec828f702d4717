"""Faxes that have come in (SPEC D13)."""

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

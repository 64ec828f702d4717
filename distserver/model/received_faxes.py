"""Faxes that have come in, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """Of a fax: a job, kept at its server because no line is for it, or refused as a document."""

    ACCEPTED = "accepted"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FaxOrigin:
    """Where a fax lies: `server` (`HOST:PORT`) and the file's name there, its size, and when it came (seconds since
    the epoch)."""

    server: str
    name: str
    size: int
    at: float


@dataclass(frozen=True, slots=True)
class FaxCaller:
    """Who sent it, and to whom. `number` is what the exchange told, `identity` what the machine calls itself (TSI),
    `called` the number that was called (DID), `subaddress` what was asked for behind it (SUB)."""

    number: str = ""
    identity: str = ""
    called: str = ""
    subaddress: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return self.number or self.identity or "an unknown number"


@dataclass(frozen=True, slots=True)
class ReceivedFax:
    """`digest` is the SHA-256 of the file, `job` the job it became, `reason` why it became none, `removed` when it was
    deleted at its server."""

    origin: FaxOrigin
    caller: FaxCaller
    digest: str
    pages: int
    fate: Fate
    job: str = ""
    route: str = ""
    reason: str = ""
    seen: float = 0.0
    removed: float | None = None

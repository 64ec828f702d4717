"""What lies in the mailbox of a PC (SPEC D14). Times are seconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LetterState(StrEnum):
    """Where a letter is. Exactly one of the last two comes about, in one transaction, and then it stays."""

    OFFERED = "offered"
    """The PC may take it."""
    STORED = "stored"
    """It is on the PC's disk, and the PC has checked its digest."""
    WITHDRAWN = "withdrawn"
    """The PC may not take it any more, and drops what it has of it."""


class LetterAct(StrEnum):
    """What became of a letter at its PC after it was stored."""

    READ = "read"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendition that waits for one PC. `name` is the delivery's (`DeliveryRequest.name`), `delivery` its id; `place`
    is the file's path below the spool; `digest` its SHA-256 (hex)."""

    name: str
    pc: str
    delivery: str
    title: str
    sender: str
    format: str
    size: int
    digest: str
    pages: int
    copies: int
    place: str
    created: float


@dataclass(frozen=True, slots=True)
class LetterStanding:
    """How a letter stands: `touched` is when the PC last took something of it, `trouble` why it cannot take it now."""

    letter: Letter
    state: LetterState
    touched: float | None = None
    trouble: str = ""
    stored: float | None = None
    read: float | None = None
    printed: float | None = None
    printer: str = ""


@dataclass(frozen=True, slots=True)
class Attendance:
    """When a PC was last heard of, and until when it is taken to be there."""

    pc: str
    seen: float
    until: float

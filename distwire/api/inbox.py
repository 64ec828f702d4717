"""What a PC and its server say of the letters that wait for it (SPEC D14)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from distwire.api.base import Message, Request, Time

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Count = Annotated[int, Field(ge=0, le=(1 << 53) - 1)]
"""As far as every reader of JSON counts (RFC 8259 §6)."""


class InboxQuery(Request):
    """`wait`: seconds that the answer may take when nothing is there."""

    wait: float = Field(default=0.0, ge=0.0, le=60.0)


class Letter(Message):
    """A document for this PC. `id` stays the same until it is stored or withdrawn; `sha256` is of all its bytes."""

    id: str
    title: str
    sender: str
    pages: Count
    copies: Count
    format: str
    size: Count
    sha256: Sha256
    sent: Time


class Inbox(Message):
    """What the PC may take, in the order in which it takes them; with none it asks again after `next_seconds`."""

    letters: list[Letter]
    next_seconds: float


class Stored(Request):
    """The document is on the PC's disk, as a whole and for good, and this is the SHA-256 of what lies there."""

    sha256: Sha256


class StoredAnswer(Message):
    """The server has taken note: the letter is the PC's now, and may be shown."""

    id: str
    stored: Time


class LetterTrouble(Request):
    """Why the PC cannot take the letter now, in words for people."""

    words: str = Field(min_length=1, max_length=500)


class Act(Request):
    """What became of a letter at the PC after it was stored; `printer` is what people call it."""

    act: Literal["read", "printed"]
    printer: str = Field(default="", max_length=200)

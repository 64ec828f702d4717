"""What a device's panel asks of the server: enrolment by code, who stands before it, who will get a document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from distwire.api.accounts import PersonRole
from distwire.api.base import Message, Request, Time
from distwire.api.jobs import Name

Card = Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[!-~]+$")]
"""What a card reader types: its number, without the line end."""
Bearer = Annotated[str, Field(pattern=r"^[!-~]+$")]
"""What can stand in a header (RFC 6750 §2.1)."""


class Enrolment(Request):
    """A device asks for its token: `address` is its own domain name, as in all.rec; `code` the eight digits that the
    board showed, with or without a space in the middle."""

    address: str = Field(min_length=1, max_length=1024)
    code: str = Field(min_length=1, max_length=32)


class Enrolled(Message):
    """The device's own token, shown this once; `address` and `name` are those of its line of all.rec."""

    token: Bearer
    address: str
    name: str


class SignIn(Request):
    """Who stands before the panel: a user and their password, or a card that was registered for a user."""

    user: str | None = Field(default=None, min_length=1, max_length=64)
    password: str | None = Field(default=None, max_length=1024)
    card: Card | None = None

    @model_validator(mode="after")
    def _one_way(self) -> SignIn:
        by_name = self.user is not None and self.password is not None
        if by_name is (self.card is not None) or (self.user is None) is not (self.password is None):
            raise ValueError("say either user and password, or card")
        return self


class SignedIn(Message):
    """`role` is the user's own. `grant` is a bearer by which this device acts for them as a sender, never as more,
    until `grant_expires`; it ends before, when the user is disabled or gets another password or role, and with the
    device's token. `language` is that of the user, null when nobody has said it."""

    user: str
    role: PersonRole
    grant: Bearer
    grant_expires: Time
    language: str | None = None


class NewCard(Request):
    """A card for the user whom the grant speaks for."""

    card: Card


class RegisteredCard(Message):
    """A card of a user; its number is not stored and never shown. `id` is what it is removed by."""

    id: str
    user: str
    created: Time


class Addressing(Request):
    """Groups and destinations as a job would have them: groups by name or file, destinations by address or name."""

    group: list[Name] = Field(default_factory=list, max_length=10_000)
    destination: list[Name] = Field(default_factory=list, max_length=10_000)


class Trouble(Message):
    """Why a delivery would not go out at once: the destination is `suspended`, or it is `failing` (it failed last
    time, and is tried again), or each group that it is chosen through is `paused`. `reason` is a keyword, `words` the
    same for people."""

    kind: Literal["suspended", "failing", "paused"]
    reason: str
    words: str
    since: Time | None = None
    next_try: Time | None = None


class Recipient(Message):
    """A destination that would get one copy; `groups` are the names of those that it is chosen through."""

    name: str
    address: str
    uri: str
    channel: str
    groups: list[str]
    trouble: Trouble | None = None


class Recipients(Message):
    """Who would get a document, each once, in the order of the deliveries that a job would have."""

    total: int
    troubled: int
    recipients: list[Recipient]

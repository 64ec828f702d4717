"""Who may do what: roles, users and tokens. Times are seconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from distserver.model.quotas import Quota


class Role(StrEnum):
    """What somebody may do. A device acts for itself: it registers itself, and distributes in its own name.

    A worker on a machine of its own fetches the documents that it is to deliver, and may do nothing else.
    """

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    SENDER = "sender"
    RECEIVER = "receiver"
    DEVICE = "device"
    WORKER = "worker"

    @property
    def is_person(self) -> bool:
        """True for the roles that users have; a device or worker has nothing but a token."""
        return self not in (Role.DEVICE, Role.WORKER)


_RANKS = (Role.RECEIVER, Role.SENDER, Role.OPERATOR, Role.ADMINISTRATOR)


def lesser_role(one: Role, other: Role) -> Role:
    """The role of the two that allows less; for people only, the other roles stand apart."""
    return min(one, other, key=_RANKS.index)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in. `session_epoch` grows whenever all their sessions must end. `quota` is their own; None
    leaves it to the default of their role."""

    name: str
    role: Role
    disabled: bool
    has_password: bool
    created: float
    session_epoch: int
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A key for programs; its secret is shown once and never stored.

    `subject` is a user's name or, with the role `device`, a device's address, with the role
    `worker` the name of a machine. `used` is right to about ten minutes.
    """

    id: str
    subject: str
    role: Role
    note: str
    created: float
    used: float | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a user; of its number only a keyed hash is stored. `used`: when it last opened a panel."""

    id: str
    user: str
    created: float
    used: float | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code by which the device at `address` (canonical) gets its token, once; the digits are shown once and stored
    as a keyed hash."""

    address: str
    created: float
    expires: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets a device act for a user; `bearer` is shown to the device once and stored nowhere."""

    user: User
    bearer: str
    expires: float

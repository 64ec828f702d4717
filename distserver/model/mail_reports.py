"""What mail systems report of a message that went out: delivery status and disposition (RFC 3464, RFC 3798)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_NAME = re.compile(r"([0-9a-z]{1,20})-([0-9]{1,8})(?:\.([0-9]{1,6}))?(?:_([0-9a-f]{1,64}))?\Z")


class Told(StrEnum):
    """What the report says."""

    DELIVERED = "delivered"
    """It is in the mailbox."""
    RELAYED = "relayed"
    """It is with somebody who reports no further."""
    RETURNED = "returned"
    """It did not get there."""
    READ = "read"
    """Somebody has had it shown."""
    REFUSED = "refused"
    """Somebody has thrown it away without looking."""


@dataclass(frozen=True, slots=True)
class DeliveryName:
    """The name under which a delivery went out as a mail: `JOB-NUMBER`, with `.GENERATION` once it was retried, and
    `_SIGN`, which nobody can know who has not seen that very mail."""

    job_id: str
    number: int
    generation: int = 0
    sign: str = ""


@dataclass(frozen=True, slots=True)
class MailReport:
    """One word about one delivery. `mailbox` is the address that the message was sent to, when the report says it;
    `others` are those that it names besides: where it ended up, and to whom the returned message was written. `words`
    are the far side's own, on one line."""

    name: DeliveryName
    told: Told
    mailbox: str = ""
    words: str = ""
    others: tuple[str, ...] = ()


def read_delivery_name(text: str) -> DeliveryName | None:
    """The name in `NAME`, `NAME@domain` or `<NAME@domain>`; None when that is no delivery of ours."""
    match = _NAME.match(text.strip().strip("<>").partition("@")[0])
    if match is None:
        return None
    return DeliveryName(match[1], int(match[2]), int(match[3] or 0), match[4] or "")

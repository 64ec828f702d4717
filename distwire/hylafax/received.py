"""Faxes that have come in at a HylaFAX server (the folder recvq), as it lists them (RCVFMT of faxstat(1))."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEPARATOR = "|"
_NUMBER = re.compile(r"[0-9]{1,12}\Z")
RECEIVED_FORMAT = _SEPARATOR.join(("%f", "%n", "%p", "%Z", "%z", "%a", "%j", "%s", "%i", "%e"))
"""What others may write stands last."""


@dataclass(frozen=True, slots=True)
class ReceivedFax:
    """A file of recvq: `at` is when it came (seconds since the epoch), `arriving` that its call goes on.

    `subaddress` is what the far end asked for (SUB, T.30 §5.3.6.1.4), `caller` the number that the exchange told,
    `identity` what the far end calls itself (TSI, which anybody may choose), `error` what went wrong with it.
    """

    name: str
    size: int
    pages: int
    at: float
    arriving: bool
    subaddress: str = ""
    caller: str = ""
    identity: str = ""
    caller_name: str = ""
    error: str = ""


def read_received(line: str) -> ReceivedFax | None:
    """A line of a listing in `RECEIVED_FORMAT`; None when it is none."""
    fields = [field.strip() for field in line.split(_SEPARATOR, 9)]
    if len(fields) != 10 or not all(map(_NUMBER.match, fields[1:4])):
        return None
    name, size, pages, at, arriving, subaddress, caller, identity, caller_name, error = fields
    if not name or "/" in name:
        return None
    known = "" if identity == "<unknown>" else identity
    return ReceivedFax(
        name, int(size), int(pages), float(at), bool(arriving), subaddress, caller, known, caller_name, error
    )

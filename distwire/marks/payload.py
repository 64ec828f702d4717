"""The 26 digits of a mark: image ID, expiry, device tag, signature (SPEC D7).

    12345678 0731 4711 0123456789
    │        │    │    └ the first ten digits' worth of HMAC-SHA-256 over all that stands before, under the device's key
    │        │    └ the device: a digest of its key, so that a sheet of another device is told from a forged one
    │        └ the last day on which the sheet is good, in days after 2024-12-31; 0000: it never expires
    └ image ID

Digits alone, and an even number of them, because both symbols then take two in the room of one (Code 128 set C,
ISO/IEC 15417 §4.3; Data Matrix ASCII encodation, ISO/IEC 16022 §5.2.3).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

FORM = re.compile(r"([0-9]{8})([0-9]{4})([0-9]{4})([0-9]{10})")
_ID = re.compile(r"[0-9]{8}")
_EPOCH = date(2024, 12, 31)
_MOST_DAYS = 9999
_DOMAIN = b"distserver mark 1:"
"""Stands before what is signed, so that no other use of the key makes a valid mark; the number is the format's."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says: the image ID (8 digits), and the last day on which the sheet is good (None: always)."""

    image_id: str
    expires: date | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.image_id):
            raise ValueError(f"an image ID has 8 digits, not {self.image_id!r}")
        if self.expires is not None and not 0 < (self.expires - _EPOCH).days <= _MOST_DAYS:
            last = _EPOCH + timedelta(_MOST_DAYS)
            raise ValueError(f"a sheet expires between {_EPOCH + timedelta(1)} and {last}, not on {self.expires}")


class Finding(StrEnum):
    """What a text that was read turns out to be."""

    GENUINE = "genuine"
    EXPIRED = "expired"
    FORGED = "forged"
    OTHER_DEVICE = "other-device"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`mark` is there for GENUINE and EXPIRED alone: nothing else may be believed."""

    finding: Finding
    mark: Mark | None = None


def sign_mark(mark: Mark, key: bytes) -> str:
    """The payload of a mark under a device's key."""
    days = 0 if mark.expires is None else (mark.expires - _EPOCH).days
    said = f"{mark.image_id}{days:04}{_tag_of(key)}"
    return said + _sign(said, key)


def judge_payload(text: str, key: bytes, today: date) -> Judgement:
    """What `text` is to the device that has `key`; a pure function, in the same time for right and wrong signatures."""
    form = FORM.fullmatch(text)
    if form is None:
        return Judgement(Finding.FOREIGN)
    image_id, days, tag, signature = form.groups()
    holds = hmac.compare_digest(_sign(image_id + days + tag, key), signature)
    if not hmac.compare_digest(tag, _tag_of(key)):
        return Judgement(Finding.OTHER_DEVICE)
    if not holds:
        return Judgement(Finding.FORGED)
    mark = Mark(image_id, _EPOCH + timedelta(int(days)) if int(days) else None)
    expired = mark.expires is not None and mark.expires < today
    return Judgement(Finding.EXPIRED if expired else Finding.GENUINE, mark)


def _tag_of(key: bytes) -> str:
    return _digits(key, _DOMAIN + b"device", 4)


def _sign(said: str, key: bytes) -> str:
    return _digits(key, _DOMAIN + said.encode("ascii"), 10)


def _digits(key: bytes, message: bytes, count: int) -> str:
    """`count` decimal digits of the MAC; from 128 bits, so that each number is as likely as any other."""
    number = int.from_bytes(hmac.digest(key, message, "sha256")[:16]) % 10**count
    return f"{number:0{count}}"

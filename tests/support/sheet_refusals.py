"""Every keyword by which a page of a stack of mark sheets may be refused."""

from __future__ import annotations

from distwire.marks import Finding
from mfp_client.marksheet.verdict import NO_CODE, UNREADABLE
from mfp_client.memory.errors import Damaged, Erased, Expired, Moved, NotStored, NotYours, StillOpen

SHEET_REFUSALS = (
    NO_CODE,
    "foreign-codes",
    str(Finding.OTHER_DEVICE),
    str(Finding.FORGED),
    str(Finding.EXPIRED),
    UNREADABLE,
    *(kind.keyword for kind in (Erased, Moved, Expired, NotStored, NotYours, StillOpen, Damaged)),
)

"""The sheet in front of a fax that says from whom it is and to whom (PWG 5100.15 §7.1.2)."""

from __future__ import annotations

from distwire.ipp.attributes import AttributeList
from distwire.pdf.cover_sheet import CoverSheet

COVER_MEMBERS = ("from-name", "message", "subject", "to-name")
MOST_NAME, MOST_MESSAGE = 255, 1023

_MOST_LINES = 20


def read_cover_sheet(column: AttributeList) -> CoverSheet | None:
    """What `cover-sheet-info` says; None where it says nothing that is printed."""
    to, sender, subject = (_read(column, name, MOST_NAME) for name in ("to-name", "from-name", "subject"))
    sheet = CoverSheet(to, sender, subject, _read(column, "message", MOST_MESSAGE))
    return None if sheet == CoverSheet() else sheet


def _read(column: AttributeList, name: str, most: int) -> str:
    lines = (column.string(name) or "").strip()[:most].splitlines()
    words = ["".join(c if c.isprintable() else " " for c in line) for line in lines]
    return "\n".join([*words[:_MOST_LINES], " ".join(words[_MOST_LINES:])]).strip()

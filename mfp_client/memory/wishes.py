"""Checks what people say of a document, and reads the image IDs that they type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from mfp_client.memory.errors import WrongRequest
from mfp_client.memory.records import FIRST_ID, LAST_ID, Draft

MOST_TITLE = 200
_DIGITS = 8
_PARTS = re.compile(r"[\s-]+")


def check_draft(draft: Draft, now: float) -> Draft:
    """The draft with a title that fits into one line. Raises `WrongRequest`."""
    title, owner = _clean(draft.title)[:MOST_TITLE], _clean(draft.owner)
    if owner != draft.owner or len(owner) > MOST_TITLE:
        raise WrongRequest("the name of an owner is one line of at most 200 letters")
    if draft.private and not owner:
        raise WrongRequest("a private document needs an owner: sign in, or store it for everybody")
    if draft.expires is not None and draft.expires <= now:
        raise WrongRequest("the document would have expired already: choose a later time")
    return replace(draft, title=title)


def read_id(typed: str) -> int:
    """An image ID as somebody has typed it, with spaces and full-width digits too. Raises `WrongRequest`."""
    digits = _PARTS.sub("", unicodedata.normalize("NFKC", typed))
    if not re.fullmatch(r"[0-9]{8}", digits) or not FIRST_ID <= int(digits) <= LAST_ID:
        raise WrongRequest("an image ID has eight digits, and does not begin with 0")
    return int(digits)


def read_ids(typed: Iterable[str]) -> list[int]:
    """Image IDs as a command line has split them: `3444 7074` in two words is one. Raises `WrongRequest`."""
    digits = "".join(_PARTS.sub("", unicodedata.normalize("NFKC", word)) for word in typed)
    return [read_id(digits[at : at + _DIGITS]) for at in range(0, len(digits), _DIGITS)]


def _clean(text: str) -> str:
    """Without what steers a terminal or is no character at all."""
    kept = "".join(" " if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") else one for one in text)
    return kept.strip()

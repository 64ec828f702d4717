"""Instance names: what people read in the list of printers (RFC 6763 §4.1.1). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from uuid import UUID

MOST_OCTETS = 63

# zeroconf writes a name's dots as ends of labels; this one looks the same and is a letter like others.
_DOT = "\N{ONE DOT LEADER}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_JOINED = frozenset(("Mn", "Me", "Mc"))
_ZERO_WIDTH_JOINER = "\u200d"


def cut_text(text: str, octets: int) -> str:
    """The longest beginning of `text` that has at most so many octets in UTF-8 and parts no letter from its marks."""
    if len(text.encode()) <= octets:
        return text
    end = len(text.encode()[:octets].decode(errors="ignore"))
    while end and _belongs_to_the_one_before(text, end):
        end -= 1
    return text[:end].rstrip()


def make_name(name: str) -> str:
    """The group's name as an instance name: NFC, one line, no dots, at most 63 octets; never empty."""
    plain = _CONTROL.sub(" ", unicodedata.normalize("NFC", name)).replace(".", _DOT).strip()
    return cut_text(plain, MOST_OCTETS) or "Distserver"


def list_names(name: str, uuid: UUID) -> Iterator[str]:
    """Names to try in turn: the group's own, then with six digits of the printer's uuid, then with a number too."""
    yield make_name(name)
    mark = uuid.hex[:6].upper()
    yield _with_suffix(name, f" ({mark})")
    number = 2
    while True:
        yield _with_suffix(name, f" ({mark}-{number})")
        number += 1


def fold_name(name: str) -> str:
    """The form in which DNS takes two names for the same, as our library does it: in small letters."""
    return name.lower()


def _with_suffix(name: str, suffix: str) -> str:
    return cut_text(make_name(name), MOST_OCTETS - len(suffix.encode())) + suffix


def _belongs_to_the_one_before(text: str, place: int) -> bool:
    """Whether a cut before text[place] would part what is seen as one letter."""
    return (
        place < len(text) and (unicodedata.category(text[place]) in _JOINED or text[place] == _ZERO_WIDTH_JOINER)
    ) or text[place - 1] == _ZERO_WIDTH_JOINER

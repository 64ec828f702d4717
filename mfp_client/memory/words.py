"""Search by any part of a text in any script: the text as its triples of letters, in order, for SQLite's FTS5.

A phrase of triples is a part of the text; one or two letters are the beginning of a triple. Words would not do:
Japanese has no spaces between them. SQLite's own `trigram` finds no part of less than three letters, and many words
have two.
"""

from __future__ import annotations

import string
import unicodedata

from mfp_client.memory.records import Asker, Draft

_DIGITS = string.digits + string.ascii_lowercase
_LETTERS = 3
_END = "\n\n"
_MOST_LETTERS = 420
_SHARED = "shared"


def index_text(image_id: int, draft: Draft) -> tuple[str, str]:
    """What a document is found by: title, owner and image ID; and by whom."""
    text = "\n".join((str(image_id), draft.owner, draft.title))
    return " ".join(_triples(_plain(text) + _END)), _owner(draft.owner) if draft.private else _SHARED


def ask_for(text: str, asker: Asker) -> str | None:
    """The query for documents with each of these parts in them, in any order, that the asker may see; None where
    nothing is asked for."""
    parts = [_ask_for_part(part) for part in _plain(text).split(" ") if part]
    if parts and not asker.operator:
        parts.append(f"seen : ({_SHARED} OR {_owner(asker.name)})")
    return " AND ".join(parts) or None


def _ask_for_part(part: str) -> str:
    return f'grams : "{_code(part)}" *' if len(part) < _LETTERS else f'grams : "{" ".join(_triples(part))}"'


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()[:_MOST_LETTERS]


def _triples(text: str) -> list[str]:
    return [_code(text[place : place + _LETTERS]) for place in range(len(text) - _LETTERS + 1)]


def _code(text: str) -> str:
    """Four letters or digits for each character, whatever it is: no tokenizer takes them apart."""
    return "".join(_DIGITS[ord(one) // 36**place % 36] for one in text for place in (3, 2, 1, 0))


def _owner(name: str) -> str:
    return "u" + name.encode().hex()

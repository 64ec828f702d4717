"""Search by any part of a text in any script: the text as its pairs of characters, in order, for SQLite's FTS5.

A phrase of pairs is a part of the text. Words would not do: Japanese has no spaces between them.
"""

from __future__ import annotations

import itertools
import unicodedata

from mfp_client.memory.records import Asker, Draft

_MOST_LETTERS = 400
_SHARED = "shared"


def index_text(image_id: int, draft: Draft) -> tuple[str, str]:
    """What a document is found by: title, owner and image ID; and by whom."""
    text = "\n".join((str(image_id), draft.owner, draft.title))
    return " ".join(_pairs(_plain(text) + "\n")), _owner(draft.owner) if draft.private else _SHARED


def ask_for(text: str, asker: Asker) -> str | None:
    """The query for documents with this in them that the asker may see; None where nothing is asked for."""
    plain = _plain(text)
    if not plain:
        return None
    wanted = f'grams : "{" ".join(_pairs(plain))}"' if len(plain) > 1 else f"grams : {_hex(plain)} *"
    return wanted if asker.operator else f"{wanted} AND seen : ({_SHARED} OR {_owner(asker.name)})"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split(" ")).strip()[:_MOST_LETTERS]


def _pairs(text: str) -> list[str]:
    return [_hex(one) + _hex(other) for one, other in itertools.pairwise(text)]


def _hex(letter: str) -> str:
    """Letters and digits whatever the character: no tokenizer takes them apart. Begins with a letter: FTS5 needs it."""
    return f"x{ord(letter):06x}"


def _owner(name: str) -> str:
    return "u" + name.encode().hex()

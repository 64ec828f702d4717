"""News for a page that stays open (static/live.js): which parts and rows of it have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import jsonify, request
from flask.typing import ResponseReturnValue

BUSY_MS = 1000
CALM_MS = 5000


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A row by its key; `html` is None when it does not belong to the page any more."""

    key: str
    html: str | None


@dataclass(frozen=True, slots=True)
class News:
    """`cursor` comes back with the next question; `next_ms` is when to ask it (0: never again).

    `whole`: rows that are not named are gone. `say` is for people who listen.
    """

    cursor: str
    parts: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[LiveRow] = ()
    whole: bool = False
    next_ms: int = BUSY_MS
    say: str = ""


def answer_news(news: News) -> ResponseReturnValue:
    """The answer to one question."""
    rows = [{"key": row.key, "html": row.html} for row in news.rows]
    return jsonify(
        cursor=news.cursor, parts=dict(news.parts), rows=rows, whole=news.whole, next=news.next_ms, say=news.say
    )


def answer_whole(parts: Mapping[str, str], rows: Sequence[LiveRow], next_ms: int) -> ResponseReturnValue:
    """News of a short list: all of it, or nothing when it is what the page showed before."""
    digest = hashlib.sha256()
    for text in (*parts.values(), *(f"{row.key}\0{row.html}" for row in rows)):
        digest.update(text.encode("utf-8", "replace"))
    cursor = digest.hexdigest()[:20]
    if cursor == request.args.get("since"):
        return jsonify(cursor=cursor, next=next_ms)
    return answer_news(News(cursor, parts, rows, whole=True, next_ms=next_ms))

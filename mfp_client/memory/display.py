"""Stored documents as lines for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from mfp_client.memory.errors import say_date, say_id, say_size
from mfp_client.memory.records import StoredDocument, Usage


def describe(document: StoredDocument) -> dict[str, Any]:
    """A document as JSON; times are UTC."""
    facts, draft = document.facts, document.draft
    return {
        "id": str(document.id),
        "number": document.number,
        "state": document.state,
        "title": draft.title,
        "owner": draft.owner,
        "private": draft.private,
        "made": _iso(document.made),
        "expires": None if draft.expires is None else _iso(draft.expires),
        "pages": document.pages,
        "octets": document.octets,
        "width": None if facts is None else facts.width,
        "height": None if facts is None else facts.height,
        "dpi": None if facts is None else list(facts.dpi),
        "tone": None if facts is None else facts.tone.value,
        "digest": document.digest,
        "copies": [{"server": one.server, "job": one.job, "since": _iso(one.since)} for one in document.copies],
    }


def describe_usage(usage: Usage) -> dict[str, int]:
    """How full the memory is, as JSON."""
    return {"octets": usage.octets, "limit": usage.limit, "documents": usage.documents}


def tell_pages(document: StoredDocument) -> str:
    """How many pages it has."""
    return "1 page" if document.pages == 1 else f"{document.pages} pages"


def tell_row(document: StoredDocument) -> str:
    """A document in one line of a list."""
    draft, pages, size = document.draft, tell_pages(document), say_size(document.octets)
    kind = "private" if draft.private else "shared"
    made = say_date(document.made)
    return f"{say_id(document.id)}  {made}  {pages:>9}  {size:>7}  {kind:<7}  {draft.owner or '-'}  {draft.title}"


def tell_all(document: StoredDocument) -> Iterator[str]:
    """All of a document, a line for each attribute."""
    draft, facts = document.draft, document.facts
    yield f"image ID   {say_id(document.id)}"
    yield f"title      {draft.title}"
    yield f"owner      {draft.owner or '-'}{', private' if draft.private else ''}"
    yield f"pages      {document.pages} ({say_size(document.octets)})"
    if facts is not None:
        dpi = f"{facts.dpi[0]:g} x {facts.dpi[1]:g} dpi"
        yield f"page 1     {facts.width} x {facts.height} dots, {dpi}, {facts.tone.value}"
    yield f"made       {say_date(document.made)}"
    yield f"expires    {'never' if draft.expires is None else say_date(draft.expires)}"
    for copy in document.copies:
        yield f"copy       {copy.server}, job {copy.job}, since {say_date(copy.since)}"


def tell_none(text: str, *, unclosed: bool) -> str:
    """What is said in place of an empty list."""
    if unclosed:
        return "no document has broken off"
    return "no document has these parts" if text else "no document is stored"


def tell_usage(usage: Usage) -> str:
    """The last line of a list."""
    count = "1 document" if usage.documents == 1 else f"{usage.documents} documents"
    return f"{count} in the memory, {say_size(usage.octets)} of {say_size(usage.limit)} in use"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

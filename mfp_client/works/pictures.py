"""Pages of the memory as pictures for a screen."""

from __future__ import annotations

from mfp_client.memory.preview import LARGE, draw_preview
from mfp_client.memory.records import StoredDocument
from mfp_client.memory.store import ImageMemory
from mfp_client.works.progress import PageSeen

SIZES = {"small": 340, "large": 1600}
"""Pixels of the longer side."""


def list_pages(memory: ImageMemory, document: StoredDocument) -> tuple[PageSeen, ...]:
    """How large the pages are. Raises `Damaged`."""
    if not document.pages:
        return ()
    with memory.read(document, verify=False) as file:
        pages = memory.pages(file, document)
        return tuple(PageSeen(number, page.facts.width, page.facts.height) for number, page in enumerate(pages, 1))


def draw_page(memory: ImageMemory, document: StoredDocument, number: int, longest: int = LARGE) -> bytes:
    """A page as JPEG, in its true proportions, its longer side so many pixels. Raises `Damaged`, `WrongRequest`."""
    with memory.read(document, verify=False) as file:
        page = memory.page(file, document, number)
    return draw_preview(page, longest)

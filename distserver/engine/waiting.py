"""Deliveries whose time has not come, and how much of a document their destination takes (SPEC D4, D15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distserver.deliver.contract import Failed
from distserver.model.documents import Document, PrintOptions
from distserver.model.limits import DocumentLimits, show_size
from distserver.model.states import Priority, Reason
from distserver.model.windows import find_window

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """No try was made; the delivery stays as it was and is looked at again at `until`, or when the rules change."""

    reason: Reason
    message: str
    until: float


def wait_for_window(options: Options, priority: Priority, now: float) -> Waiting | None:
    """None when a delivery with these options may begin now. Bulk jobs have a window of their own, where one is said;
    urgent ones pass by a window that says so."""
    key = "off-peak" if priority is Priority.BULK and find_window(options, "off-peak") is not None else "window"
    window = find_window(options, key)
    if window is None or (window.urgent and priority is Priority.URGENT):
        return None
    start = window.next_start(now)
    if start <= now:
        return None
    return Waiting(Reason.OUTSIDE_WINDOW, f"{key}={dict(options)[key]}", start)


def check_pages(limits: DocumentLimits, options: PrintOptions, documents: Sequence[Document]) -> Failed | None:
    """Why the destination does not get so many pages, or None."""
    pages = options.count_sides(documents)
    if limits.pages is None or pages <= limits.pages:
        return None
    return Failed(Reason.TOO_MANY_PAGES, f"{pages} pages, and max-pages={limits.pages} holds for this destination")


def check_size(limits: DocumentLimits, size: int | None) -> Failed | None:
    """Why the destination does not get so many bytes, or None."""
    if limits.size is None or size is None or size <= limits.size:
        return None
    words = f"{size} bytes, and max-size={show_size(limits.size)} holds for this destination"
    return Failed(Reason.TOO_LARGE_THERE, words)

"""What a person filled in to send a document → a submission (SPEC D4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from distserver.errors import BadRequest
from distserver.model.documents import NUMBERS_UP, ColorMode, Orientation, PrintOptions, Scaling, Sides
from distserver.model.pages import PageRanges, parse_page_ranges
from distserver.model.states import Priority
from distserver.web.formats import PAPERS

Fields = Mapping[str, Sequence[str]]
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class SendForm:
    """The fields of the page, checked one by one. `stored` are the marks of files that were sent up before."""

    title: str
    groups: tuple[str, ...]
    destinations: tuple[str, ...]
    stored: tuple[str, ...]
    options: PrintOptions
    priority: Priority
    not_before: float | None
    deadline: float | None
    keep: bool
    hold: bool
    key: str


def read_send_form(fields: Fields) -> SendForm:
    """Raises `BadRequest` that names the field."""
    zone = _read_zone(_one(fields, "zone"))
    return SendForm(
        title=" ".join(_one(fields, "title").split())[:255],
        groups=tuple(dict.fromkeys(fields.get("group", ()))),
        destinations=tuple(dict.fromkeys([*fields.get("destination", ()), *_lines(_one(fields, "more"))])),
        stored=tuple(text for text in fields.get("stored", ()) if text),
        options=PrintOptions(
            copies=_read_copies(_one(fields, "copies")),
            sides=_read_choice(fields, "sides", Sides),
            media=_read_media(_one(fields, "media")),
            color=_read_choice(fields, "color", ColorMode) or ColorMode.AUTO,
            page_ranges=_read_pages(_one(fields, "page_ranges")),
            number_up=_read_choice(fields, "number_up", _to_number_up) or 1,
            orientation=_read_choice(fields, "orientation", Orientation.of_word),
            scaling=_read_choice(fields, "scaling", Scaling) or Scaling.AUTO,
        ),
        priority=_read_choice(fields, "priority", Priority) or Priority.NORMAL,
        not_before=_read_time(_one(fields, "not_before"), zone, "Not before"),
        deadline=_read_time(_one(fields, "deadline"), zone, "Until"),
        keep=bool(_one(fields, "keep")),
        hold=bool(_one(fields, "hold")),
        key=_one(fields, "key"),
    )


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "").strip()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read_copies(text: str) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= 999:
        raise BadRequest("Copies: write a whole number between 1 and 999")
    return int(text)


def _read_pages(text: str) -> PageRanges:
    try:
        return parse_page_ranges(text)
    except ValueError as error:
        raise BadRequest(f"Pages: {error}") from error


def _to_number_up(text: str) -> int:
    number = int(text)
    if number not in NUMBERS_UP:
        raise ValueError(text)
    return number


def _read_choice(fields: Fields, name: str, kind: Callable[[str], E]) -> E | None:
    text = _one(fields, name)
    try:
        return kind(text) if text else None
    except ValueError as error:
        raise BadRequest(f"{name}: '{text}' is none of the choices") from error


def _read_media(text: str) -> str | None:
    if text and text not in PAPERS:
        raise BadRequest(f"Paper: '{text}' is none of the choices")
    return text or None


def _read_zone(name: str) -> tzinfo | None:
    """The zone of the person's browser; None means the server's own."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _read_time(text: str, zone: tzinfo | None, label: str) -> float | None:
    """Seconds since the epoch of a clock time without zone, as `datetime-local` fields send it."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{label}: '{text}' is no date and time") from error
    if local.tzinfo is not None:
        return local.astimezone(UTC).timestamp()
    return local.replace(tzinfo=zone).timestamp() if zone else time.mktime(local.timetuple())

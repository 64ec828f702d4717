"""Job Template attributes of a request → what is asked of the broadcast; what cannot be done is named
(RFC 8011 §4.1.7, §5.2; PWG 5100.7, 5100.13, 5100.15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from distserver.intake.ipp.ability import Ability
from distserver.model.address import AddressError, Destination, parse_address
from distserver.model.documents import NUMBERS_UP, ColorMode, Orientation, PrintOptions, Scaling, Sides
from distserver.model.pages import PageRanges
from distserver.model.states import Priority
from distserver.plan.media import parse_media_size
from distwire.ipp.attributes import Attribute, Collection, Group, attribute
from distwire.ipp.tags import ValueTag
from distwire.ipp.values import UNSUPPORTED, Range

MOST_COPIES = 999
COLOR_MODES = ("auto", "color", "monochrome")
HOLDS = ("no-hold", "indefinite", "day-time", "evening", "night", "weekend", "second-shift", "third-shift")
MOST_DESTINATIONS = 1000
FAX_ONLY = ("destination-uris", "cover-sheet-info", "number-of-retries", "retry-interval", "retry-time-out")
WHITHER = ("destination-uris",)
"""What a fax is refused for when it cannot be done: a destination is not left out in silence."""

_ALLOWED = {
    "finishings": (3,),
    "job-sheets": ("none",),
    "multiple-document-handling": ("separate-documents-collated-copies",),
    "output-bin": ("auto", "face-down"),
    "print-content-optimize": ("auto",),
    "print-quality": (3, 4, 5),
    "print-rendering-intent": ("auto",),
}
"""Attributes of which these values are taken and change nothing."""

_TAKEN = frozenset(
    (
        "copies",
        "job-hold-until",
        "job-hold-until-time",
        "job-name",
        "job-priority",
        "media",
        "media-col",
        "number-up",
        "orientation-requested",
        "overrides",
        "page-ranges",
        "print-color-mode",
        "print-scaling",
        "printer-resolution",
        "sides",
        "confirmation-sheet-print",
        *_ALLOWED,
        *FAX_ONLY,
    )
)

_SHIFTS = {
    "day-time": time(6),
    "evening": time(18),
    "night": time(18),
    "second-shift": time(16),
    "third-shift": time(0),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is asked. `not_before` is in seconds since the epoch."""

    options: PrintOptions = PrintOptions()
    hold: bool = False
    not_before: float | None = None
    priority: Priority = Priority.NORMAL
    addressed: tuple[Destination, ...] = ()
    printers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket, and what was asked that is not done here (it is left out of the ticket)."""

    ticket: Ticket
    unsupported: tuple[Attribute, ...]


@dataclass(slots=True)
class _Faults:
    found: dict[str, Attribute] = field(default_factory=dict)

    def add(self, asked: Group, name: str) -> None:
        wrong = asked.find(name)
        if wrong is not None:
            self.found[name] = wrong


def read_ticket(asked: Group, ability: Ability, now: datetime, *, fax: bool) -> Reading:
    """What the job attributes of a request ask for, at the local time `now`."""
    faults = _Faults()
    options = PrintOptions(
        copies=_copies(asked, faults),
        sides=_sides(asked, ability, faults),
        media=_media(asked, ability, faults),
        color=_color(asked, faults),
        page_ranges=_page_ranges(asked, faults),
        number_up=_number_up(asked, faults),
        orientation=_orientation(asked, faults),
        scaling=_scaling(asked, faults),
    )
    _check_others(asked, faults, fax=fax)
    hold, not_before = _hold(asked, now, faults)
    addressed, printers = _destinations(asked, faults) if fax else ((), ())
    ticket = Ticket(options, hold, not_before, _priority(asked, faults), addressed, printers)
    return Reading(ticket, tuple(faults.found.values()))


def _copies(asked: Group, faults: _Faults) -> int:
    copies = asked.integer("copies")
    if copies is None or not 1 <= copies <= MOST_COPIES:
        faults.add(asked, "copies")
        return 1
    return copies


def _sides(asked: Group, ability: Ability, faults: _Faults) -> Sides | None:
    word = asked.string("sides")
    if word in set(ability.sides):
        return Sides(word)
    faults.add(asked, "sides")
    return None


def _color(asked: Group, faults: _Faults) -> ColorMode:
    word = asked.string("print-color-mode")
    if word in COLOR_MODES:
        return ColorMode(word)
    if word == "auto-monochrome":
        return ColorMode.MONOCHROME
    faults.add(asked, "print-color-mode")
    return ColorMode.AUTO


def _media(asked: Group, ability: Ability, faults: _Faults) -> str | None:
    name, source = asked.string("media"), "media"
    if name is None and "media-col" in asked:
        source = "media-col"
        column = next(iter(asked.collections("media-col")), None)
        name = _media_of(column, ability) if column is not None else None
        if name is None and column is not None and "media-size" not in column and "media-size-name" not in column:
            return None  # another property of the paper: whatever lies in it
    known = dict(ability.media)
    if name in known or (name is not None and name.startswith("custom_") and parse_media_size(name)):
        return name
    faults.add(asked, source)
    return None


def _media_of(column: Collection, ability: Ability) -> str | None:
    size = next(iter(column.collections("media-size")), None)
    if size is None:
        return column.string("media-size-name")
    width, height = size.integer("x-dimension"), size.integer("y-dimension")
    if width is None or height is None or width <= 0 or height <= 0:
        return None
    for name, (x, y) in ability.media:
        if abs(x - width) <= 100 and abs(y - height) <= 100:
            return name
    return None


def _page_ranges(asked: Group, faults: _Faults) -> PageRanges:
    found = asked.find("page-ranges")
    ranges = tuple((data.lower, data.upper) for _, data in found.values if isinstance(data, Range)) if found else ()
    ends = [0, *(end for one in ranges for end in one)]
    ascending = all(before < after for before, after in zip(ends[::2], ends[1::2], strict=False))
    if found is None or (ranges and ascending and all(first <= last for first, last in ranges)):
        return ranges
    faults.add(asked, "page-ranges")
    return ()


def _number_up(asked: Group, faults: _Faults) -> int:
    number = asked.integer("number-up")
    if number in NUMBERS_UP:
        return number
    faults.add(asked, "number-up")
    return 1


def _orientation(asked: Group, faults: _Faults) -> Orientation | None:
    number = asked.integer("orientation-requested")
    if number in set(Orientation):
        return Orientation(number)
    faults.add(asked, "orientation-requested")
    return None


def _scaling(asked: Group, faults: _Faults) -> Scaling:
    word = asked.string("print-scaling")
    if word in set(Scaling):
        return Scaling(word)
    faults.add(asked, "print-scaling")
    return Scaling.AUTO


def _priority(asked: Group, faults: _Faults) -> Priority:
    number = asked.integer("job-priority")
    if number is None:
        return Priority.NORMAL
    if not 1 <= number <= 100:
        faults.add(asked, "job-priority")
        return Priority.NORMAL
    return Priority.URGENT if number > 75 else Priority.BULK if number < 25 else Priority.NORMAL


def _hold(asked: Group, now: datetime, faults: _Faults) -> tuple[bool, float | None]:
    at = asked.first("job-hold-until-time")
    if isinstance(at, datetime):
        return False, at.timestamp()
    faults.add(asked, "job-hold-until-time")
    word = asked.string("job-hold-until") or "no-hold"
    if word == "indefinite":
        return True, None
    if word not in HOLDS:
        faults.add(asked, "job-hold-until")
        return False, None
    start = next_start(word, now)
    return False, None if start is None else start.timestamp()


def next_start(word: str, now: datetime) -> datetime | None:
    """When what is held until `word` may start; None when that is now. Day-time is from 6 to 18, second-shift from 16,
    third-shift from 0 o'clock (as CUPS has them)."""
    if word in ("no-hold", ""):
        return None
    if word == "weekend":
        days = (5 - now.weekday()) % 7
        return None if now.weekday() >= 5 else datetime.combine(now.date() + timedelta(days), time(0), now.tzinfo)
    hour = now.hour
    running = {
        "day-time": 6 <= hour < 18,
        "evening": hour >= 18 or hour < 6,
        "night": hour >= 18 or hour < 6,
        "second-shift": hour >= 16,
        "third-shift": hour < 8,
    }[word]
    if running:
        return None
    start = datetime.combine(now.date(), _SHIFTS[word], now.tzinfo)
    return start if start > now else start + timedelta(days=1)


def _check_others(asked: Group, faults: _Faults, *, fax: bool) -> None:
    for name, allowed in _ALLOWED.items():
        found = asked.find(name)
        if found is not None and not all(data in allowed for _, data in found.values):
            faults.found[name] = found
    for each in asked:
        if each.name not in _TAKEN or (each.name in FAX_ONLY and not fax):
            faults.found[each.name] = attribute(each.name, UNSUPPORTED)


def _destinations(asked: Group, faults: _Faults) -> tuple[tuple[Destination, ...], tuple[str, ...]]:
    """The `destination-uris` of FaxOut (PWG 5100.15 §5.1.2): addresses with options of their own, and printers of ours
    (`ipp://…/ipp/print/GROUP`) as they were written."""
    columns = asked.collections("destination-uris")
    if "destination-uris" in asked and (not columns or len(columns) > MOST_DESTINATIONS):
        faults.add(asked, "destination-uris")
        return (), ()
    addressed: list[Destination] = []
    printers: list[str] = []
    for column in columns:
        uri = column.string("destination-uri")
        if uri is None:
            faults.add(asked, "destination-uris")
            continue
        try:
            address = parse_address(uri)
        except AddressError:
            faults.add(asked, "destination-uris")
            continue
        addressed.append(Destination(address, uri, tuple(_overrides(column))))
        printers.append(uri)
    return tuple(addressed), tuple(printers)


_OVERRIDES = ("pre-dial-string", "post-dial-string", "t33-subaddress", "print-quality", "media", "sides", "copies")


def _overrides(column: Collection) -> Iterable[tuple[str, str]]:
    for name in _OVERRIDES:
        found = column.find(name)
        if found is not None and found.value is not None and found.value.tag > ValueTag.DELETE_ATTRIBUTE:
            words = str(found.value.data).strip()
            if words and not any(c in words for c in ";=\r\n"):
                yield name, words[:255]


def without_destinations(ticket: Ticket, ours: frozenset[str]) -> Ticket:
    """The ticket without the addresses that turned out to be printers of this server."""
    return replace(ticket, addressed=tuple(one for one in ticket.addressed if one.name not in ours))

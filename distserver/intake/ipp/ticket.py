"""Job Template attributes of a request → what is asked of the broadcast; what cannot be done is named
(RFC 8011 §4.1.7, §5.2; PWG 5100.7, 5100.13, 5100.15)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.choices import (
    AS_ONE,
    CHOICES,
    color_modes,
    find_wrong_values,
    is_usual_paper,
    overrides_nothing,
)
from distserver.jobs.service import FARTHEST_SECONDS
from distserver.model.documents import NUMBERS_UP, ColorMode, Orientation, PrintOptions, Quality, Scaling, Sides
from distserver.model.pages import PageRanges, check_page_ranges
from distserver.model.states import Priority
from distserver.plan.media import parse_media_size
from distwire.ipp.attributes import Attribute, AttributeList, Group, attribute
from distwire.ipp.values import UNSUPPORTED, Range

MOST_COPIES = 999
LEVELS = 3
"""Of `job-priority`: its values are spread over them evenly (RFC 8011 §5.2.1)."""
HOLDS = ("no-hold", "indefinite", "day-time", "evening", "night", "weekend", "second-shift", "third-shift")
SETTABLE = ("job-hold-until",)
"""What may be changed of a job that is there."""

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
        "print-quality",
        "print-scaling",
        "sides",
        *CHOICES,
    )
)

_FARTHEST = timedelta(seconds=FARTHEST_SECONDS) - timedelta(days=1)
"""Clocks may differ by that day."""
_SHIFTS = {
    "day-time": time(6),
    "evening": time(18),
    "night": time(18),
    "second-shift": time(16),
    "third-shift": time(0),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is asked. `not_before` is in seconds since the epoch; `separate`: page ranges are those of each document."""

    options: PrintOptions = PrintOptions()
    hold: bool = False
    not_before: float | None = None
    priority: Priority = Priority.NORMAL
    separate: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket, and what was asked that is not done here (it is left out of the ticket)."""

    ticket: Ticket
    unsupported: tuple[Attribute, ...]


@dataclass(slots=True)
class Faults:
    """What cannot be done, by name."""

    found: dict[str, Attribute] = field(default_factory=dict)

    def add(self, asked: AttributeList, name: str) -> None:
        wrong = asked.find(name)
        if wrong is not None:
            self.found[name] = wrong


def read_ticket(asked: Group, ability: Ability, now: datetime, taken: Collection[str] = ()) -> Reading:
    """What the job attributes of a request ask for, at the local time `now`; those `taken` are read elsewhere."""
    faults = Faults()
    options = read_options(asked, ability, faults)
    _check_others(asked, faults, taken)
    hold, not_before = _hold(asked, now, faults)
    separate = asked.string("multiple-document-handling") != AS_ONE
    ticket = Ticket(options, hold, not_before, _priority(asked, faults), separate)
    return Reading(ticket, tuple(faults.found.values()))


def read_options(asked: AttributeList, ability: Ability, faults: Faults) -> PrintOptions:
    """How the documents are to be printed."""
    return PrintOptions(
        copies=_copies(asked, faults),
        sides=_sides(asked, ability, faults),
        media=_media(asked, ability, faults),
        color=_color(asked, ability, faults),
        page_ranges=_page_ranges(asked, faults),
        number_up=_number_up(asked, faults),
        orientation=_orientation(asked, faults),
        scaling=_scaling(asked, faults),
        quality=_quality(asked, faults),
    )


def _quality(asked: AttributeList, faults: Faults) -> Quality | None:
    number = asked.integer("print-quality")
    if number in set(Quality):
        return Quality(number)
    faults.add(asked, "print-quality")
    return None


def _copies(asked: AttributeList, faults: Faults) -> int:
    copies = asked.integer("copies")
    if copies is None or not 1 <= copies <= MOST_COPIES:
        faults.add(asked, "copies")
        return 1
    return copies


def _sides(asked: AttributeList, ability: Ability, faults: Faults) -> Sides | None:
    word = asked.string("sides")
    if word in set(ability.sides):
        return Sides(word)
    faults.add(asked, "sides")
    return None


def _color(asked: AttributeList, ability: Ability, faults: Faults) -> ColorMode:
    word = asked.string("print-color-mode")
    if word in color_modes(ability):
        return ColorMode(word)
    faults.add(asked, "print-color-mode")
    return ColorMode.AUTO


def _media(asked: AttributeList, ability: Ability, faults: Faults) -> str | None:
    name, source = asked.string("media"), "media"
    column = next(iter(asked.collections("media-col")), None)
    if column is not None and not is_usual_paper(column):
        faults.add(asked, "media-col")
    if name is None and "media-col" in asked:
        source = "media-col"
        name = _media_of(column, ability) if column is not None else None
        if name is None and column is not None and "media-size" not in column and "media-size-name" not in column:
            return None
    known = dict(ability.media)
    if name in known or (name is not None and name.startswith("custom_") and parse_media_size(name)):
        return name
    faults.add(asked, source)
    return None


def _media_of(column: AttributeList, ability: Ability) -> str | None:
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


def _page_ranges(asked: AttributeList, faults: Faults) -> PageRanges:
    found = asked.find("page-ranges")
    ranges = tuple((data.lower, data.upper) for _, data in found.values if isinstance(data, Range)) if found else ()
    if found is None or (ranges and _are_page_ranges(ranges)):
        return ranges
    faults.add(asked, "page-ranges")
    return ()


def _are_page_ranges(ranges: PageRanges) -> bool:
    try:
        check_page_ranges(ranges)
    except ValueError:
        return False
    return True


def _number_up(asked: AttributeList, faults: Faults) -> int:
    number = asked.integer("number-up")
    if number in NUMBERS_UP:
        return number
    faults.add(asked, "number-up")
    return 1


def _orientation(asked: AttributeList, faults: Faults) -> Orientation | None:
    number = asked.integer("orientation-requested")
    if number in set(Orientation):
        return Orientation(number)
    faults.add(asked, "orientation-requested")
    return None


def _scaling(asked: AttributeList, faults: Faults) -> Scaling:
    word = asked.string("print-scaling")
    if word in set(Scaling):
        return Scaling(word)
    faults.add(asked, "print-scaling")
    return Scaling.AUTO


def _priority(asked: Group, faults: Faults) -> Priority:
    number = asked.integer("job-priority")
    if number is None:
        return Priority.NORMAL
    if not 1 <= number <= 100:
        faults.add(asked, "job-priority")
        return Priority.NORMAL
    return (Priority.BULK, Priority.NORMAL, Priority.URGENT)[(number - 1) * LEVELS // 100]


def _hold(asked: Group, now: datetime, faults: Faults) -> tuple[bool, float | None]:
    at = asked.first("job-hold-until-time")
    if isinstance(at, datetime) and at - now < _FARTHEST:
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


def _check_others(asked: Group, faults: Faults, taken: Collection[str]) -> None:
    if not all(overrides_nothing(one) for one in asked.collections("overrides")):
        faults.add(asked, "overrides")
    for each in asked:
        if each.name in CHOICES and (wrong := find_wrong_values(each)) is not None:
            faults.found[each.name] = wrong
        if each.name not in _TAKEN and each.name not in taken:
            faults.found[each.name] = attribute(each.name, UNSUPPORTED)

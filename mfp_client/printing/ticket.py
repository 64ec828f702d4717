"""Job Template attributes of a request ⇄ the job's ticket; what the device cannot do is named (RFC 8011 §4.1.7)."""

from __future__ import annotations

from dataclasses import dataclass

from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.values import UNSUPPORTED, Range, enum, integer, keyword, range_of
from mfp_client.printing.job import Ticket
from mfp_client.printing.media import find_media, match_media
from mfp_client.printing.profiles import Profile

MOST_COPIES = 999
COLOR_MODES = ("auto", "color", "monochrome")
MONO_MODES = ("auto", "monochrome")
SCALINGS = ("auto", "auto-fit", "fill", "fit", "none")
HOLDS = ("no-hold", "indefinite")
ORIENTATIONS = (3, 4, 5, 6)
OUTPUT_BIN = "face-down"
TEMPLATE = (
    "copies",
    "finishings",
    "job-hold-until",
    "job-priority",
    "job-sheets",
    "media",
    "media-col",
    "multiple-document-handling",
    "orientation-requested",
    "output-bin",
    "overrides",
    "page-ranges",
    "print-color-mode",
    "print-content-optimize",
    "print-quality",
    "print-rendering-intent",
    "print-scaling",
    "printer-resolution",
    "sides",
)
"""Job Template attributes that are known here, most of them because every printer has to know them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket, and what was asked that this printer does not do (it was left out of the ticket)."""

    ticket: Ticket
    unsupported: tuple[Attribute, ...]


def color_modes(profile: Profile) -> tuple[str, ...]:
    """print-color-mode-supported."""
    return COLOR_MODES if profile.color else MONO_MODES


def read_ticket(asked: Group, profile: Profile) -> Reading:
    """What the job attributes of a request ask for."""
    media = _media_name(asked)
    ranges = asked.find("page-ranges")
    copies = asked.integer("copies")
    ticket = Ticket(
        copies=1 if copies is None else copies,
        sides=asked.string("sides"),
        media=media,
        color_mode=asked.string("print-color-mode") or "auto",
        scaling=asked.string("print-scaling") or "auto",
        orientation=asked.integer("orientation-requested"),
        page_ranges=tuple(tuple(d) for _, d in ranges.values if isinstance(d, Range)) if ranges else (),  # type: ignore[misc]
        hold=asked.string("job-hold-until") == "indefinite",
    )
    return _drop_unsupported(asked, ticket, profile)


def write_ticket(ticket: Ticket) -> tuple[Attribute, ...]:
    """The ticket as job attributes."""
    attributes = [
        attribute("copies", integer(ticket.copies)),
        attribute("print-color-mode", keyword(ticket.color_mode)),
    ]
    attributes.append(attribute("job-hold-until", keyword("indefinite" if ticket.hold else "no-hold")))
    if ticket.sides:
        attributes.append(attribute("sides", keyword(ticket.sides)))
    if ticket.media:
        attributes.append(attribute("media", keyword(ticket.media)))
    if ticket.orientation:
        attributes.append(attribute("orientation-requested", enum(ticket.orientation)))
    if ticket.page_ranges:
        attributes.append(attribute("page-ranges", *(range_of(*each) for each in ticket.page_ranges)))
    return tuple(attributes)


def _media_name(asked: Group) -> str | None:
    """The paper that `media`, or the media-size of `media-col`, names."""
    name = asked.string("media")
    if name is not None:
        return name
    columns = next(iter(asked.collections("media-col")), None)
    if columns is None:
        return None
    size = next(iter(columns.collections("media-size")), None)
    if size is None:
        return columns.string("media-size-name")
    width, height = size.integer("x-dimension"), size.integer("y-dimension")
    if width is None or height is None:
        return None
    media = match_media(width, height)
    return media.name if media else f"{width}x{height}"


def _drop_unsupported(asked: Group, ticket: Ticket, profile: Profile) -> Reading:
    bad: dict[str, dict[str, object]] = {}
    if not 1 <= ticket.copies <= MOST_COPIES:
        bad["copies"] = {"copies": 1}
    if ticket.sides is not None and ticket.sides not in profile.sides:
        bad["sides"] = {"sides": None}
    if ticket.media is not None and find_media(ticket.media) is None:
        bad["media" if "media" in asked else "media-col"] = {"media": None}
    if ticket.color_mode not in color_modes(profile):
        bad["print-color-mode"] = {"color_mode": "auto"}
    if (asked.string("job-hold-until") or "no-hold") not in HOLDS:
        bad["job-hold-until"] = {"hold": False}
    if ticket.scaling not in SCALINGS:
        bad["print-scaling"] = {"scaling": "auto"}
    if ticket.orientation is not None and ticket.orientation not in ORIENTATIONS:
        bad["orientation-requested"] = {"orientation": None}
    if any(not 1 <= first <= last for first, last in ticket.page_ranges):
        bad["page-ranges"] = {"page_ranges": ()}
    changes = {key: value for change in bad.values() for key, value in change.items()}
    taken = {key: getattr(ticket, key) for key in Ticket.__dataclass_fields__} | changes
    causes = [found for name in bad if (found := asked.find(name)) is not None]
    unknown = [attribute(each.name, UNSUPPORTED) for each in asked if each.name not in TEMPLATE]
    return Reading(Ticket(**taken), (*causes, *unknown))

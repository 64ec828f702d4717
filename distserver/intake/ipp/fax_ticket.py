"""What a fax asks for beyond a print job: destinations, each with wishes of its own, how often they are tried, a cover
sheet (PWG 5100.15 §7.1, §7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from distserver.deliver.retry import LEAST_INTERVAL, MOST_INTERVAL
from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.cover_sheet import COVER_MEMBERS, read_cover_sheet
from distserver.intake.ipp.ticket import Faults, Reading, Ticket, read_options, read_ticket
from distserver.model.address import AddressError, Destination, parse_address
from distserver.model.documents import PrintOptions
from distserver.model.pages import format_page_ranges
from distwire.ipp.attributes import Attribute, AttributeList, Group, attribute, collection
from distwire.pdf.cover_sheet import CoverSheet

MOST_DESTINATIONS = 1000
MOST_RETRIES = 1000
MOST_SECONDS = 30 * 86400
DIALING = ("pre-dial-string", "post-dial-string", "t33-subaddress")
FAX_ATTRIBUTES = (
    "confirmation-sheet-print",
    "cover-sheet-info",
    "destination-uris",
    "number-of-retries",
    "retry-interval",
    "retry-time-out",
)

_OPTIONS: dict[str, Callable[[PrintOptions], tuple[str, str]]] = {
    "copies": lambda asked: ("copies", str(asked.copies)),
    "sides": lambda asked: ("sides", str(asked.sides)),
    "media": lambda asked: ("media", asked.media or ""),
    "media-col": lambda asked: ("media", asked.media or ""),
    "print-color-mode": lambda asked: ("color", str(asked.color)),
    "page-ranges": lambda asked: ("pages", format_page_ranges(asked.page_ranges)),
    "number-up": lambda asked: ("number-up", str(asked.number_up)),
    "orientation-requested": lambda asked: ("orientation", asked.orientation.word if asked.orientation else ""),
    "print-scaling": lambda asked: ("scaling", str(asked.scaling)),
    "print-quality": lambda asked: ("quality", asked.quality.name.lower() if asked.quality else ""),
}
OF_DESTINATION = ("destination-uri", *DIALING, *_OPTIONS)
"""What each of `destination-uris` may say."""


@dataclass(frozen=True, slots=True)
class FaxTicket(Ticket):
    """`addressed` are the destinations, under the URI they were asked for by; `asked` are options of every delivery;
    `seconds` is for how long it is tried."""

    addressed: tuple[Destination, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    seconds: int | None = None
    cover: CoverSheet | None = None


@dataclass(frozen=True, slots=True)
class FaxReading(Reading):
    """`unreachable` are those of `destination-uris` to which nothing can go: then nothing goes to the others either."""

    ticket: FaxTicket
    unreachable: tuple[AttributeList, ...] = ()


@dataclass(slots=True)
class _Found:
    """What is read of `destination-uris`; `left_out` are members of single ones that are not done."""

    addressed: list[Destination] = field(default_factory=list)
    unreachable: list[AttributeList] = field(default_factory=list)
    left_out: list[AttributeList] = field(default_factory=list)


def read_fax_ticket(asked: Group, ability: Ability, now: datetime) -> FaxReading:
    """What the job attributes of a request to a fax ask for, at the local time `now`."""
    plain = read_ticket(asked, ability, now, FAX_ATTRIBUTES)
    faults = Faults({one.name: one for one in plain.unsupported})
    found = _read_destinations(asked, ability)
    if found.left_out:
        faults.found["destination-uris"] = name_destinations(found.left_out)
    retries = _read_number(asked, "number-of-retries", (0, MOST_RETRIES), faults)
    interval = _read_number(asked, "retry-interval", (LEAST_INTERVAL, MOST_INTERVAL), faults)
    if asked.boolean("confirmation-sheet-print") is not False:
        faults.add(asked, "confirmation-sheet-print")
    ticket = FaxTicket(
        plain.ticket.options,
        plain.ticket.hold,
        plain.ticket.not_before,
        plain.ticket.priority,
        plain.ticket.separate,
        addressed=tuple(found.addressed),
        asked=tuple(_write_numbers(("number-of-retries", retries), ("retry-interval", interval))),
        seconds=_read_number(asked, "retry-time-out", (1, MOST_SECONDS), faults),
        cover=_read_cover(asked, faults),
    )
    return FaxReading(ticket, tuple(faults.found.values()), tuple(found.unreachable))


def name_destinations(columns: Sequence[AttributeList]) -> Attribute:
    """Some of `destination-uris`, or of what they said, for the answer's unsupported attributes."""
    return attribute("destination-uris", *(collection(*column.attributes) for column in columns))


def _read_number(asked: Group, name: str, bounds: tuple[int, int], faults: Faults) -> int | None:
    number = asked.integer(name)
    if number is not None and bounds[0] <= number <= bounds[1]:
        return number
    faults.add(asked, name)
    return None


def _write_numbers(*numbers: tuple[str, int | None]) -> Iterator[tuple[str, str]]:
    for name, number in numbers:
        if number is not None:
            yield name, str(number)


def _read_cover(asked: Group, faults: Faults) -> CoverSheet | None:
    column = next(iter(asked.collections("cover-sheet-info")), None)
    if column is None:
        if (found := asked.find("cover-sheet-info")) is not None and found.strings:
            faults.add(asked, "cover-sheet-info")
        return None
    wrong = [one for one in column if one.name not in COVER_MEMBERS or not one.strings]
    if wrong:
        faults.found["cover-sheet-info"] = attribute("cover-sheet-info", collection(*wrong))
    return read_cover_sheet(column)


def _read_destinations(asked: Group, ability: Ability) -> _Found:
    """Addresses, and printers of ours as they were written: whose they are is seen by who knows the groups."""
    found, columns = _Found(), asked.collections("destination-uris")
    if "destination-uris" in asked and not columns:
        found.unreachable.append(AttributeList())
    for column in columns:
        uri = column.string("destination-uri") or ""
        try:
            address = parse_address(uri)
        except AddressError:
            found.unreachable.append(column)
            continue
        options, wrong = _read_wishes(column, ability)
        found.addressed.append(Destination(address, uri, options))
        if wrong:
            found.left_out.append(AttributeList([*filter(None, [column.find("destination-uri")]), *wrong]))
    found.unreachable += columns[MOST_DESTINATIONS:]
    return found


def _read_wishes(column: AttributeList, ability: Ability) -> tuple[tuple[tuple[str, str], ...], list[Attribute]]:
    """What is asked of one destination, as options of a line, and what of it is not done."""
    faults, options = Faults(), list[tuple[str, str]]()
    asked = read_options(column, ability, faults)
    for one in column:
        if one.name in DIALING:
            words = _read_dialing(one)
            if words is None:
                faults.add(column, one.name)
            else:
                options.append((one.name, words))
        elif one.name in _OPTIONS and one.name not in faults.found:
            name, value = _OPTIONS[one.name](asked)
            if value:
                options.append((name, value))
        elif one.name not in OF_DESTINATION:
            faults.add(column, one.name)
    return tuple(options), list(faults.found.values())


def _read_dialing(one: Attribute) -> str | None:
    """Strings to dial, and subaddresses, which are numbers for some."""
    words = next(iter((*one.strings, *map(str, one.integers))), "").strip()
    return words[:255] if words and not any(c in words for c in ";=\r\n") else None

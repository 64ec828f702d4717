"""What is asked of a broadcast by IPP's Job Template attributes (SPEC N1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from distserver.engine.conditions import Condition
from distserver.intake.ipp.ability import join
from distserver.intake.ipp.fax_ticket import read_fax_ticket
from distserver.intake.ipp.ticket import next_start, read_ticket
from distserver.model.address import Destination, parse_address
from distserver.model.documents import ColorMode, Sides
from distserver.model.pages import MOST_RANGES
from distserver.model.states import Priority
from distwire.ipp import Attribute, Group, GroupTag, attribute, collection
from distwire.ipp.values import date_time, enum, integer, keyword, range_of, uri

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ABILITY = join([Condition(Destination(parse_address("discard:one"), "one"))])


def read(*attributes: Attribute, fax: bool = False) -> tuple[object, list[str]]:
    read_one = read_fax_ticket if fax else read_ticket
    reading = read_one(Group(GroupTag.JOB, attributes), ABILITY, MONDAY)
    return reading.ticket, [one.name for one in reading.unsupported]


def test_what_is_understood() -> None:
    size = collection(attribute("x-dimension", integer(21000)), attribute("y-dimension", integer(29700)))
    ticket, left = read(
        attribute("copies", integer(3)),
        attribute("sides", keyword("two-sided-short-edge")),
        attribute("print-color-mode", keyword("monochrome")),
        attribute("media-col", collection(attribute("media-size", size))),
        attribute("job-priority", integer(100)),
    )
    assert left == []
    options = ticket.options  # type: ignore[attr-defined]
    assert (options.copies, options.sides, options.color) == (3, Sides.SHORT_EDGE, ColorMode.MONOCHROME)
    assert options.media == "iso_a4_210x297mm"
    assert ticket.priority is Priority.URGENT  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong",
    [
        attribute("copies", integer(0)),
        attribute("copies", integer(1000)),
        attribute("sides", keyword("both")),
        attribute("media", keyword("iso_a99_1x1mm")),
        attribute("job-priority", integer(101)),
        attribute("job-hold-until", keyword("tea-time")),
        attribute("print-scaling", keyword("twice")),
        attribute("orientation-requested", enum(9)),
        attribute("finishings", enum(4)),
        attribute("x-unheard-of", keyword("yes")),
        attribute("destination-uris", collection(attribute("destination-uri", uri("tel:1")))),
    ],
    ids=lambda one: one.name,
)
def test_what_cannot_be_done_is_named(wrong: Attribute) -> None:
    assert read(wrong)[1] == [wrong.name]


def test_destinations_of_a_fax_keep_their_options() -> None:
    columns = [
        collection(
            attribute("destination-uri", uri("tel:+81-3-1234-5678")), attribute("pre-dial-string", keyword("0"))
        ),
        collection(attribute("destination-uri", uri("mailto:a@example.org"))),
    ]
    ticket, left = read(attribute("destination-uris", *columns), fax=True)
    assert left == []
    found = [(one.address.uri, one.options) for one in ticket.addressed]  # type: ignore[attr-defined]
    assert found == [("tel:+81312345678", (("pre-dial-string", "0"),)), ("mailto:a@example.org", ())]


def test_a_time_to_wait_for() -> None:
    at = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    ticket, left = read(attribute("job-hold-until-time", date_time(at)))
    assert (ticket.not_before, left) == (at.timestamp(), [])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("no-hold", None),
        ("day-time", None),
        ("evening", datetime(2026, 3, 2, 18, tzinfo=UTC)),
        ("night", datetime(2026, 3, 2, 18, tzinfo=UTC)),
        ("second-shift", datetime(2026, 3, 2, 16, tzinfo=UTC)),
        ("third-shift", datetime(2026, 3, 3, 0, tzinfo=UTC)),
        ("weekend", datetime(2026, 3, 7, 0, tzinfo=UTC)),
    ],
)
def test_when_a_held_job_starts(word: str, start: datetime | None) -> None:
    assert next_start(word, MONDAY) == start


def test_what_has_begun_holds_nothing() -> None:
    sunday, night = datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert next_start("weekend", sunday) is None
    assert next_start("evening", night) is None
    assert next_start("day-time", night) == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_a_time_farther_away_than_any_job_may_wait_is_not_taken() -> None:
    """Else the job would be refused when its last document has come."""
    ticket, left = read(attribute("job-hold-until-time", date_time(MONDAY + timedelta(days=3650))))
    assert left == ["job-hold-until-time"]
    assert ticket.not_before is None  # type: ignore[attr-defined]
    near = MONDAY + timedelta(days=3600)
    ticket, left = read(attribute("job-hold-until-time", date_time(near)))
    assert (left, ticket.not_before) == ([], near.timestamp())  # type: ignore[attr-defined]


def test_more_page_ranges_than_a_job_takes_are_not_taken() -> None:
    ticket, left = read(attribute("page-ranges", *(range_of(2 * n + 1, 2 * n + 1) for n in range(MOST_RANGES + 1))))
    assert (left, ticket.options.page_ranges) == (["page-ranges"], ())  # type: ignore[attr-defined]

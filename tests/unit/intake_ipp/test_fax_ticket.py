"""What a fax asks for: wishes of single destinations, retries, cover sheets (PWG 5100.15)."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.engine.conditions import Condition
from distserver.intake.ipp.ability import join
from distserver.intake.ipp.fax_ticket import OF_DESTINATION, FaxReading, read_fax_ticket
from distserver.model.address import Destination, parse_address
from distserver.model.documents import ColorMode, Orientation, PrintOptions, Quality, Scaling, Sides
from distwire.ipp import Attribute, Group, GroupTag, attribute, collection
from distwire.ipp.values import Value, boolean, enum, integer, keyword, name, range_of, text, uri
from distwire.pdf.cover_sheet import CoverSheet, draw_cover_sheet

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ABILITY = join([Condition(Destination(parse_address("discard:one"), "one"))])
SIZE = collection(attribute("x-dimension", integer(14800)), attribute("y-dimension", integer(21000)))


def read(*attributes: Attribute) -> FaxReading:
    return read_fax_ticket(Group(GroupTag.JOB, attributes), ABILITY, NOW)


def read_one(*wishes: Attribute) -> tuple[FaxReading, tuple[tuple[str, str], ...]]:
    reading = read(attribute("destination-uris", collection(attribute("destination-uri", uri("tel:+81")), *wishes)))
    (one,) = reading.ticket.addressed
    return reading, one.options


def test_whatever_a_job_may_ask_one_destination_may_be_asked() -> None:
    """N1: as options of its line, which make of the job's wishes what the destination gets."""
    reading, options = read_one(
        attribute("copies", integer(3)),
        attribute("media-col", collection(attribute("media-size", SIZE))),
        attribute("number-up", integer(4)),
        attribute("orientation-requested", enum(5)),
        attribute("page-ranges", range_of(2, 3), range_of(7, 7)),
        attribute("print-color-mode", keyword("monochrome")),
        attribute("print-quality", enum(3)),
        attribute("print-scaling", keyword("fill")),
        attribute("sides", keyword("two-sided-short-edge")),
    )
    assert not reading.unsupported
    assert PrintOptions(copies=9, color=ColorMode.COLOR).at(options) == PrintOptions(
        copies=3,
        media="iso_a5_148x210mm",
        number_up=4,
        orientation=Orientation.REVERSE_LANDSCAPE,
        page_ranges=((2, 3), (7, 7)),
        color=ColorMode.MONOCHROME,
        quality=Quality.DRAFT,
        scaling=Scaling.FILL,
        sides=Sides.SHORT_EDGE,
    )


def test_what_is_dialed_is_kept_as_it_was_said() -> None:
    dialing = [attribute("pre-dial-string", text("0,")), attribute("post-dial-string", text("#12"))]
    _, options = read_one(*dialing, attribute("t33-subaddress", integer(42)))
    assert options == (("pre-dial-string", "0,"), ("post-dial-string", "#12"), ("t33-subaddress", "42"))


@pytest.mark.parametrize("secret", ["user", "secret", "tls", "server", "resend", "at-once", "format"])
def test_nobody_asks_of_a_destination_what_only_its_line_may_say(secret: str) -> None:
    """Section 8 of the architecture."""
    reading, options = read_one(attribute(secret, keyword("none")))
    assert options == ()
    (named,) = reading.unsupported[0].collections
    assert secret in named


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ([attribute("number-of-retries", integer(3)), attribute("retry-interval", integer(60))], 2),
        ([attribute("number-of-retries", integer(-1)), attribute("retry-interval", integer(5))], 0),
        ([attribute("number-of-retries", integer(0))], 1),
    ],
)
def test_retries_are_options_of_every_delivery(asked: list[Attribute], kept: int) -> None:
    reading = read(*asked)
    assert len(reading.ticket.asked) == kept
    assert len(reading.unsupported) == len(asked) - kept


def test_a_cover_sheet_without_words_is_none() -> None:
    assert read(attribute("cover-sheet-info", collection(attribute("to-name", name("  "))))).ticket.cover is None
    assert read(attribute("cover-sheet-info", keyword("yes"))).unsupported[0].name == "cover-sheet-info"


@given(st.text(max_size=255), st.text(max_size=255), st.text(max_size=255), st.text(max_size=1023))
def test_a_cover_sheet_can_be_drawn_of_any_words(to: str, sender: str, subject: str, message: str) -> None:
    members = zip(("to-name", "from-name", "subject", "message"), (to, sender, subject, message), strict=True)
    asked = attribute("cover-sheet-info", collection(*(attribute(key, text(words)) for key, words in members)))
    cover = read(asked).ticket.cover
    with pdfium.PdfDocument(draw_cover_sheet(cover or CoverSheet(), NOW, 3)) as drawn:
        assert 1 <= len(drawn) <= 3


VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(integer),
    st.booleans().map(boolean),
    st.text(max_size=40).map(keyword),
    st.integers(0, 0x7F).map(lambda tag: Value(tag, None)),
    st.tuples(st.integers(-5, 5), st.integers(-5, 5)).map(lambda ends: range_of(*ends)),
)
WISHES = st.lists(st.tuples(st.sampled_from((*OF_DESTINATION, "x-odd")), VALUES), max_size=6)


@given(st.lists(WISHES, max_size=4))
def test_anything_may_come(wanted: list[list[tuple[str, Value]]]) -> None:
    """N1: it is read, named or refused, and breaks nothing."""
    columns = [collection(*(attribute(key, value) for key, value in wishes)) for wishes in wanted]
    reading = read(attribute("destination-uris", *columns))
    assert len(reading.ticket.addressed) + len(reading.unreachable) >= bool(columns)

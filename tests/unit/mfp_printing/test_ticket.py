"""What a request asks of its printing, and what the device says it will not do (RFC 8011 §4.1.7)."""

from __future__ import annotations

import pytest

from distwire.ipp import Attribute, Group, GroupTag, attribute, collection
from distwire.ipp.values import UNSUPPORTED, enum, integer, keyword, range_of
from mfp_client.printing.job import Ticket
from mfp_client.printing.profiles import PROFILES
from mfp_client.printing.ticket import Reading, read_ticket, write_ticket

PDF = PROFILES["pdf"]
MONO = PROFILES["pwg-mono"]


def read(*asked: Attribute, profile: str = "pdf") -> Reading:
    return read_ticket(Group(GroupTag.JOB, asked), PROFILES[profile])


def test_what_can_be_done_is_taken() -> None:
    reading = read(
        attribute("copies", integer(3)),
        attribute("sides", keyword("two-sided-short-edge")),
        attribute("media", keyword("jis_b5_182x257mm")),
        attribute("print-color-mode", keyword("monochrome")),
        attribute("orientation-requested", enum(4)),
        attribute("page-ranges", range_of(1, 2), range_of(5, 9)),
        attribute("job-hold-until", keyword("indefinite")),
    )
    assert not reading.unsupported
    assert reading.ticket == Ticket(
        copies=3,
        sides="two-sided-short-edge",
        media="jis_b5_182x257mm",
        color_mode="monochrome",
        orientation=4,
        page_ranges=((1, 2), (5, 9)),
        hold=True,
    )
    names = {each.name for each in write_ticket(reading.ticket)}
    assert {"copies", "sides", "media", "page-ranges", "orientation-requested"} <= names


@pytest.mark.parametrize(
    ("asked", "profile"),
    [
        (attribute("copies", integer(0)), "pdf"),
        (attribute("copies", integer(1000)), "pdf"),
        (attribute("sides", keyword("two-sided-long-edge")), "pwg-mono"),
        (attribute("media", keyword("na_ledger_11x17in")), "pdf"),
        (attribute("print-color-mode", keyword("color")), "pwg-mono"),
        (attribute("print-scaling", keyword("huge")), "pdf"),
        (attribute("orientation-requested", enum(9)), "pdf"),
        (attribute("page-ranges", range_of(3, 1)), "pdf"),
        (attribute("job-hold-until", keyword("night")), "pdf"),
    ],
)
def test_what_cannot_be_done_is_named_and_left_out(asked: Attribute, profile: str) -> None:
    reading = read(asked, profile=profile)
    assert reading.unsupported == (asked,)
    assert reading.ticket == Ticket()


def test_an_attribute_nobody_knows_comes_back_as_unsupported() -> None:
    reading = read(attribute("perfume", keyword("rose")))
    assert reading.unsupported == (attribute("perfume", UNSUPPORTED),)


def test_media_col_names_the_paper_by_its_size() -> None:
    size = collection(attribute("x-dimension", integer(21000)), attribute("y-dimension", integer(29700)))
    assert read(attribute("media-col", collection(attribute("media-size", size)))).ticket.media == "iso_a4_210x297mm"
    odd = collection(attribute("x-dimension", integer(12345)), attribute("y-dimension", integer(54321)))
    reading = read(attribute("media-col", collection(attribute("media-size", odd))))
    assert reading.ticket.media is None
    assert [each.name for each in reading.unsupported] == ["media-col"]

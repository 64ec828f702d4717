"""Supplies, trays and alerts as printers tell them (PWG 5100.9, PWG 5100.13): read as they come, and not too much of
it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.deliver.channels.ipp_description import read_capabilities, update_condition
from distserver.deliver.channels.ipp_supplies import read_alerts, read_supplies, read_trays
from distserver.engine.capabilities import capabilities_to_json
from distserver.model.supplies import Alert, Supply, Tray
from distwire.ipp import Group, GroupTag, attribute
from distwire.ipp.values import Value, enum, integer, keyword, name, octets, text


def _group(name: str, *values: Value, **more: tuple[Value, ...]) -> Group:
    others = [attribute(key.replace("_", "-"), *each) for key, each in more.items()]
    return Group(GroupTag.PRINTER, [attribute(name, *values), *others])


@pytest.mark.parametrize(
    ("said", "percent"),
    [
        (b"index=1;type=toner;unit=percent;maxcapacity=100;level=8;colorantname=black;", 8),
        (b"type=toner;colorantname=black;MaxCapacity=2000;Level=500", 25),
        (b"type=toner;colorantname=black;level=40;unit=percent", 40),
        (b"type=toner;colorantname=black;maxcapacity=100;level=-3;", None),
        (b"type=toner;colorantname=black;maxcapacity=-2;level=700;", None),
        (b"type=toner;colorantname=black;maxcapacity=100;level=9999999999999999999;", None),
        (b"type=toner;colorantname=black;maxcapacity=50;level=70;", 100),
    ],
)
def test_levels(said: bytes, percent: int | None) -> None:
    (supply,) = read_supplies(_group("printer-supply", octets(said)))
    assert supply == Supply("black toner", "toner", "black", percent)


def test_names_and_boxes_for_waste() -> None:
    waste = octets(b"class=receptacleThatIsFilled;type=wasteToner;maxcapacity=100;level=5;colorantname=unknown;")
    named = (text("Waste box"),)
    (supply,) = read_supplies(_group("printer-supply", waste, printer_supply_description=named))
    assert (supply.name, supply.waste, supply.is_low) == ("Waste box", True, True)


def test_markers_of_queues_of_cups() -> None:
    """Where there is no printer-supply; a level that is not known is negative."""
    group = Group(
        GroupTag.PRINTER,
        [
            attribute("marker-names", name("Black Cartridge HP Q7551A"), name("Waste")),
            attribute("marker-levels", integer(7), integer(-2)),
            attribute("marker-types", keyword("toner"), keyword("waste-toner")),
            attribute("marker-colors", name("#000000"), name("none")),
        ],
    )
    black, waste = read_supplies(group)
    assert black == Supply("Black Cartridge HP Q7551A", "toner", "#000000", 7)
    assert (waste.percent, waste.waste) == (None, True)


def test_trays_and_alerts() -> None:
    tray = octets(b"type=sheetFeedAutoRemovableTray;maxcapacity=250;level=50;status=0;name=main;")
    assert read_trays(_group("printer-input-tray", tray)) == (Tray("main", 250, 20),)
    alert = octets(b"code=jam;severity=critical;group=mediaPath")
    words = (text("Paper is stuck behind door 3"),)
    told = read_alerts(_group("printer-alert", alert, printer_alert_description=words))
    assert told == (Alert("jam", "critical", "Paper is stuck behind door 3"),)


@given(st.lists(st.binary(max_size=1200), max_size=60), st.lists(st.text(max_size=300), max_size=60))
def test_whatever_a_device_says_is_read_and_is_not_much(said: list[bytes], words: list[str]) -> None:
    told = [text(each) for each in words]
    for kind, read in (
        ("printer-supply", read_supplies),
        ("printer-alert", read_alerts),
        ("printer-input-tray", read_trays),
    ):
        found = read(_group(kind, *map(octets, said), **{f"{kind}-description".replace("-", "_"): tuple(told)}))
        assert len(found) <= 24
        assert all(len(part) <= 80 for one in found for part in one if isinstance(part, str))


def test_the_description_of_a_device_is_bounded_however_long_it_is() -> None:
    """A few thousand such are in memory at once."""
    names = ("media-supported", "media-ready", "document-format-supported", "urf-supported", "compression-supported")
    words = [keyword(f"iso_a4-{number}_{'x' * 200 if number % 2 else ''}210x297mm") for number in range(9000)]
    supply = octets(b"type=toner;level=3;" + b"colorantname=" + b"b" * 1000)
    group = Group(
        GroupTag.PRINTER, [attribute("printer-supply", *[supply] * 500), *(attribute(n, *words) for n in names)]
    )
    assert len(json.dumps(capabilities_to_json(read_capabilities(group)))) < 64 << 10


def test_a_device_that_is_configured_as_it_was_is_told_as_it_is_now() -> None:
    before = read_capabilities(_group("media-ready", keyword("iso_a4_210x297mm")))
    now = _group("printer-state", enum(5), printer_state_reasons=(keyword("media-empty-error"),))
    told = update_condition(before, now)
    assert (told.state, told.state_reasons, told.media_ready) == ("stopped", ("media-empty-error",), before.media_ready)
    assert update_condition(told, now) is told

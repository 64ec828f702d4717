"""What a group's printer tells of its members' supplies, trays and troubles, and its pages and pictures (SPEC N1)."""

from __future__ import annotations

import contextlib
import io
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from distwire.ipp import Group, Operation
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippeveprinter import EvePrinter, find_port, run_eve_printer
from tests.support.ippwire import ask

pytestmark = pytest.mark.real

_PATIENCE = 90.0


@dataclass
class Office:
    """A group of two printers that describe their supplies, and a third at whose address nobody listens."""

    house: House
    printers: list[EvePrinter]

    def describe(self) -> Group:
        return ask(self.house.printer("office"), Operation.GET_PRINTER_ATTRIBUTES).printer

    def print(self) -> None:
        assert ask(self.house.printer("office"), Operation.PRINT_JOB, document=make_pdf()).job.integer("job-id")

    def wait_for(self, true: Callable[[Group], bool]) -> Group:
        """The description, once that is true of it; members say how they are when something is sent to them."""
        until = time.monotonic() + _PATIENCE
        while not true(told := self.describe()):
            assert time.monotonic() < until, told
            time.sleep(0.5)
        return told


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    root: Path = tmp_path_factory.mktemp("office")
    with contextlib.ExitStack() as stack:
        printers = []
        for number in range(2):
            (root / f"branch{number}").mkdir()
            printers.append(stack.enter_context(run_eve_printer(root / f"branch{number}")))
        house = stack.enter_context(run_house(root / "home", capability_seconds=0.1))
        lines = [f"{one.uri}; Branch {number}" for number, one in enumerate(printers)]
        house.write_group("office", *lines, f"ipp://127.0.0.1:{find_port()}/ipp/print; Nobody")
        house.wait_for_groups("office")
        yield Office(house, printers)


def _fetch(address: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return str(answer.headers.get_content_type()), bytes(answer.read())


def _set_toner(printer: EvePrinter, percent: int) -> None:
    """On the printer's own page, as at its panel."""
    _fetch(f"http://localhost:{printer.port}/supplies?supply0=25&supply1={percent}")


def _octets(told: Group, name: str) -> list[dict[str, str]]:
    found = told.find(name)
    assert found is not None
    texts = [value.data.decode() for value in found.values if isinstance(value.data, bytes)]
    return [dict(pair.split("=", 1) for pair in said.split(";") if pair) for said in texts]


def test_before_anything_is_known_nothing_is_claimed(office: Office) -> None:
    told = office.describe()
    (supply,) = _octets(told, "printer-supply")
    assert (supply["type"], supply["level"]) == ("toner", "-2")
    assert told.strings("printer-alert-description") == ()


def test_who_is_low_on_toner_is_told_by_name(office: Office) -> None:
    """N1: the emptiest first, and which member it is."""
    _set_toner(office.printers[1], 4)
    office.print()
    told = office.wait_for(lambda told: len(told.strings("printer-supply-description")) >= 4)
    supplies, names = _octets(told, "printer-supply"), told.strings("printer-supply-description")
    assert len(supplies) == len(names)
    assert (supplies[0]["type"], supplies[0]["level"], supplies[0]["index"]) == ("toner", "4", "1")
    assert names[0].startswith("Branch 1: ")
    assert {name.split(":")[0] for name in names} == {"Branch 0", "Branch 1"}
    assert "toner-low-report" in told.strings("printer-state-reasons")
    assert all(tray["name"].startswith("Branch ") for tray in _octets(told, "printer-input-tray"))
    assert told.strings("media-ready")


def test_a_new_cartridge_is_seen_when_something_is_sent_next(office: Office) -> None:
    """N1: though the device says that it is configured as it was."""
    _set_toner(office.printers[1], 90)
    office.print()
    told = office.wait_for(lambda told: _octets(told, "printer-supply")[0]["level"] != "4")
    levels = sorted(int(one["level"]) for one in _octets(told, "printer-supply") if one["type"] == "toner")
    assert levels == [75, 90]


def test_what_is_wrong_is_told_by_member(office: Office) -> None:
    """N1: nobody answers at the third address."""
    office.print()
    told = office.wait_for(lambda told: "Nobody: " in "".join(told.strings("printer-alert-description")))
    words, alerts = told.strings("printer-alert-description"), _octets(told, "printer-alert")
    assert len(words) == len(alerts)
    assert words[0].startswith("Nobody: ")
    assert alerts[0]["severity"] == "critical"


def test_icons_have_three_sizes(office: Office) -> None:
    """PWG 5100.13 §5.6.9: from the smallest to the largest."""
    sizes = []
    for address in office.describe().strings("printer-icons"):
        kind, body = _fetch(address)
        assert kind == "image/png"
        with Image.open(io.BytesIO(body)) as icon:
            sizes.append(icon.size)
    assert sizes == [(48, 48), (128, 128), (512, 512)]


def test_more_is_to_be_read_on_the_page_of_the_group(office: Office) -> None:
    """RFC 8011 §5.4.6: the board, which asks who one is."""
    told = office.describe()
    page, supplies = told.string("printer-more-info"), told.string("printer-supply-info-uri")
    assert page is not None
    assert supplies == f"{page}#supplies"
    assert page.endswith("/groups/office.rec")
    kind, body = _fetch(page)
    assert kind == "text/html"
    assert b"password" in body

"""The flows of the source (§2.1.1, 2.1.2, 2.2, 2.3, withdrawal) from log-in to paper in the trays: a real server, three
devices, and the panel's screen worked once by keys alone and once by a finger alone (SPEC D5 to D10, D12)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.device import PrintedJob, RunningDevice, printed_jobs, wait_for_jobs
from tests.support.hands import Finger, Hand, Keypad
from tests.support.panel import PASSWORD, USER, Office

pytestmark = pytest.mark.real

_PATIENCE = 60_000
_HEAD, _KYOTO, _OSAKA = range(3)
_SALES, _NOBODY = "sales.rec", "empty.rec"


@pytest.fixture(params=[Keypad, Finger])
def hand(request: pytest.FixtureRequest, browser: Browser, office: Office) -> Iterator[Hand]:
    """Somebody who has logged in; they log out at the end."""
    expect.set_options(timeout=_PATIENCE)
    context = browser.new_context(base_url=office.panel.url, viewport={"width": 800, "height": 480}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    hand: Hand = request.param(page)
    page.goto("/")
    page.wait_for_selector("[data-dialog=log-in]")
    hand.log_in(USER, PASSWORD)
    see(page, "modes")
    yield hand
    context.close()
    assert faults == []


def see(page: Page, dialog: str) -> None:
    page.wait_for_selector(f"[data-dialog={dialog}]")


def finish(hand: Hand) -> None:
    """The work is done; back to the menu and out."""
    expect(hand.page.locator(".big.tone-good")).to_be_visible()
    hand.start()
    see(hand.page, "modes")
    hand.stop()
    see(hand.page, "log-in")


def await_one_more(device: RunningDevice, before: list[PrintedJob]) -> PrintedJob:
    """The job that came out since; exactly one."""
    jobs = wait_for_jobs(device.tray, len(before) + 1)
    assert len(jobs) == len(before) + 1
    return jobs[-1]


def count_jobs(office: Office) -> list[list[PrintedJob]]:
    return [printed_jobs(device.tray) for device in office.devices]


def count_documents(office: Office) -> int:
    return int(office.panel.get("/api/state")["memory"]["documents"])


def send_reviewed(hand: Hand) -> None:
    expect(hand.page.locator(".who")).to_contain_text("will get it")
    hand.start()


def find_group(page: Page, name: str) -> int:
    """The number that stands before a group."""
    row = page.locator(".row", has_text=name)
    expect(row).to_be_visible()
    return int(row.locator(".badge").inner_text())


def test_distribute_a_document_to_a_group(hand: Hand, office: Office) -> None:
    before, documents = count_jobs(office), count_documents(office)
    office.panel.lay_text(2)
    hand.choose("6")
    hand.choose("1")
    hand.pick(find_group(hand.page, "sales"))
    hand.start()
    see(hand.page, "review")
    expect(hand.page.locator(".first-page")).to_contain_text("2 pages")
    expect(hand.page.locator(".who")).to_contain_text("2 destinations")
    send_reviewed(hand)
    finish(hand)
    for place in (_KYOTO, _OSAKA):
        assert len(await_one_more(office.devices[place], before[place]).pages) == 2
    assert len(printed_jobs(office.devices[_HEAD].tray)) == len(before[_HEAD])
    assert count_documents(office) == documents  # what is distributed is erased, unless somebody wants it kept


def test_individual_destination_kept_with_a_sheet_that_distributes_it_again(hand: Hand, office: Office) -> None:
    before = count_jobs(office)
    office.panel.lay_text(1)
    hand.choose("6")
    hand.choose("1")
    hand.pick(0)
    see(hand.page, "singles")
    hand.pick(find_group(hand.page, "osaka"))
    hand.start()
    see(hand.page, "review")
    hand.turn("keep", "4")
    hand.turn("sheet", "6")
    send_reviewed(hand)
    expect(hand.page.locator(".kept")).to_have_text(re.compile(r"Kept here as image ID \d{4} \d{4}"))
    finish(hand)
    await_one_more(office.devices[_OSAKA], before[_OSAKA])
    sheet = await_one_more(office.devices[_HEAD], before[_HEAD])
    assert len(printed_jobs(office.devices[_KYOTO].tray)) == len(before[_KYOTO])
    distribute_by_sheet(hand, office, sheet)


def distribute_by_sheet(hand: Hand, office: Office, sheet: PrintedJob) -> None:
    """§2.2: the sheet that came out is laid on the feeder."""
    before = count_jobs(office)
    office.panel.lay(Image.open(sheet.pages[0]))
    hand.log_in(USER, PASSWORD)
    see(hand.page, "modes")
    for number in ("6", "2", "1"):
        hand.choose(number)
    see(hand.page, "sheets-scan")
    hand.start()
    see(hand.page, "sheets")
    expect(hand.page.locator("h1 + .lead")).to_have_text("1 document found")
    hand.start()
    see(hand.page, "destinations")
    hand.pick(find_group(hand.page, "sales"))
    hand.start()
    see(hand.page, "review")
    send_reviewed(hand)
    finish(hand)
    for place in (_KYOTO, _OSAKA):
        await_one_more(office.devices[place], before[place])


def test_register_twice_then_withdraw(hand: Hand, office: Office) -> None:
    own = office.devices[_HEAD].uri
    group = office.server.home / "groups" / _NOBODY
    hand.choose("6")
    hand.choose("3")
    for words in ("now registered", "already"):
        hand.pick(find_group(hand.page, "nobody yet"))
        if words == "already":
            break
        hand.start()
        expect(hand.page.get_by_role("alert")).to_contain_text(words)
        hand.choose("3")
    expect(hand.page.get_by_role("alert")).to_contain_text("already")
    assert group.read_text(encoding="utf-8").count(own) == 1
    hand.stop()
    hand.choose("4")
    hand.pick(find_group(hand.page, "nobody yet"))
    hand.start()
    expect(hand.page.get_by_role("alert")).to_contain_text("no longer registered")
    assert own not in group.read_text(encoding="utf-8")
    hand.stop()
    hand.stop()
    see(hand.page, "log-in")


def test_copy(hand: Hand, office: Office) -> None:
    before = printed_jobs(office.devices[_HEAD].tray)
    office.panel.lay_text(2)
    hand.choose("1")
    see(hand.page, "copy")
    hand.start()
    finish(hand)
    assert len(await_one_more(office.devices[_HEAD], before).pages) == 2

"""The panel's screen on days when things go wrong, on a real server and real devices (SPEC D5, D7, D8, D9).

Sheets that are no good, somebody who walks away, a server that is down, no paper; and the first start.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from mfp_client.marksheet.key import load_key
from mfp_client.settings import DeviceSettings
from tests.support import paper
from tests.support.device import printed_jobs, wait_for_jobs
from tests.support.hands import Keypad, write
from tests.support.ippeveprinter import find_port
from tests.support.panel import PASSWORD, USER, Office, run_panel

pytestmark = pytest.mark.real

_PATIENCE = 60_000
_HEAD, _KYOTO, _OSAKA = range(3)


@pytest.fixture
def hand(browser: Browser, office: Office) -> Iterator[Keypad]:
    """Somebody who has logged in."""
    expect.set_options(timeout=_PATIENCE)
    context = browser.new_context(base_url=office.panel.url, viewport={"width": 800, "height": 480})
    hand = Keypad(open_screen(context.new_page()))
    hand.log_in(USER, PASSWORD)
    see(hand.page, "modes")
    yield hand
    context.close()


def open_screen(page: Page) -> Page:
    page.set_default_timeout(_PATIENCE)
    page.goto("/")
    page.wait_for_selector("h1")
    return page


def see(page: Page, dialog: str) -> None:
    page.wait_for_selector(f"[data-dialog={dialog}]")


def choose(hand: Keypad, numbers: str) -> None:
    for number in numbers:
        hand.choose(number)


def pick_sales(hand: Keypad) -> None:
    row = hand.page.locator(".row", has_text="sales")
    expect(row).to_be_visible()
    hand.pick(int(row.locator(".badge").inner_text()))


def test_each_sheet_that_is_no_good_gets_words_of_its_own(hand: Keypad, office: Office) -> None:
    """Forged, of another device, expired, of a document that never was, of codes that are others', of none."""
    key, today = load_key(office.panel.home), date.today()  # noqa: DTZ011 - a sheet has the day of its place
    yesterday = Sheet(Mark("12345678", max(today - timedelta(2), date(2025, 1, 1))), today)
    never = Sheet(Mark("12345678"), today)
    altered = f"87654321{sign_mark(Mark('12345678'), key)[8:]}"
    stack = (
        _barred(altered),
        paper.draw_pdf(draw_sheet(never, bytes(32))),
        paper.draw_pdf(draw_sheet(yesterday, key)),
        paper.draw_pdf(draw_sheet(never, key)),
        _barred("12345678901234"),
        paper.draw_page("letter", 2),
    )
    for number, page in enumerate(stack):
        made = office.panel.feeder / f".sheet-{number}.tif"
        page.convert("L").save(made, dpi=(300, 300))
        made.rename(office.panel.feeder / f"sheet-{number}.tif")
    choose(hand, "31")
    see(hand.page, "sheets-scan")
    hand.start()
    see(hand.page, "sheets")
    in_the_order_of_the_stack = (
        "Not a genuine sheet",
        "Sheet of another device",
        "Sheet has expired",
        "Document is not stored",
        "Other codes only",
        "No mark found",
    )
    expect(hand.page.locator(".verdict.bad strong")).to_have_text(in_the_order_of_the_stack)
    hand.start()
    expect(hand.page.get_by_role("alert")).to_contain_text("type its image ID instead")
    hand.stop()
    see(hand.page, "sheets-scan")


def _barred(digits: str) -> paper.Image.Image:
    """A letter with a code where a mark would be."""
    drawn = paper.draw_page("letter", 2).copy()
    drawn.paste(255, (drawn.width - 1520, 90, drawn.width - 90, 450))
    drawn.paste(paper.draw_bars(digits), (drawn.width - 1500, 130))
    return drawn


def test_who_walks_away_at_the_review_finds_the_document_again(hand: Keypad, office: Office) -> None:
    office.panel.lay_text(2)
    choose(hand, "61")
    pick_sales(hand)
    hand.start()
    see(hand.page, "review")
    office.panel.ask("POST", "/api/log-out")  # nobody's: refused or without effect, the seat is the screen's
    hand.page.evaluate("fetch('/api/log-out', {method: 'POST', headers: {'X-Panel': '1'}})")
    see(hand.page, "log-in")
    hand.log_in(USER, PASSWORD)
    see(hand.page, "unfinished")
    expect(hand.page.locator(".lead")).to_contain_text("2 pages")
    hand.choose("3")
    expect(hand.page.locator(".big.tone-good")).to_have_text("The document is stored.")
    hand.start()
    see(hand.page, "modes")


def test_who_keeps_a_scan_goes_on_with_it_and_its_groups(hand: Keypad, office: Office) -> None:
    office.panel.lay_text(2)
    choose(hand, "61")
    pick_sales(hand)
    hand.start()
    see(hand.page, "review")
    hand.stop()
    see(hand.page, "destinations")
    hand.stop()
    hand.choose("1")
    see(hand.page, "modes")
    hand.choose("7")
    see(hand.page, "unfinished")
    hand.choose("1")
    expect(hand.page.locator("[aria-selected=true]")).to_contain_text("sales")
    hand.start()
    see(hand.page, "review")
    expect(hand.page.locator(".first-page")).to_contain_text("2 pages")
    hand.stop()
    see(hand.page, "destinations")
    hand.stop()
    hand.choose("2")
    see(hand.page, "modes")
    expect(hand.page.locator(".choice[data-digit='7']")).to_have_count(0)


def test_server_that_is_down_keeps_the_document_and_sends_it_when_it_is_back(hand: Keypad, office: Office) -> None:
    before = printed_jobs(office.devices[_KYOTO].tray)
    office.server.process.terminate()
    office.server.process.wait(60)
    expect(hand.page.locator("#top")).to_contain_text("Server is down")
    hand.stop()
    see(hand.page, "log-in")
    hand.log_in(USER, PASSWORD)  # the device knows them
    see(hand.page, "modes")
    office.panel.lay_text(1)
    choose(hand, "61")
    expect(hand.page.locator(".list-note")).to_contain_text("The server is down")
    pick_sales(hand)
    hand.start()
    see(hand.page, "review")
    expect(hand.page.locator(".who")).to_contain_text("2 destinations")
    hand.start()
    expect(hand.page.locator(".big.tone-warn")).to_contain_text("The document is kept here")
    hand.start()
    see(hand.page, "modes")
    expect(hand.page.locator("#top")).to_contain_text("1 waits")
    choose(hand, "67")
    expect(hand.page.locator(".row")).to_have_count(1)
    hand.stop()
    office.server.start_again()
    office.server.wait_until_healthy()
    wait_for_jobs(office.devices[_KYOTO].tray, len(before) + 1)
    expect(hand.page.locator("#top")).not_to_contain_text("waits")
    expect(hand.page.locator("#top")).not_to_contain_text("Server is down")


def test_out_of_paper_is_told_while_it_lasts(hand: Keypad, office: Office) -> None:
    office.devices[_HEAD].set_paper(False)
    office.panel.lay_text(1)
    hand.choose("1")
    see(hand.page, "copy")
    hand.start()
    expect(hand.page.locator("#top")).to_contain_text("Out of paper")
    office.devices[_HEAD].set_paper(True)
    expect(hand.page.locator("#top")).not_to_contain_text("Out of paper")
    expect(hand.page.locator(".big.tone-good")).to_be_visible()


def test_first_start_by_keys_on_the_screen(browser: Browser, office: Office, tmp_path: Path) -> None:
    """Server, own address and the code from the board; then the panel is there and lets people in."""
    expect.set_options(timeout=_PATIENCE)
    address = office.devices[_OSAKA].uri
    made = office.server.command("device", "enrol", address)
    assert made.returncode == 0, made.stderr
    settings = DeviceSettings(panel_port=find_port(), scanners=(f"folder:{tmp_path}",), printer_uri=address)
    with run_panel(tmp_path / "new", settings) as panel:
        context = browser.new_context(base_url=panel.url, viewport={"width": 800, "height": 480})
        page = open_screen(context.new_page())
        see(page, "setup")
        for field, text in (("server", office.server.local()["url"].rstrip("/")), ("address", address)):
            page.locator(f"#field-{field}").click()
            write(page, text)
        page.locator("#field-code").click()
        for digit in made.stdout.strip().replace(" ", ""):
            page.locator(f'#keys [data-key="{digit}"]').click()
        page.locator('#keys [data-key="start"]').click()
        see(page, "log-in")
        Keypad(page).log_in(USER, PASSWORD)
        see(page, "modes")
        expect(page.locator("#top")).to_contain_text("osaka")
        context.close()

"""D14: a document comes to a PC; the dialog comes up by itself, shows it, and it is read, turned, enlarged and printed:
the real server, the real receiver, Debian's Chromium. With PC_IMAGES=1 it makes the pictures of
docs/how-to/receive-on-a-pc.md.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageGrab
from playwright.sync_api import Browser, BrowserContext, Page, expect
from Xlib import X
from Xlib.display import Display
from Xlib.error import BadDrawable, BadWindow

from pc_client.receiver.inbox import Inbox
from tests.support.chromium import PATIENCE, PROGRAM, run_chromium
from tests.support.documents import make_pdf
from tests.support.ippeveprinter import find_port, run_eve_printer
from tests.support.patience import wait_until
from tests.support.pc import Pc, change_setting, run_office_with_pc
from tests.support.screen import run_screen
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.real

IMAGES = ROOT / "docs" / "images" / "pc"
DIALOG, WINDOW = {"width": 560, "height": 520}, {"width": 1100, "height": 800}
TITLE = "価格表 Price list 2026"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path) as both:
        yield both


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DIALOG, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def _send(server: Server, folder: Path, title: str = TITLE, pages: int = 3) -> str:
    path = make_pdf(folder / f"{title[-4:]}.pdf", pages=pages)
    done = server.command("send", str(path), "--to", "all", "--title", title, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1])["job"])


def _open_last(pc: Pc, context: BrowserContext) -> Page:
    """The window that the receiver has opened last."""
    page = context.new_page()
    page.goto(pc.opened()[-1])
    return page


def _picture(page: Page, name: str) -> None:
    if os.environ.get("PC_IMAGES"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png")


def _need_no_barrier(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def _read_page(page: Page) -> Image.Image:
    """The picture that the viewer shows, once it is drawn."""
    page.wait_for_function(
        "() => { const i = document.querySelector('.page'); return i.getAttribute('src') === i.dataset.drawn }"
    )
    source = page.locator(".page").get_attribute("src")
    assert source is not None
    return Image.open(io.BytesIO(page.request.get(f"{page.url.split('#')[0]}{source.lstrip('/')}").body()))


def _message(server: Server, job: str) -> str:
    return str(json.loads(server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"][0]["message"])


def test_from_the_dialog_to_paper(office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path) -> None:
    server, pc = office
    with run_eve_printer(tmp_path) as printer:
        pc.start()
        job = _send(server, tmp_path)
        wait_until(lambda: len(pc.opened()) == 1)
        page = _open_last(pc, context)
        expect(page.get_by_role("heading", name="A document has come")).to_be_visible()
        expect(page.get_by_text(TITLE)).to_be_visible()
        expect(page.get_by_text("Show it now?")).to_be_visible()
        expect(page.get_by_alt_text("First page")).to_be_visible()
        _need_no_barrier(page)
        _picture(page, "dialog")
        assert "read there" not in _message(server, job)
        page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
        upright = _read_page(page)
        assert upright.height > upright.width
        _need_no_barrier(page)
        _picture(page, "viewer")
        page.get_by_role("button", name="Next page").click()
        expect(page.get_by_label("Page", exact=True)).to_have_value("2")
        page.get_by_role("button", name="Larger").click()
        expect(page.get_by_text("125 %")).to_be_visible()
        assert _read_page(page).width > upright.width
        page.get_by_role("button", name="Rotate").click()
        turned = _read_page(page)
        assert turned.width > turned.height
        _picture(page, "viewer-turned")
        page.get_by_role("button", name="Print").click()
        page.get_by_label("Printer").select_option(label="Another printer of the network …")
        page.get_by_label("Its address").fill(printer.uri)
        _need_no_barrier(page)
        _picture(page, "print")
        page.get_by_role("dialog").get_by_role("button", name="Print").click()
        expect(page.get_by_text(f"{printer.uri} has taken it.")).to_be_visible()
        (one,) = pc.documents()
        stored = (pc.home / "inbox" / "documents" / f"{one.id}.pdf").read_bytes()
        wait_until(lambda: printer.read_documents() == [stored])
        wait_until(lambda: "read there" in _message(server, job) and "printed there" in _message(server, job))


def test_thousands_that_came_are_put_off_at_once(office: tuple[Server, Pc], context: BrowserContext) -> None:
    """A PC that was off for weeks: one dialog, and one press of its button."""
    _, pc = office
    columns = "id, number, title, sender, pages, copies, size, sha256, sent, state, arrived"
    with closing(Inbox(pc.home)) as inbox, inbox._database as database:
        rows = [(f"job-{n:06}.1-of-a-long-name", n, f"Number {n}", "x", 1, 1, 3, "", n, n) for n in range(1, 3001)]
        database.executemany(f"INSERT INTO letter ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'here', ?)", rows)
    pc.start()
    wait_until(lambda: len(pc.opened()) == 1)
    page = _open_last(pc, context)
    expect(page.get_by_role("heading", name="3000 documents have come")).to_be_visible()
    expect(page.get_by_text("Number 1", exact=True)).to_be_visible()
    expect(page.get_by_text("and 2950 more")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("heading", name="3000 documents have come")).to_have_count(0)
    with closing(Inbox(pc.home)) as inbox:
        wait_until(lambda: inbox.list_unannounced() == [])
        assert inbox.count_unread() == 3000


def test_the_inbox_finds_and_takes_out(office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path) -> None:
    server, pc = office
    pc.start()
    for title in ("Price list", "年次報告", "Safety 100%"):
        _send(server, tmp_path, title, pages=1)
    pc.wait_for(3)
    done = pc.command("inbox")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: any("#inbox" in address for address in pc.opened()))
    page = context.new_page()
    page.goto(next(address for address in pc.opened() if "#inbox" in address))
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    rows = page.get_by_role("list", name="Documents").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("heading", name="Inbox of Front desk 受付 (3 new)")).to_be_visible()
    _need_no_barrier(page)
    _picture(page, "inbox")
    page.get_by_label("Search the inbox").fill("100% admin")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Safety 100%")
    page.get_by_label("Search the inbox").fill("")
    expect(rows).to_have_count(3)
    take_out = page.get_by_role("button", name="Take Price list out of the inbox")
    take_out.click()
    expect(page.get_by_role("dialog", name="Take “Price list” out of the inbox of this PC?")).to_be_visible()
    _need_no_barrier(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows).to_have_count(3)
    take_out.click()
    page.get_by_role("dialog").get_by_role("button", name="Take out").click()
    expect(rows).to_have_count(2)
    wait_until(lambda: [one.title for one in pc.documents()] == ["年次報告", "Safety 100%"])


def test_by_keyboard_alone_in_japanese(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    """The dialog, the second of two documents, the tools that stay in sight, printing, and Escape everywhere."""
    server, pc = office
    pc.start()
    for title in (TITLE, "年次報告"):
        _send(server, tmp_path, title, pages=2)
    pc.wait_for(2)
    wait_until(lambda: bool(pc.opened()))
    context = browser.new_context(viewport=DIALOG, locale="ja-JP")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = _open_last(pc, context)
    expect(page.get_by_role("heading", name="文書が 2 件届きました")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ja"
    expect(page.get_by_role("button", name="表示する")).to_be_focused()
    _need_no_barrier(page)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="年次報告")).to_be_visible()
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    page.get_by_label("文書のページ").focus()
    page.keyboard.press("PageDown")
    expect(page.get_by_label("ページ", exact=True)).to_have_value("2")
    _read_page(page)
    page.mouse.move(500, 500)
    page.mouse.wheel(0, 2000)
    page.wait_for_function("() => document.querySelector('.sheet').scrollTop > 100")
    expect(page.get_by_role("button", name="印刷")).to_be_in_viewport()
    _need_no_barrier(page)
    page.keyboard.press("p")
    expect(page.get_by_role("dialog", name="印刷")).to_be_visible()
    page.get_by_label("プリンター").select_option(label="ネットワーク上の別のプリンター…")
    page.get_by_label("アドレス").fill(f"ipp://127.0.0.1:{find_port()}/ipp/print")
    page.get_by_role("dialog").get_by_role("button", name="印刷").click()
    expect(page.get_by_text("プリンターが応答しません。")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("dialog", name="印刷")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Front desk 受付 の受信箱（未読 1 件）")).to_be_visible()
    _need_no_barrier(page)
    _picture(page, "inbox-ja")
    server.process.terminate()
    server.process.wait(60)
    expect(page.get_by_text("今は受信できません: サーバーが応答しません。")).to_be_visible()
    context.close()


def test_escape_leaves_a_document_unread(office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path) -> None:
    server, pc = office
    pc.start()
    _send(server, tmp_path)
    wait_until(lambda: bool(pc.opened()))
    page = _open_last(pc, context)
    expect(page.get_by_role("button", name="Show")).to_be_focused()
    page.keyboard.press("Escape")
    wait_until(lambda: pc.documents()[0].announced is not None)
    assert pc.documents()[0].read is None


def test_who_does_not_want_to_be_disturbed_is_told_later(
    office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path
) -> None:
    server, pc = office
    pc.start()
    assert pc.command("inbox").returncode == 0
    wait_until(lambda: bool(pc.opened()))
    page = _open_last(pc, context)
    page.get_by_role("button", name="Do not disturb").click()
    expect(page.get_by_role("button", name="Do not disturb until")).to_be_visible()
    _send(server, tmp_path)
    pc.wait_for(1)
    expect(page.get_by_text(TITLE)).to_be_visible()
    assert len(pc.opened()) == 1
    page.get_by_role("button", name="Do not disturb until").click()
    wait_until(lambda: len(pc.opened()) == 2)
    assert "#ask" in pc.opened()[-1]


def test_not_now_leaves_it_unread_in_the_inbox(
    office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path
) -> None:
    server, pc = office
    pc.start()
    job = _send(server, tmp_path)
    wait_until(lambda: bool(pc.opened()))
    page = _open_last(pc, context)
    page.get_by_role("button", name="Not now").click()
    wait_until(lambda: pc.documents()[0].announced is not None)
    assert pc.documents()[0].read is None
    assert "read there" not in _message(server, job)


def test_nobody_else_sees_the_screen(office: tuple[Server, Pc], context: BrowserContext, tmp_path: Path) -> None:
    server, pc = office
    pc.start()
    _send(server, tmp_path)
    wait_until(lambda: bool(pc.opened()))
    request = context.request
    for path in ("api/state", "api/letters", f"api/letters/{pc.documents()[0].id}/document"):
        assert request.get(pc.said + path).status == 403
    assert request.post(f"{pc.said}api/show", headers={"X-Screen": "1"}).status == 403
    page = _open_last(pc, context)
    expect(page.get_by_text(TITLE)).to_be_visible()
    assert request.get(f"{pc.said}api/state").status == 200
    assert request.get(f"{pc.said}api/state", headers={"Host": "evil.example.org"}).status == 403
    assert request.post(f"{pc.said}api/quiet", data={"minutes": 5}).status == 403
    again = context.browser.new_context() if context.browser else None  # the key has been used
    assert again is not None
    other = again.new_page()
    other.goto(pc.opened()[-1])
    expect(other.get_by_role("alert")).to_contain_text("key is used up")
    again.close()


def _give_own_windows(pc: Pc) -> None:
    shim = pc.home / "own-window"
    told = f'--user-data-dir="{pc.home}/window" --no-first-run --window-size=560,520 --app="$1"'
    shim.write_text(f"#!/bin/sh\nexec {PROGRAM} --no-sandbox --disable-gpu {told}\n")
    shim.chmod(0o755)
    change_setting(pc, browser=str(shim))


def _measure_windows(display: str) -> list[int]:
    """The widths of the windows on the screen, but for one that goes just now."""
    widths = []
    with closing(Display(display)) as screen:
        for one in screen.screen().root.query_tree().children:
            with suppress(BadWindow, BadDrawable):
                if one.get_attributes().map_state == X.IsViewable:
                    widths.append(one.get_geometry().width)
    return widths


def test_a_window_of_its_own_comes_up_on_the_screen(tmp_path: Path) -> None:
    """A real Chromium on a real X server; what is on the screen is looked at by its colours."""
    with run_screen() as display, run_office_with_pc(tmp_path, {"DISPLAY": display}) as (server, pc):
        _give_own_windows(pc)
        pc.start()
        _send(server, tmp_path)
        accent = (11, 90, 111)

        def shows_button() -> bool:
            seen = ImageGrab.grab(xdisplay=display).convert("RGB")
            colours = dict((colour, count) for count, colour in seen.getcolors(1 << 24) or [])
            return int(colours.get(accent, 0)) > 500

        wait_until(shows_button)
        pc.end_windows()


def test_the_inbox_is_as_wide_as_ever_beside_the_dialog(tmp_path: Path) -> None:
    """A Chromium that runs already gives a further window the size of its first."""
    with run_screen() as display, run_office_with_pc(tmp_path, {"DISPLAY": display}) as (server, pc):
        _give_own_windows(pc)
        pc.start()
        _send(server, tmp_path)
        wait_until(lambda: 560 in _measure_windows(display))
        command = [sys.executable, "-m", "pc_client", "inbox", "--home", str(pc.home)]
        subprocess.run(command, cwd=ROOT, env=pc.environment, check=True)
        wait_until(lambda: max(_measure_windows(display), default=0) > 1000)
        assert 560 in _measure_windows(display)
        pc.end_windows()

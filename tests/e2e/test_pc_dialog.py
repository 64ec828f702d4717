"""D13: the dialog of what is printed: to whom, how, OK, Cancel, register: the real server, the real dialog, Debian's
Chromium, in English and Japanese, by keyboard alone too. With PC_IMAGES=1 it makes the pictures of
docs/how-to/print-from-a-pc.md.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.chromium import PATIENCE, run_chromium
from tests.support.documents import make_pdf
from tests.support.patience import wait_until
from tests.support.pc import ADDRESS, Pc, run_office_with_pc
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.real

IMAGES = ROOT / "docs" / "images" / "pc"
WINDOW = {"width": 940, "height": 680}
TITLE = "価格表 Price list 2026"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path) as (server, pc):
        branches = [f"ipp://printer-{number}.example/ipp/print; Branch {number:02}" for number in range(1, 41)]
        server.write_group("all.rec", "All 全員", [f"{ADDRESS}; Front desk 受付", *branches])
        server.write_group("osaka.rec", "Osaka 大阪", ["ipp://printer-1.example/ipp/print; Branch 01"])
        server.write_group("news.rec", "News ニュース", ["ipp://printer-2.example/ipp/print; Branch 02"])
        wait_until(lambda: _count_members(server) == {"all.rec": 41, "osaka.rec": 1, "news.rec": 1})
        yield server, pc


class Asking:
    """A `pc-client send --ask` and the page of its dialog, which stays to be looked at where it closes itself."""

    def __init__(
        self, pc: Pc, browser: Browser, path: Path, *, locale: str = "en-GB", more: tuple[str, ...] = ()
    ) -> None:
        before = len(pc.opened())
        command = [sys.executable, "-m", "pc_client", "send", str(path), "--ask", "--title", TITLE]
        command += ["--home", str(pc.home)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=pc.environment, stdout=subprocess.PIPE, text=True)
        wait_until(lambda: len(pc.opened()) > before)
        self._context = browser.new_context(viewport=WINDOW, locale=locale)  # type: ignore[arg-type]
        self._context.set_default_timeout(PATIENCE)
        self.page = self._context.new_page()
        self.page.add_init_script("window.close = () => { document.documentElement.dataset.closed = 'yes' }")
        self.page.goto(pc.opened()[-1])

    def end(self) -> str:
        """What the command said."""
        said, _ = self.process.communicate(timeout=60)
        self._context.close()
        return said


def ending(page: Page) -> Locator:
    """What the dialog says when it is over."""
    return page.locator("section.end").get_by_role("status")


def need_no_barrier(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def take_picture(page: Page, name: str) -> None:
    if os.environ.get("PC_IMAGES"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png")


def _count_members(server: Server) -> dict[str, int]:
    return {one["file"]: one["members"] for one in json.loads(server.get("/api/v1/groups"))["groups"]}


def list_jobs(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(server.get("/api/v1/jobs"))["jobs"]
    return found


def test_choose_and_send(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    server, pc = office
    asking = Asking(pc, browser, make_pdf(tmp_path / "prices.pdf", pages=12))
    page = asking.page
    expect(page.get_by_role("heading", name="Send to groups")).to_be_visible()
    expect(page.get_by_text("12 pages")).to_be_visible()
    picture = page.get_by_alt_text("Page 1")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") >= 700
    expect(page.get_by_label("Title")).to_have_value(TITLE)
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_text("Choose a group or a destination.")).to_be_visible()
    page.get_by_label("Search groups").fill("osa")
    expect(page.get_by_role("group", name="Groups").get_by_role("checkbox")).to_have_count(1)
    page.get_by_label(re.compile("Osaka 大阪")).check()
    expect(page.get_by_text("Choose a group or a destination.")).to_have_count(0)
    page.get_by_label("Search groups").fill("")
    page.get_by_label("Search destinations").fill("Branch 40")
    page.get_by_label(re.compile("Branch 40")).check()
    page.get_by_label("Copies").fill("2")
    page.get_by_label("Sides").select_option(label="Both sides, long edge")
    need_no_barrier(page)
    take_picture(page, "send-dialog")
    page.get_by_role("button", name="OK").click()
    expect(ending(page)).to_have_text("Sent.")
    need_no_barrier(page)
    expect(page.locator("html")).to_have_attribute("data-closed", "yes")
    assert "prices.pdf: sent" in asking.end()
    (job,) = list_jobs(server)
    assert (job["title"], job["options"]["copies"], job["options"]["sides"]) == (TITLE, 2, "two-sided-long-edge")
    assert job["counts"]["total"] == 2
    again = Asking(pc, browser, tmp_path / "prices.pdf")
    expect(again.page.get_by_label(re.compile("Osaka 大阪"))).to_be_checked()
    expect(again.page.get_by_label("Sides")).to_have_value("two-sided-long-edge")
    again.page.get_by_role("button", name="Cancel").click()
    expect(ending(again.page)).to_have_text("Canceled: nothing is sent.")
    assert "prices.pdf: canceled" in again.end()
    assert len(list_jobs(server)) == 1


def test_by_keyboard_alone_in_japanese(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    server, pc = office
    asking = Asking(pc, browser, make_pdf(tmp_path / "prices.pdf"), locale="ja-JP")
    page = asking.page
    expect(page.get_by_role("heading", name="グループへ送信")).to_be_visible()
    expect(page.get_by_label("グループを検索")).to_be_focused()
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.keyboard.type("大阪")
    expect(page.get_by_role("group", name="グループ").get_by_role("checkbox")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label(re.compile("Osaka 大阪"))).to_be_checked()
    need_no_barrier(page)
    take_picture(page, "send-dialog-ja")
    page.keyboard.press("Control+Enter")
    expect(ending(page)).to_have_text("送信しました。")
    asking.end()
    assert [one["title"] for one in list_jobs(server)] == [TITLE]
    again = Asking(pc, browser, tmp_path / "prices.pdf", locale="ja-JP")
    expect(again.page.get_by_label("グループを検索")).to_be_focused()
    again.page.keyboard.press("Escape")
    assert "canceled" in again.end()


def test_what_the_server_refuses_is_said_in_japanese(
    office: tuple[Server, Pc], browser: Browser, tmp_path: Path
) -> None:
    server, pc = office
    asking = Asking(pc, browser, make_pdf(tmp_path / "prices.pdf"), locale="ja-JP")
    page = asking.page
    page.get_by_label(re.compile("News ニュース")).check()
    (server.home / "groups" / "news.rec").unlink()
    wait_until(lambda: "news.rec" not in _count_members(server))
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("status").get_by_text("サーバーにもうないグループがあります。")).to_be_visible()
    page.get_by_label(re.compile("News ニュース")).uncheck()
    page.get_by_label(re.compile("Osaka 大阪")).check()
    page.get_by_role("button", name="OK").click()
    expect(ending(page)).to_have_text("送信しました。")
    asking.end()


def test_register_this_pc(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    server, pc = office
    asking = Asking(pc, browser, make_pdf(tmp_path / "prices.pdf"))
    page = asking.page
    register = page.get_by_role("button", name=re.compile("Register .* with the chosen groups"))
    register.click()
    expect(page.get_by_text("Choose a group first")).to_be_visible()
    page.get_by_label(re.compile("News")).check()
    register.click()
    expect(page.get_by_label(re.compile("News.*this PC is in it"))).to_be_visible()
    assert ADDRESS in (server.home / "groups" / "news.rec").read_text(encoding="utf-8")
    take_picture(page, "send-register")
    page.get_by_role("button", name="Cancel").click()
    asking.end()


def test_the_server_is_away(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    server, pc = office
    path = make_pdf(tmp_path / "prices.pdf")
    first = Asking(pc, browser, path)
    expect(first.page.get_by_label(re.compile("Osaka"))).to_be_visible()
    first.page.keyboard.press("Escape")
    first.end()
    server.process.terminate()
    server.process.wait(60)
    asking = Asking(pc, browser, path)
    page = asking.page
    expect(page.get_by_text("The server is away: these are the groups")).to_be_visible()
    page.get_by_label(re.compile("Osaka")).check()
    need_no_barrier(page)
    page.get_by_role("button", name="OK").click()
    expect(ending(page)).to_have_text(re.compile("is sent when the server is back"))
    need_no_barrier(page)
    take_picture(page, "send-kept")
    assert "prices.pdf: kept" in asking.end()
    assert asking.process.returncode == 3


def test_nobody_else_works_the_dialog(office: tuple[Server, Pc], browser: Browser, tmp_path: Path) -> None:
    _, pc = office
    asking = Asking(pc, browser, make_pdf(tmp_path / "prices.pdf"))
    expect(asking.page.get_by_role("button", name="OK")).to_be_visible()
    context = browser.new_context()
    stranger = context.new_page()
    stranger.goto(pc.opened()[-1])  # the key has been used
    expect(stranger.get_by_role("alert")).to_contain_text("key is used up")
    base = pc.opened()[-1].split("#")[0]
    assert context.request.get(f"{base}api/choices").status == 403
    assert context.request.get(base, headers={"Host": "evil.example"}).status == 403
    context.close()
    asking.page.keyboard.press("Escape")
    asking.end()

"""The board in a real browser against a whole server: sign in, send, watch rows change, cancel (SPEC N6, D6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.board import make_pdf
from tests.support.chromium import run_chromium
from tests.support.server import Server, run_server

pytestmark = pytest.mark.real

_PATIENCE = 60_000
_BRANCHES = [f"discard:branch{number}; 支店 {number}" for number in range(1, 21)]
_SILENT = "ipp://127.0.0.1:9/ipp/print; Silent branch"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    (home / "groups").mkdir()
    groups = {"all.rec": ("All", [*_BRANCHES, _SILENT]), "shiten.rec": ("全支店", _BRANCHES)}
    for file, (name, lines) in groups.items():
        text = "\n".join([f"# {name}", f"# {file}", *lines, ""])
        (home / "groups" / file).write_text(text, encoding="utf-8")
    with run_server(home) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page signed in as the first user; faults of its scripts fail the test."""
    context = browser.new_context(base_url=find_url(server), viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, server)
    yield page
    context.close()
    assert faults == []


def find_url(server: Server) -> str:
    """Where the board is, as the commands of the same machine find it."""
    return str(json.loads((server.home / "tokens" / "local.json").read_text())["url"])


def sign_in(page: Page, server: Server) -> None:
    page.goto("/")
    page.fill("#name", "admin")
    page.fill("#password", (server.home / "tokens" / "admin-password").read_text().strip())
    page.click("main button")
    expect(page.locator("nav.nav")).to_be_visible(timeout=_PATIENCE)


def send(page: Page, tmp_path: Path, group: str, *, title: str, hold: bool = False) -> None:
    """Fill in the form and send; ends on the job's page."""
    file = tmp_path / "お知らせ.pdf"
    file.write_bytes(make_pdf(3))
    page.goto("/send")
    page.set_input_files("#files", file)
    expect(page.locator(".files .detail")).to_have_text("PDF, 3 pages, 3 kB", timeout=_PATIENCE)
    page.check(f"[name=group][value='{group}']")
    page.fill("#title", title)
    if hold:
        page.get_by_text("More", exact=True).click()
        page.check("[name=hold]")
    page.click("#go")
    expect(page.locator("h1")).to_have_text(title, timeout=_PATIENCE)


# the row in the middle of the window, or that of the given index: its place there, in CSS pixels
_ROW_IN_SIGHT = """index => {
  const rows = [...document.querySelectorAll("tbody tr")];
  const middle = window.innerHeight / 2;
  const found = index ?? rows.findIndex(row => row.getBoundingClientRect().bottom > middle);
  const {top, height} = rows[found].getBoundingClientRect();
  return {index: found, top, height};
}"""


def test_rows_change_without_loading_the_page_again(page: Page, tmp_path: Path) -> None:
    send(page, tmp_path, "shiten.rec", title="価格表のご案内", hold=True)
    expect(page.locator("tbody tr")).to_have_count(20)
    expect(page.locator("tbody .tone-waiting .state").first).to_be_visible()
    expect(page.locator(".thumb")).to_be_visible(timeout=_PATIENCE)  # what stands above the rows is complete
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    page.evaluate("window.notLoadedAgain = true; window.scrollTo(0, 300)")
    before = page.evaluate(_ROW_IN_SIGHT, None)
    page.get_by_role("button", name="Release").click()
    expect(page.locator("tbody tr.tone-done")).to_have_count(20, timeout=_PATIENCE)
    expect(page.locator(".job-title .state")).to_have_text("Completed", timeout=_PATIENCE)
    assert page.evaluate("window.notLoadedAgain") is True
    # a line more above the table moves the page under the reader, not the row that is read
    after = page.evaluate(_ROW_IN_SIGHT, before["index"])
    assert abs(after["top"] - before["top"]) < before["height"]


def test_reproach_for_what_is_missing_goes_when_it_has_been_mended(page: Page, tmp_path: Path) -> None:
    page.goto("/send")
    page.click("#go")
    expect(page.locator("#missing")).to_have_text("Add a file first.")
    page.check("[name=group][value='shiten.rec']")
    expect(page.locator("#missing")).to_be_hidden()
    page.click("#go")
    expect(page.locator("#missing")).to_be_visible()
    file = tmp_path / "notice.pdf"
    file.write_bytes(make_pdf(1))
    page.set_input_files("#files", file)
    expect(page.locator("#missing")).to_be_hidden()


def test_silent_branch_is_told_in_words_and_can_be_canceled(page: Page, tmp_path: Path) -> None:
    send(page, tmp_path, "all.rec", title="One does not answer")
    row = page.locator("tbody tr", has_text="Silent branch")
    expect(row).to_contain_text("does not answer", timeout=_PATIENCE)
    expect(row).to_contain_text("next try", timeout=_PATIENCE)
    page.evaluate("window.notLoadedAgain = true")
    row.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toast")).to_contain_text("1 delivery canceled", timeout=_PATIENCE)  # goes after some seconds
    expect(row).to_contain_text("Canceled here", timeout=_PATIENCE)
    assert page.evaluate("window.notLoadedAgain") is True
    page.goto(page.url + "?show=canceled")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".empty")).to_be_hidden()
    page.get_by_role("link", name="Failed").click()
    expect(page.locator(".empty")).to_be_visible()


def test_locked_file_is_refused_at_the_file_and_the_rest_can_be_sent(page: Page, tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(make_pdf(password="secret"))
    (tmp_path / "good.pdf").write_bytes(make_pdf(2))
    page.goto("/send")
    page.set_input_files("#files", [tmp_path / "locked.pdf", tmp_path / "good.pdf"])
    refused = page.locator(".files .refused")
    expect(refused).to_contain_text("password", timeout=_PATIENCE)
    page.check("[name=group][value='shiten.rec']")
    page.click("#go")
    expect(page.locator("#missing")).to_have_text("One of the files cannot be sent: remove it first.")
    refused.get_by_role("button", name="Remove").click()
    expect(page.locator("#sum")).to_have_text("1 file, 2 pages → 20 destinations", timeout=_PATIENCE)
    page.click("#go")
    expect(page.locator("h1")).to_have_text("good.pdf", timeout=_PATIENCE)


def test_single_destinations_are_searched_and_stay_chosen(page: Page) -> None:
    """D6."""
    page.goto("/send")
    page.fill("#single-search", "silent")
    expect(page.locator("#singles .pick")).to_have_count(1, timeout=_PATIENCE)
    page.locator("#singles .pick").click()
    page.fill("#single-search", "branch7")
    expect(page.locator("#singles .pick")).to_have_text(["支店 7discard:branch7"], timeout=_PATIENCE)
    page.locator("#singles .pick").click()
    expect(page.locator("#chosen .pick")).to_have_count(2)
    page.check("[name=group][value='shiten.rec']")
    expect(page.locator("#sum b")).to_have_text("21", timeout=_PATIENCE)


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_page_scrolls_sideways(page: Page, tmp_path: Path, width: int) -> None:
    send(page, tmp_path, "all.rec", title="長い題名" * 12 + " and-an-unbroken-name-of-some-length" * 3, hold=True)
    job = page.url
    page.set_viewport_size({"width": width, "height": 844})
    for path in (
        "/",
        "/jobs",
        job,
        f"{job}/receipts",
        f"{job}/deliveries/1",
        "/send",
        "/groups",
        "/groups/all.rec",
        "/wall",
    ):
        page.goto(path)
        page.wait_for_function("() => [...document.images].every(image => image.complete)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_without_script_a_file_can_be_sent_and_the_job_canceled(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=find_url(server), java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    sign_in(page, server)
    (tmp_path / "plain.pdf").write_bytes(make_pdf(1))
    page.goto("/send")
    page.set_input_files("#files", tmp_path / "plain.pdf")
    page.check("[name=group][value='all.rec']")
    page.click("#go")
    expect(page.locator("h1")).to_have_text("plain.pdf", timeout=_PATIENCE)
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(".note")).to_contain_text("canceled", timeout=_PATIENCE)
    context.close()

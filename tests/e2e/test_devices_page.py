"""D16, N7: a device is let in on the board: the code is shown, the device takes it, sends, and is shut out again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from distwire.api.client import ApiClient
from distwire.api.failures import Refused
from distwire.api.panel import SignIn
from tests.support.chromium import PATIENCE, run_chromium
from tests.support.server import Server, run_server

pytestmark = pytest.mark.real

_WIDTHS = (390, 820, 1280)
CARD = "04A2F9C1B7"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("devices")
    (home / "groups").mkdir()
    lines = [f"discard:width{width}; 札幌支店 {width}" for width in _WIDTHS]
    (home / "groups" / "all.rec").write_text("\n".join(["# All", "# all.rec", *lines, ""]), encoding="utf-8")
    with run_server(home, spool_reserve_mb=0) as running:
        running.command("user", "add", "hanako", "--password-stdin", stdin=f"{PASSWORD}\n")
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture(params=_WIDTHS)
def page(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Signed in, as wide as a telephone and as a desk; faults of scripts fail the test."""
    size = {"width": request.param, "height": 844}
    context = browser.new_context(base_url=server.local()["url"], viewport=size, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/")
    page.fill("#name", "admin")
    page.fill("#password", (server.home / "tokens" / "admin-password").read_text().strip())
    page.click("main button")
    page.get_by_role("link", name="Devices").click()
    yield page
    context.close()
    assert faults == []


def _look(page: Page, name: str) -> None:
    """Nothing scrolls sideways, nobody is shut out; a picture for people where DEVICES_PICTURES names a folder."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if folder := os.environ.get("DEVICES_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("nav.nav").evaluate("one => one.scrollWidth <= one.clientWidth && one.clientHeight < 70")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_device_is_let_in_by_the_code_and_shut_out_again(page: Page, server: Server) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    name, url = f"札幌支店 {width}", server.local()["url"]
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_visible()
    page.fill("#address", name)
    page.get_by_role("button", name="Show a code").click()
    shown = page.locator(".code").inner_text()
    assert [len(part) for part in shown.split()] == [4, 4]
    expect(page.get_by_role("heading", name=f"Code for {name}")).to_be_visible()
    _look(page, "code")
    found = ApiClient(url).enrol(f"discard:width{width}", shown)
    assert (found.name, found.address) == (name, f"discard:width{width}")
    with pytest.raises(Refused):
        ApiClient(url).enrol(f"discard:width{width}", shown)
    device = ApiClient(url, found.token)
    assert device.me().role == "device"
    grant = device.sign_in(SignIn(user="hanako", password=PASSWORD)).grant
    device.acting(grant).add_card(f"{CARD}{width}")
    page.goto("/devices")
    row = page.locator("tr", has_text=f"discard:width{width}")
    expect(row.locator("[data-label='Last used'] time")).to_have_count(1)
    expect(row).to_contain_text("enrolled by a code")
    expect(page.locator("tr", has_text="hanako")).to_have_count(1)
    _look(page, "devices")
    page.get_by_role("button", name="Remove the card").click()
    expect(page.get_by_role("status").filter(has_text="opens no panel any more")).to_be_visible()
    expect(page.get_by_text("No card is registered")).to_be_visible()
    row.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("let in no more")).to_be_visible()
    expect(row).to_have_count(0)
    for bearer in (found.token, grant):
        with pytest.raises(Refused) as refused:
            device.acting(bearer).me()
        assert refused.value.keyword == "not-signed-in"
    _look(page, "empty")


def test_a_device_that_all_rec_lacks_gets_no_code(page: Page) -> None:
    page.fill("#address", "nowhere.example.org")
    page.get_by_role("button", name="Show a code").click()
    expect(page.locator(".note.bad")).to_contain_text("is not in all.rec")
    expect(page.locator(".code")).to_have_count(0)

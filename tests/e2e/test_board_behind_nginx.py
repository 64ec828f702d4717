"""N6, N7: the board in a browser, over TLS that ends at nginx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.board import make_pdf
from tests.support.chromium import PATIENCE, run_chromium
from tests.support.nginx import HOST
from tests.support.site import Site, run_site

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(tmp_path_factory.mktemp("site")) as made:
        made.house.write_group("office", *(f"discard:branch{number}; 支店 {number}" for number in range(1, 21)))
        yield made


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    with run_chromium() as browser:
        context = browser.new_context(base_url=site.board, ignore_https_errors=True, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        yield page
        context.close()


def test_sign_in_send_and_watch_rows_change(page: Page, site: Site, tmp_path: Path) -> None:
    """The cookie goes over TLS alone, forms are taken, rows change by themselves, and a stored document comes back."""
    home = site.house.server.home
    page.goto("/jobs")
    page.fill("#name", "admin")
    page.fill("#password", (home / "tokens" / "admin-password").read_text().strip())
    page.click("main button")
    expect(page.locator("nav.nav")).to_be_visible()
    assert page.url == f"{site.board}/jobs"
    (cookie,) = page.context.cookies()
    assert (cookie["domain"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (HOST, True, True, "Lax")
    (tmp_path / "notice.pdf").write_bytes(make_pdf(3))
    page.goto("/send")
    page.set_input_files("#files", tmp_path / "notice.pdf")
    expect(page.locator(".files .detail")).to_have_text("PDF, 3 pages, 3 kB", timeout=PATIENCE)
    page.check("[name=group][value='office.rec']")
    page.get_by_text("More", exact=True).click()
    page.check("[name=hold]")
    page.click("#go")
    expect(page.locator("h1")).to_have_text("notice.pdf", timeout=PATIENCE)
    expect(page.locator("tbody .tone-waiting .state").first).to_be_visible()
    page.evaluate("window.notLoadedAgain = true")
    page.get_by_role("button", name="Release").click()
    expect(page.locator("tbody tr.tone-done")).to_have_count(20, timeout=PATIENCE)
    assert page.evaluate("window.notLoadedAgain") is True
    page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth)")
    assert site.nginx.list_spooled() == []


def test_a_group_names_the_proxys_addresses(page: Page, site: Site) -> None:
    home = site.house.server.home
    local = json.loads((home / "tokens" / "local.json").read_text())
    answer = page.request.get("/api/v1/groups/office.rec", headers={"Authorization": f"Bearer {local['token']}"})
    assert answer.json()["printer_uri"] == site.printer("office")

"""N1, N6: a group's page in a browser: its addresses, the QR code as a phone reads it, and who cannot see well."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import PATIENCE, run_chromium
from tests.support.group_printers import House, run_house

pytestmark = pytest.mark.real

_MEMBERS = [f"discard:branch{number}; 支店 {number}" for number in range(1, 6)]
_WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", public_url="http://print.example.org") as made:
        made.write_group("sales", *_MEMBERS, comments=("print-from: 192.168.7.0/24",))
        made.write_group("営業", *_MEMBERS, comments=())
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture(params=_WIDTHS)
def page(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Signed in, as wide as a telephone and as a desk."""
    home = house.server.home
    address = json.loads((home / "tokens" / "local.json").read_text())["url"]
    size = {"width": request.param, "height": 844}
    context = browser.new_context(base_url=address, viewport=size, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/")
    page.fill("#name", "admin")
    page.fill("#password", (home / "tokens" / "admin-password").read_text().strip())
    page.click("main button")
    expect(page.locator("nav.nav")).to_be_visible()
    yield page
    context.close()


def _addresses(house: House, name: str) -> dict[str, str]:
    port = int(house.authority.rpartition(":")[2])
    ports = {"ipp": port, "ipps": house.tls_port}
    return {scheme: f"{scheme}://print.example.org:{ports[scheme]}/ipp/{name}" for scheme in ports}


@pytest.mark.parametrize(
    ("file", "name", "scheme"), [("sales", "sales", "ipp"), ("営業", "%E5%96%B6%E6%A5%AD", "ipps")]
)
def test_the_qr_code_is_the_address_that_most_people_use(
    page: Page, house: House, file: str, name: str, scheme: str
) -> None:
    page.goto(f"/groups/{file}.rec")
    printer, fax = _addresses(house, f"print/{name}"), _addresses(house, f"faxout/{name}")
    shown = page.locator(".addresses code").all_inner_texts()
    assert sorted(shown) == sorted([*printer.values(), fax[scheme]])
    assert shown[0] == printer[scheme]
    code = page.locator(".qr svg")
    code.evaluate("one => one.scrollIntoView({block: 'center'})")  # clear of the bar at the foot of a telephone
    picture = Image.open(io.BytesIO(code.screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    assert (found.text, found.format) == (printer[scheme], zxingcpp.BarcodeFormat.QRCode)


@pytest.mark.parametrize("file", ["sales", "営業"])
def test_all_steps_can_be_read_without_scrolling_sideways_and_by_everybody(page: Page, file: str) -> None:
    page.goto(f"/groups/{file}.rec")
    for summary in page.locator(".printer summary").all():
        summary.click()
    expect(page.get_by_text("IPP Device")).to_be_visible()
    expect(page.get_by_text("lpadmin -p").first).to_be_visible()
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()

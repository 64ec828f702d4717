"""Every dialog of the panel as it looks: whole on either screen, in both languages, for eyes of all kinds (SPEC D5).

pytest tests/e2e/panel/test_album.py --panel-images      writes the pictures of the documents
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support.panel_album import ALBUM, fill, open_menu
from tests.support.scripted_panel import ScriptedPanel, run_scripted_panel
from tests.support.sources import ROOT

pytestmark = pytest.mark.real

IMAGES = ROOT / "docs" / "images" / "panel"
_PATIENCE = 60_000
_COLOURS = 64
# What is cut off: parts that stick out of the dialog where nothing scrolls, and words wider than what holds them.
_CUT = """() => {
  const part = document.querySelector("#main"), frame = part.getBoundingClientRect();
  const scrolls = (one) => { for (; one && one !== part; one = one.parentElement)
    if (/auto|scroll/.test(getComputedStyle(one).overflow)) return true; return false; };
  const shown = [...part.querySelectorAll("*")].filter((one) => one.getClientRects().length && !scrolls(one));
  const out = shown.filter((one) => { const box = one.getBoundingClientRect();
    return box.bottom > frame.bottom + 1 || box.right > frame.right + 1 || box.left < frame.left - 1; });
  const wide = [...document.querySelectorAll("#hints, button, .field, .head")]
    .filter((one) => one.getClientRects().length && one.scrollWidth > one.clientWidth + 2);
  return [...out, ...wide].map((one) => `${one.className || one.id}: ${one.textContent.slice(0, 60)}`);
}"""
_PICTURES = """() => Promise.all(
  [...document.images].filter((one) => one.loading !== "lazy").map((one) => one.decode()))"""
_SMALL = """() => [...document.querySelectorAll("button, input, [role=option]")]
  .filter((one) => one.getClientRects().length)
  .map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.height < 43.5 || box.width < 28)
  .map(([one, box]) => `${one.className} ${one.textContent.slice(0, 30)} ${box.width}x${box.height}`)"""


@dataclass(frozen=True)
class Look:
    width: int
    height: int
    language: str
    contrast: str = "normal"

    def __str__(self) -> str:
        return f"{self.width}x{self.height}-{self.language}-{self.contrast}"


LOOKS = (
    Look(800, 480, "en"),
    Look(800, 480, "ja"),
    Look(1280, 800, "en"),
    Look(1280, 800, "ja", "high"),
    Look(800, 480, "en", "high"),
)
STRICT = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
STRICTEST = {**STRICT, "runOnly": [*STRICT["runOnly"], "wcag2aaa"]}


@pytest.fixture(scope="module")
def panel() -> Iterator[ScriptedPanel]:
    with run_scripted_panel() as panel:
        yield panel


@pytest.fixture(scope="module", params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    look: Look = request.param
    return look


@pytest.fixture(scope="module")
def faults() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, panel: ScriptedPanel, look: Look, faults: list[str]) -> Iterator[Page]:
    """The screen in one look; what its scripts complain of fails the test."""
    size: Any = {"width": look.width, "height": look.height}
    context = browser.new_context(base_url=panel.url, viewport=size, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    panel.rest()
    page.goto("/")
    page.evaluate(AXE_SCRIPT)  # once a look: it is large, and the screen is never loaded again
    yield page
    context.close()


@pytest.mark.parametrize("name", ALBUM)
def test_dialog_is_whole_and_for_everybody(
    page: Page, panel: ScriptedPanel, look: Look, faults: list[str], name: str, request: pytest.FixtureRequest
) -> None:
    faults.clear()
    panel.rest()
    fill(panel)
    open_menu(page, panel, look.language, look.contrast)
    ALBUM[name](page, panel)
    page.evaluate(_PICTURES)
    if request.config.getoption("--panel-images", default=False):
        save(page, look, name)
    assert page.evaluate(_CUT) == []
    assert page.evaluate(_SMALL) == []
    options = STRICTEST if look.contrast == "high" else STRICT
    found = AxeResults(page.evaluate("(options) => axe.run(options)", options))
    assert found.violations_count == 0, found.generate_report()
    assert faults == []


def save(page: Page, look: Look, name: str) -> None:
    """A picture for the documents: English, the small screen; a few in the other looks."""
    if look == LOOKS[0]:
        kind = name
    elif look.width == 800 and name in ("modes", "destinations", "sheets"):
        kind = f"{name}-{look.language if look.contrast == 'normal' else 'contrast'}"
    elif look == LOOKS[2] and name in ("modes", "review"):
        kind = f"{name}-large"
    else:
        return
    page.wait_for_timeout(200)
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{kind}.png", optimize=True)

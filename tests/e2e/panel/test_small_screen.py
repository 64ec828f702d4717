"""At 800x480 a keyboard, a line of what went wrong and a dialog share the room of one: nothing is cut or covered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import run_chromium
from tests.support.panel_album import ALBUM, open_menu, press
from tests.support.scripted_panel import ScriptedPanel, refuse

pytestmark = pytest.mark.real

# What a finger cannot reach whole, or an eye cannot read whole. Lists are scrolled, and show a part of their last row.
_CUT = """() => {
  const part = document.querySelector("#overlay:not([hidden])") ?? document.querySelector("#main");
  const frame = part.getBoundingClientRect(), faults = [];
  const name = (one) => `${one.id || one.getAttribute('class') || one.tagName}: ${one.textContent.slice(0, 40)}`;
  const within = (box, room) => box.top >= room.top - 1 && box.bottom <= room.bottom + 1
    && box.left >= room.left - 1 && box.right <= room.right + 1;
  for (const one of part.querySelectorAll("button, input, label, h1, .message, .lead")) {
    const box = one.getBoundingClientRect();
    if (!one.getClientRects().length || one.closest(".list, .found, .chips, .verdicts")) continue;
    if (one.parentElement.clientWidth < 2) continue; // for ears alone
    const room = one.closest(".fields")?.getBoundingClientRect();
    const away = room && (box.top >= room.bottom - 1 || box.bottom <= room.top + 1);
    if (away && !one.closest(".writing")) continue;
    if (!within(box, room ?? frame) || !within(box, frame)) { faults.push(`cut: ${name(one)}`); continue; }
    if (one.scrollHeight > one.clientHeight + 1 && one.matches(".message")) faults.push(`half said: ${name(one)}`);
    for (const [x, y] of [[.5, .5], [.04, .1], [.96, .1], [.04, .9], [.96, .9]]) {
      const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      if (hit && !one.contains(hit) && !hit.contains(one)) faults.push(`covered: ${name(one)} by ${name(hit)}`);
    }
  }
  return faults;
}"""
_COMPLAIN = """async () => {
  const { say, currentLanguage } = await import("/static/words.js");
  const { default: words } = await import(`/static/words_${currentLanguage()}.js`);
  const longest = Object.keys(words).filter((key) => key.startsWith("error."))
    .reduce((best, key) => (words[key].length > words[best].length ? key : best));
  (await import("/static/screen.js")).tell(say(longest));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """As on a device: bars for scrolling take their room."""
    with run_chromium(scrollbars=True) as browser:
        yield browser


@pytest.fixture(scope="module")
def screen(running: tuple[Browser, ScriptedPanel]) -> Iterator[Page]:
    context = running[0].new_context(
        base_url=running[1].url, viewport={"width": 800, "height": 480}, reduced_motion="reduce"
    )
    page = context.new_page()
    running[1].rest()
    page.goto("/")
    yield page
    context.close()


def _pass_frames(screen: Page) -> None:
    """A size that changed is told in the next frame."""
    screen.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ALBUM)
def test_nothing_is_cut_or_covered(screen: Page, panel: ScriptedPanel, name: str, language: str) -> None:
    open_menu(screen, panel, language)
    ALBUM[name](screen, panel)
    found = {"as it is": screen.evaluate(_CUT)}
    screen.evaluate(_COMPLAIN)
    _pass_frames(screen)
    found["complaint"] = screen.evaluate(_CUT)
    inputs = screen.locator("#main:not([inert]) input:visible")
    for place in range(inputs.count()):
        inputs.nth(place).click()
        screen.evaluate(_COMPLAIN)
        _pass_frames(screen)
        found[f"complaint, field {place}"] = screen.evaluate(_CUT)
        if screen.locator(".picker .keyboard").count():
            press(screen, "#")
    assert {where: faults for where, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("error", ["wrong-password", "card-unknown", "locked-out"])
def test_who_mistyped_sees_all_of_the_log_in(screen: Page, panel: ScriptedPanel, error: str, language: str) -> None:
    """User ID, password, and what went wrong: the row that is not written in must not be scrolled away."""
    open_menu(screen, panel, language)
    panel.set(seat=None)
    screen.wait_for_selector("[data-dialog=log-in]")
    panel.answers["POST", "/log-in"] = refuse(401, error, seconds=30)
    press(screen, "1024#5566S")
    expect(screen.locator(".message")).not_to_be_empty()
    _pass_frames(screen)
    for part in ("#field-user", "#field-password", ".message", ".card-place", ".keyboard"):
        expect(screen.locator(part)).to_be_in_viewport(ratio=1)
    assert screen.evaluate(_CUT) == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("size", [(800, 480), (1024, 600)])
@pytest.mark.parametrize("keyword", ["wrong-code", "wrong-address", "server-not-understood"])
def test_who_mistyped_at_the_first_start_sees_the_code(
    screen: Page, panel: ScriptedPanel, keyword: str, size: tuple[int, int], language: str
) -> None:
    open_menu(screen, panel, language)
    screen.set_viewport_size({"width": size[0], "height": size[1]})
    panel.answers["POST", "/setup"] = refuse(401, keyword)
    ALBUM["first-start"](screen, panel)
    for field, text in (("server", "https://s.example"), ("address", "copier.example"), ("code", "12345678")):
        screen.locator(f"#field-{field}").fill(text)
    press(screen, "S")
    expect(screen.locator(".message")).not_to_be_empty()
    _pass_frames(screen)
    for part in ("#field-code", ".message", ".keyboard"):
        expect(screen.locator(part)).to_be_in_viewport(ratio=1)
    faults = screen.evaluate(_CUT)
    if size == (1024, 600):  # there is room for it wherever is written
        screen.locator("#field-server").click()
        _pass_frames(screen)
        expect(screen.locator("#field-code")).to_be_in_viewport(ratio=1)
    screen.set_viewport_size({"width": 800, "height": 480})
    assert faults == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_all_lines_of_the_review_are_in_sight(screen: Page, panel: ScriptedPanel, language: str) -> None:
    """Seven of them when the document is kept; nobody scrolls for a switch that they do not know of."""
    open_menu(screen, panel, language)
    ALBUM["review-kept"](screen, panel)
    fields = screen.locator(".field:visible")
    expect(fields).to_have_count(7)
    for place in range(7):
        expect(fields.nth(place)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_who_is_logged_in_and_what_is_wrong_are_read_above(screen: Page, panel: ScriptedPanel, language: str) -> None:
    open_menu(screen, panel, language)
    panel.set(
        printer={"state": "unknown", "reasons": [], "words": "no answer"},
        server={**panel.state["server"], "state": "down"},
        waiting=3,
        seat={**panel.state["seat"], "user": "yamada"},
    )
    expect(screen.locator("#top .chip-quiet")).to_have_text("yamada")
    expect(screen.locator("#top .chip-bad")).to_have_count(2)
    _pass_frames(screen)
    said = screen.locator("#top .chip:not(.chip-device) span").all()
    assert [one.inner_text() for one in said if one.evaluate("(one) => one.scrollWidth > one.clientWidth")] == []
    assert screen.evaluate("() => document.querySelector('#top').scrollWidth <= innerWidth")

"""Writing at the panel: the keyboard on the screen, and the log-in that it is needed for first (SPEC D5)."""

from __future__ import annotations

import string

import pytest
from playwright.sync_api import Page, expect

from tests.support.hands import write
from tests.support.panel_album import open_menu, press, wait_for_call
from tests.support.scripted_panel import ScriptedPanel

pytestmark = pytest.mark.real


def see_title(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "651")
    expect(page.locator(".keyboard")).to_be_visible()


def test_a_password_may_hold_every_character_of_ascii(page: Page, panel: ScriptedPanel) -> None:
    page.locator("#field-password").click()
    write(page, string.digits + string.ascii_letters + string.punctuation)
    page.get_by_role("button", name="Space").click()
    expected = string.digits + string.ascii_letters + string.punctuation + " "
    expect(page.locator("#field-password")).to_have_value(expected)


def test_shift_is_for_one_letter_and_a_second_tap_locks_it(page: Page, panel: ScriptedPanel) -> None:
    see_title(page, panel)
    title, keys = page.locator("#field-title"), page.locator(".keyboard")
    keys.get_by_role("button", name="Capital letter", exact=True).click()
    for letter in ("Q", "w"):
        keys.get_by_role("button", name=letter, exact=True).click()
    expect(title).to_have_value("Qw")
    keys.get_by_role("button", name="Capital letter", exact=True).dblclick()
    for letter in ("E", "R"):
        keys.get_by_role("button", name=letter, exact=True).click()
    keys.get_by_role("button", name="Capital letters, locked").click()
    keys.get_by_role("button", name="t", exact=True).click()
    expect(title).to_have_value("QwERt")


def test_the_screens_keyboard_never_changes_what_the_key_pad_writes(page: Page, panel: ScriptedPanel) -> None:
    see_title(page, panel)
    for name in ("Capital letter", "Capital letter", "Hiragana", "Latin letters", "Digits and signs", "Letters"):
        page.locator(".keyboard").get_by_role("button", name=name, exact=True).click()
        page.locator('#keys [data-key="2"]').click()
    expect(page.locator("#field-title")).to_have_value("222222")


@pytest.mark.parametrize("size", [(800, 480), (1280, 800)], ids=["small", "large"])
def test_the_other_language_is_chosen_at_log_in_whatever_the_keyboard_covers(
    page: Page, panel: ScriptedPanel, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.locator(".keyboard")).to_be_visible()
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("h1")).to_have_text("ログイン")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    press(page, "1#2#v#")  # by keys it is the last line
    expect(page.locator("h1")).to_have_text("Log in")


def test_the_browser_finds_nothing_odd_about_the_log_in(page: Page, panel: ScriptedPanel) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    page.locator("#field-password").click()
    expect(page.locator(".keyboard")).to_be_visible()
    page.wait_for_timeout(500)
    assert said == []


def test_signs_of_a_keyboard_are_written_and_those_of_a_keypad_do_their_thing(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = {}
    page.keyboard.type("1024")
    page.keyboard.press("NumpadDivide")
    expect(page.locator("#field-password")).to_be_focused()
    page.keyboard.type("a*b#c")
    page.keyboard.press("NumpadMultiply")
    expect(page.locator("#hints")).to_contain_text("letters: abc")
    expect(page.locator("#field-password")).to_have_value("a*b#c")
    page.keyboard.press("Enter")
    wait_for_call(page, panel, "POST", "/log-in")
    assert panel.bodies("POST", "/log-in") == [{"user": "1024", "password": "a*b#c"}]


def test_a_reader_types_a_password_with_signs(page: Page, panel: ScriptedPanel) -> None:
    """Into the field of the password, fast, with Enter at its end."""
    panel.answers["POST", "/log-in"] = {}
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    for key in "04*A2#B3C4":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    wait_for_call(page, panel, "POST", "/log-in")
    assert panel.bodies("POST", "/log-in") == [{"user": "anna", "password": "04*A2#B3C4"}]


def test_in_a_number_and_in_lists_signs_of_a_keyboard_are_those_of_the_keypad(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    page.keyboard.type("112#")  # two copies, and done
    expect(page.locator("#field-copies")).to_have_value("2")
    expect(page.locator(".writing")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.type("61")
    page.wait_for_selector(".row:nth-child(5)")
    page.keyboard.type("2#3#")
    expect(page.locator("[aria-selected=true]")).to_have_count(2)
    page.keyboard.type("*")
    page.wait_for_selector("[data-dialog=scan-settings]")

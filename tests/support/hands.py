"""Two ways to work the panel's screen: ten keys alone, or a finger alone."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Page, expect


class Hand(Protocol):
    """What somebody does at the panel, in the panel's own numbers."""

    page: Page

    def log_in(self, user: str, password: str) -> None:
        """User and password are digits: everybody has those keys."""

    def choose(self, number: str) -> None:
        """A choice of a menu."""

    def pick(self, *numbers: int) -> None:
        """Rows of a list, by the numbers that stand on them."""

    def turn(self, field: str, number: str) -> None:
        """A switch of a form: by its name, or its number."""

    def start(self) -> None:
        """The green key."""

    def stop(self) -> None:
        """The red key."""


KEYPAD_SIGNS = {"#": "NumpadDivide", "*": "NumpadMultiply"}
"""Keys of a keypad; those of a keyboard write signs where a text is written."""


class Keypad:
    """Digits and `#` of a keypad, Enter and Escape."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _press(self, keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(KEYPAD_SIGNS.get(key, key))

    def log_in(self, user: str, password: str) -> None:
        self._press(f"{user}#{password}")
        self.start()

    def choose(self, number: str) -> None:
        self._press(number)

    def pick(self, *numbers: int) -> None:
        expect(self.page.locator(".row", has_text=str(numbers[-1])).first).to_be_visible()
        for number in numbers:
            self._press(f"{number}#")

    def turn(self, field: str, number: str) -> None:
        self._press(number)

    def start(self) -> None:
        self.page.keyboard.press("Enter")

    def stop(self) -> None:
        self.page.keyboard.press("Escape")


class Finger:
    """Taps on what is seen, and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _tap(self, selector: str) -> None:
        self.page.locator(selector).tap()

    def _tap_digits(self, digits: str) -> None:
        for digit in digits:
            self._tap(f'#keys [data-key="{digit}"]')

    def log_in(self, user: str, password: str) -> None:
        self._tap("#field-user")
        self._tap_digits(user)
        self._tap("#field-password")
        self._tap_digits(password)
        self.start()

    def choose(self, number: str) -> None:
        self._tap(f'.choice[data-digit="{number}"]')

    def pick(self, *numbers: int) -> None:
        for number in numbers:
            badge = self.page.locator(".badge").get_by_text(str(number), exact=True)
            self.page.locator(".row", has=badge).tap()

    def turn(self, field: str, number: str) -> None:
        self._tap(f'[data-field="{field}"] button')

    def start(self) -> None:
        self._tap('#keys [data-key="start"]')

    def stop(self) -> None:
        self._tap('#keys [data-key="stop"]')


_PAGES = ("Letters", "Digits and signs", "More signs")


def write(page: Page, text: str) -> None:
    """By the keyboard on the screen alone."""
    for letter in text:
        keys = page.locator(".keyboard")
        if letter.isupper():
            keys.get_by_role("button", name="Capital letter", exact=True).click()
        cap = keys.locator(".key-cap").get_by_text(letter, exact=True).first
        for words in (*_PAGES, *_PAGES):
            if cap.is_visible():
                break
            if (way := keys.get_by_role("button", name=words, exact=True)).is_visible():
                way.click()
        cap.click()

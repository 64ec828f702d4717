"""Who has logged in is who the screen shows, however log-ins, idle log-outs and reloads meet (SPEC D5)."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.hands import Keypad
from tests.support.panel import PASSWORD, USER, Office

pytestmark = pytest.mark.real

IDLE_SECONDS = 10
_ROUNDS = 8


@pytest.fixture
def screen(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(base_url=office.panel.url, viewport={"width": 800, "height": 480})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/")
    see(page, "log-in")
    yield page
    context.close()


def see(page: Page, dialog: str, seconds: float = 30) -> None:
    page.wait_for_selector(f"[data-dialog={dialog}]", timeout=seconds * 1000)


def log_in(page: Page) -> None:
    page.locator("#field-user").click()
    Keypad(page).log_in(USER, PASSWORD)


def test_an_answer_of_before_the_log_in_that_comes_after_it_is_of_yesterday(screen: Page) -> None:
    """The long poll that waits while somebody logs in was asked for by nobody, and is answered because they came."""
    held: list[Route] = []
    screen.route("**/api/state?after=*", lambda route: route.continue_() if held else held.append(route))
    screen.reload()
    see(screen, "log-in")
    while not held:
        screen.wait_for_timeout(50)
    old = held[0].fetch(url=held[0].request.url.split("?")[0]).json()
    assert old["seat"] is None
    log_in(screen)
    see(screen, "modes")
    now = screen.evaluate("fetch('/api/state').then((answer) => answer.json())")
    held[0].fulfill(json={**old, "serial": now["serial"]})
    screen.wait_for_timeout(500)
    expect(screen.locator("h1")).to_have_text("What would you like to do?")


def test_log_outs_by_idleness_and_by_hand_reloads_and_log_ins_in_any_order(screen: Page, office: Office) -> None:
    chance = random.Random(5)
    for _ in range(_ROUNDS):
        log_in(screen)
        see(screen, "modes", 15)  # the long poll, which would show it too, takes 20
        way = chance.choice(["idle", "hand", "hand", "elsewhere"])
        if way == "hand":
            screen.keyboard.press("Escape")
        elif way == "elsewhere":  # another screen takes the seat and leaves it
            office.panel.log_in(USER, PASSWORD)
            office.panel.post("/api/log-out")
        else:
            see(screen, "log-in", 3 * IDLE_SECONDS)
        if chance.random() < 0.6:
            screen.reload(wait_until=chance.choice(["commit", "load"]))
        see(screen, "log-in")


def test_a_log_out_takes_nobody_elses_seat(office: Office) -> None:
    """Two screens, one of which leaves while the other logs in, over and over: whoever came last is there."""
    panel = office.panel
    for _ in range(8):
        panel.log_in(USER, PASSWORD)
        first = {"Cookie": panel._cookie}
        leaving = threading.Thread(target=panel.ask, args=("POST", "/api/log-out", {}), kwargs=first)
        leaving.start()
        panel.log_in(USER, PASSWORD)
        leaving.join()
        assert panel.get("/api/state")["seat"] is not None
    panel.post("/api/log-out")

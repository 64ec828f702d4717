"""The icon in the panel of a real desktop (Xfce), over the session's bus: picture, dot, click, menu, another panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.patience import wait_until
from tests.support.screen import run_screen
from tests.support.tray import (
    DOT,
    GROUND,
    SIZE,
    click,
    find,
    grab,
    hear,
    need_program,
    press,
    run_bus,
    run_icon,
    run_panel,
    see_dot_come_and_icon_go,
    tell,
    write_panel,
)

pytestmark = pytest.mark.real
BELOW = (0, SIZE + 1, 300, 300)  # where the menu opens
_LOOKS = 20  # so often in a row it looks the same when it is drawn: the panel may pause in the middle
NO_STAND_IN = 3600.0  # the panel has a tray of the X Window System too


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A screen and a session's bus, and no panel yet."""
    need_program("xfce4-panel", "xfce4-panel xfconf")
    write_panel(tmp_path)
    with run_screen() as display, run_bus(tmp_path, {"DISPLAY": display}) as address:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield display


def find_icon(display: str) -> tuple[int, int]:
    wait_until(lambda: find(display, GROUND) is not None)
    point = find(display, GROUND)
    assert point is not None
    return point


def open_menu(display: str) -> Image.Image:
    """What it looks like."""
    click(display, find_icon(display), button=3)
    wait_until(lambda: grab(display, BELOW).getbbox() is not None)
    seen: list[Image.Image] = []

    def rests() -> bool:
        seen.append(grab(display, BELOW))
        return len(seen) > _LOOKS and all(one == seen[-1] for one in seen[-_LOOKS:])

    wait_until(rests, lambda: "it is still being drawn")
    return seen[-1]


def choose(display: str, entry: int) -> None:
    press(display, *["Down"] * entry, "Return")
    wait_until(lambda: grab(display, BELOW).getbbox() is None)


def test_a_panel_shows_the_icon_and_what_nobody_has_read(display: str, tmp_path: Path) -> None:
    log = tmp_path / "icon.log"
    with run_panel(display, tmp_path), run_icon(log, NO_STAND_IN) as child:
        icon = find_icon(display)
        assert find(display, DOT) is None
        click(display, icon)
        assert hear(child) == b"opened\n"
        see_dot_come_and_icon_go(display, child, log)


def test_each_entry_of_the_menu_does_what_it_says(display: str, tmp_path: Path) -> None:
    with run_panel(display, tmp_path), run_icon(tmp_path / "icon.log", NO_STAND_IN) as child:
        loud = open_menu(display)
        choose(display, 1)
        assert hear(child) == b"opened\n"
        open_menu(display)
        choose(display, 2)
        assert hear(child) == b"quiet\n"
        assert open_menu(display) != loud, "no checkmark"
        choose(display, 2)
        assert hear(child) == b"loud\n"
        open_menu(display)
        wait_until(lambda: grab(display, BELOW) == loud)
        choose(display, 3)
        assert hear(child) == b"ended\n"


def test_a_panel_that_comes_later_and_one_that_begins_anew_show_the_icon(display: str, tmp_path: Path) -> None:
    with run_icon(tmp_path / "icon.log", NO_STAND_IN) as child:
        tell(child, "3")
        for _ in range(2):
            with run_panel(display, tmp_path) as panel:
                wait_until(lambda: find(display, DOT) is not None)
                panel.kill()
                panel.wait()
            wait_until(lambda: find(display, GROUND) is None)

"""The icon in a real tray (trayer) on a real X server: it is there, has a dot for what is new, and opens the inbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from PIL import Image
from Xlib.display import Display

from pc_client.receiver.tray.look import Look, draw_icon
from pc_client.receiver.tray.x_icon import XTrayIcon
from tests.support.patience import wait_until
from tests.support.screen import run_screen
from tests.support.status_panel import StatusPanel
from tests.support.tray import (
    DOT,
    GROUND,
    click,
    find,
    hear,
    run_bus,
    run_icon,
    run_trayer,
    see_dot_come_and_icon_go,
    tell,
)

pytestmark = pytest.mark.real


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A screen, no tray yet, and no bus of a session."""
    with run_screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        yield display


def find_title(display: str) -> str:
    """The title of the icon, wherever a tray has put its window."""
    screen = Display(display)
    try:
        name, text = screen.get_atom("_NET_WM_NAME"), screen.get_atom("UTF8_STRING")
        windows = [screen.screen().root]
        for window in windows:
            windows += window.query_tree().children
            kind = window.get_wm_class()
            if kind is not None and kind[1] == "distserver-pc":
                return bytes(window.get_full_property(name, text).value).decode()
    finally:
        screen.close()
    return ""


def test_a_pc_with_a_japanese_name_has_an_icon(display: str, tmp_path: Path) -> None:
    log = tmp_path / "icon.log"
    with run_trayer(display, log), run_icon(log) as child:
        wait_until(lambda: find(display, GROUND) is not None, log.read_text)
        assert find(display, DOT) is None
        assert "Front desk 受付" in find_title(display)
        point = find(display, GROUND)
        assert point is not None
        click(display, point)
        assert hear(child) == b"opened\n"


def test_the_icon_shows_what_nobody_has_read_and_goes_when_told(display: str, tmp_path: Path) -> None:
    log = tmp_path / "icon.log"
    with run_trayer(display, log), run_icon(log) as child:
        wait_until(lambda: find(display, GROUND) is not None, log.read_text)
        see_dot_come_and_icon_go(display, child, log)


def test_an_icon_that_was_there_before_the_tray_comes_with_it_and_with_the_next(display: str, tmp_path: Path) -> None:
    log = tmp_path / "icon.log"
    with run_icon(log):
        time.sleep(1.0)  # most often enough for it to find no tray; where not, the second tray asks the same
        for _ in range(2):
            with run_trayer(display, log):
                wait_until(lambda: find(display, GROUND) is not None, log.read_text)
            wait_until(lambda: find(display, GROUND) is None, log.read_text)


def test_an_icon_whose_screen_goes_ends_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with ExitStack() as programs:
        with run_screen() as display:
            monkeypatch.setenv("DISPLAY", display)
            with run_trayer(display, tmp_path / "trayer.log"):
                child = programs.enter_context(run_icon(tmp_path / "icon.log"))
                wait_until(lambda: find(display, GROUND) is not None)
        assert hear(child) == b"gone\n"


def test_an_icon_has_a_dot_when_something_was_not_read() -> None:
    assert DOT not in colours(draw_icon(0))
    assert DOT in colours(draw_icon(3))


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    found = image.convert("RGB").getcolors(1 << 16)
    return {colour for _, colour in found or () if isinstance(colour, tuple)}


def test_an_icon_of_the_screen_stands_in_where_no_panel_shows_the_item(
    display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "icon.log"
    with run_bus(tmp_path / "bus") as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with run_trayer(display, log), run_icon(log) as child:
            wait_until(lambda: find(display, GROUND) is not None, log.read_text)
            for unread in (3, 0):
                with closing(StatusPanel(address)) as panel:
                    panel.begin()
                    panel.take_item()
                    wait_until(lambda: find(display, GROUND) is None, log.read_text)
                    tell(child, str(unread))
                    panel.take("NewTitle")
                wait_until(lambda: find(display, GROUND) is not None, log.read_text)
                assert (find(display, DOT) is not None) is (unread > 0)
            tell(child, "end")
            assert hear(child) == b"gone\n"
            wait_until(lambda: find(display, GROUND) is None, log.read_text)


def test_an_icon_of_the_screen_stays_when_the_bus_goes(
    display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "icon.log"
    with ExitStack() as bus:
        address = bus.enter_context(run_bus(tmp_path / "bus"))
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with run_trayer(display, log), run_icon(log) as child, closing(StatusPanel(address)) as panel:
            panel.begin()
            panel.take_item()
            bus.close()
            wait_until(lambda: find(display, GROUND) is not None, log.read_text)
            tell(child, "3")
            wait_until(lambda: find(display, DOT) is not None, log.read_text)
            tell(child, "end")
            assert hear(child) == b"gone\n"


def test_an_icon_ends_at_once_where_there_is_neither_bus_nor_screen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    with run_icon(tmp_path / "icon.log") as child:
        assert hear(child) == b"gone\n"


class LateEvent(threading.Event):
    """Somebody ends the icon just after it has looked whether it is to end."""

    def __init__(self, end: Callable[[], None]) -> None:
        super().__init__()
        self._end: Callable[[], None] | None = end

    def is_set(self) -> bool:
        seen, end = super().is_set(), self._end
        self._end = None
        if end is not None:
            end()
        return seen


def test_an_order_to_end_is_not_lost_while_another_is_looked_for(display: str) -> None:
    icon = XTrayIcon("distserver-pc", Look(draw_icon(0), "Inbox"), lambda: None)
    icon.orders.ended = LateEvent(icon.orders.end)
    thread = threading.Thread(target=icon.run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()

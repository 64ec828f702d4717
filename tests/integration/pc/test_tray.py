"""The icon in a real tray (trayer) on a real X server: it is there, has a dot for what is new, and opens the inbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageGrab
from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from pc_client.receiver.tray import draw_icon
from tests.support.patience import wait_until
from tests.support.screen import end_program, run_screen

pytestmark = pytest.mark.real
LACKING = "trayer is not here: `apt-get install --no-install-recommends trayer` as root"
CHILD = """
import sys
import threading
from pc_client.receiver import tray
from pc_client.receiver.words import JAPANESE
tray._LOOK_SECONDS = 0.05
unread = 0
def hear():
    global unread
    for line in sys.stdin:
        if line == "end\\n":
            icon.end()
        else:
            unread = int(line)
acts = tray.TrayActs(lambda: print("opened", flush=True), lambda: None, lambda: False, lambda: unread, lambda: None)
icon = tray.Tray("Front desk 受付", acts, JAPANESE)
threading.Thread(target=hear, daemon=True).start()
icon.run()
print("gone", flush=True)
sys.stdin.read()
"""
GROUND, DOT = (11, 90, 111), (200, 40, 30)
TRAYER = ["trayer", "--edge", "top", "--align", "left", "--height", "48", "--widthtype", "pixel", "--width", "48"]


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A screen, and no tray yet."""
    if shutil.which("trayer") is None:
        pytest.fail(LACKING)
    with run_screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        yield display


@contextmanager
def run_trayer(display: str, log: Path) -> Iterator[None]:
    """A tray in the corner of the screen, and none again."""
    with log.open("ab") as lines:
        tray = subprocess.Popen(TRAYER, stdout=lines, stderr=lines)
    try:
        wait_until(lambda: find(display, (0, 0, 0), absent=True) is not None, log.read_text)
        yield
    finally:
        end_program(tray)


@contextmanager
def run_icon(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The receiver's icon in a program of its own, as it runs: takes numbers of what was not read, and "end"."""
    with log.open("ab") as lines:
        command = [sys.executable, "-c", CHILD]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=lines)
    try:
        yield child
    finally:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        child.stdout.close()
        end_program(child)


def tell(child: subprocess.Popen[bytes], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{line}\n".encode())
    child.stdin.flush()


def hear(child: subprocess.Popen[bytes]) -> bytes:
    assert child.stdout is not None
    return child.stdout.readline()


def find(display: str, colour: tuple[int, int, int], *, absent: bool = False) -> tuple[int, int] | None:
    """A point of this colour in the corner of the screen, or `absent`: of another."""
    seen = ImageGrab.grab(xdisplay=display).convert("RGB").crop((0, 0, 48, 48))
    points = [(x, y) for y in range(seen.height) for x in range(seen.width)]
    return next((one for one in points if (seen.getpixel(one) == colour) is not absent), None)


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


def click(display: str, point: tuple[int, int]) -> None:
    screen = Display(display)
    try:
        xtest.fake_input(screen, X.MotionNotify, x=point[0], y=point[1])
        xtest.fake_input(screen, X.ButtonPress, 1)
        xtest.fake_input(screen, X.ButtonRelease, 1)
        screen.sync()
    finally:
        screen.close()


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
        tell(child, "3")
        wait_until(lambda: find(display, DOT) is not None, log.read_text)
        tell(child, "0")
        wait_until(lambda: find(display, DOT) is None, log.read_text)
        tell(child, "end")
        assert hear(child) == b"gone\n"
        wait_until(lambda: find(display, GROUND) is None, log.read_text)


def test_an_icon_that_was_there_before_the_tray_comes_with_it_and_with_the_next(display: str, tmp_path: Path) -> None:
    log = tmp_path / "icon.log"
    with run_icon(log):
        time.sleep(1.0)  # most often enough for it to find no tray; where not, the second tray asks the same
        for _ in range(2):
            with run_trayer(display, log):
                wait_until(lambda: find(display, GROUND) is not None, log.read_text)
            wait_until(lambda: find(display, GROUND) is None, log.read_text)


def test_an_icon_whose_screen_goes_ends_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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

"""The icon in a real tray (trayer) on a real X server: it is there, has a dot for what is new, and opens the inbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
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
from pc_client.receiver.tray import Tray, TrayActs
from pc_client.receiver.words import JAPANESE
acts = TrayActs(lambda: print("opened", flush=True), lambda: None, lambda: False, lambda: 0, lambda: None)
Tray("Front desk 受付", acts, JAPANESE).run()
"""
GROUND, DOT = (11, 90, 111), (200, 40, 30)


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A screen with a tray in its corner."""
    if shutil.which("trayer") is None:
        pytest.fail(LACKING)
    with run_screen() as display, (tmp_path / "trayer.log").open("wb") as log:
        monkeypatch.setenv("DISPLAY", display)
        command = [
            "trayer",
            "--edge",
            "top",
            "--align",
            "left",
            "--height",
            "48",
            "--widthtype",
            "pixel",
            "--width",
            "48",
        ]
        tray = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: find(display, (0, 0, 0), absent=True) is not None)
        try:
            yield display
        finally:
            end_program(tray)


def find(display: str, colour: tuple[int, int, int], *, absent: bool = False) -> tuple[int, int] | None:
    """A point of this colour in the corner of the screen, or `absent`: of another."""
    seen = ImageGrab.grab(xdisplay=display).convert("RGB").crop((0, 0, 48, 48))
    points = [(x, y) for y in range(seen.height) for x in range(seen.width)]
    return next((one for one in points if (seen.getpixel(one) == colour) is not absent), None)


def click(display: str, point: tuple[int, int]) -> None:
    screen = Display(display)
    try:
        xtest.fake_input(screen, X.MotionNotify, x=point[0], y=point[1])
        xtest.fake_input(screen, X.ButtonPress, 1)
        xtest.fake_input(screen, X.ButtonRelease, 1)
        screen.sync()
    finally:
        screen.close()


def test_a_pc_with_a_japanese_name_has_an_icon(display: str) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as child:
        try:
            wait_until(lambda: find(display, GROUND) is not None)
            assert find(display, DOT) is None
            point = find(display, GROUND)
            assert point is not None
            click(display, point)
            assert child.stdout is not None
            assert child.stdout.readline() == "opened\n"
        finally:
            end_program(child)
    wait_until(lambda: find(display, GROUND) is None)


def test_an_icon_has_a_dot_when_something_was_not_read() -> None:
    assert DOT not in colours(draw_icon(0))
    assert DOT in colours(draw_icon(3))


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    found = image.convert("RGB").getcolors(1 << 16)
    return {colour for _, colour in found or () if isinstance(colour, tuple)}

"""Trays of real desktops for the receiver's icon, and the icon in a program of its own, as it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageGrab
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from tests.support.patience import wait_until
from tests.support.screen import end_program

SIZE = 48  # of the trays here, in the upper left corner of the screen
GROUND, DOT = (11, 90, 111), (200, 40, 30)
_TRAYER = ["trayer", "--edge", "top", "--align", "left", "--height", "48", "--widthtype", "pixel", "--width", "48"]
_XFCONF = "xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"
_PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="48"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
"""
_CHILD = """
import sys
import threading
from pc_client.receiver.tray import desktop_icon, icon
from pc_client.receiver.words import JAPANESE
icon._LOOK_SECONDS = 0.05
desktop_icon._PATIENCE_SECONDS = float(sys.argv[1])
unread, quiet = 0, False
def hear():
    global unread
    for line in sys.stdin:
        if line == "end\\n":
            tray.end()
        else:
            unread = int(line)
def toggle():
    global quiet
    quiet = not quiet
    print("quiet" if quiet else "loud", flush=True)
def say(word):
    return lambda: print(word, flush=True)
acts = icon.TrayActs(say("opened"), toggle, lambda: quiet, lambda: unread, say("ended"))
tray = icon.Tray("Front desk 受付", acts, JAPANESE)
threading.Thread(target=hear, daemon=True).start()
tray.run()
print("gone", flush=True)
sys.stdin.read()
"""


def need_program(name: str, packages: str) -> None:
    """Fail with what to install."""
    if shutil.which(name) is None:
        pytest.fail(f"{name} is not here: `apt-get install --no-install-recommends {packages}` as root")


@contextmanager
def run_bus(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a session's bus of its own; what it starts runs in this environment, and lives in this folder."""
    need_program("dbus-daemon", "dbus-daemon")
    folder.mkdir(exist_ok=True)
    homes = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}
    read, write = os.pipe()
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--print-address={write}"]
    command.append(f"--address=unix:dir={folder}")
    with (folder / "bus.log").open("ab") as log:
        bus = subprocess.Popen(
            command, pass_fds=(write,), stdout=log, stderr=log, env={**os.environ, **homes, **(more or {})}
        )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            address = told.readline().strip()
        assert address, (folder / "bus.log").read_text()
        yield address
    finally:
        end_program(bus)


@contextmanager
def run_trayer(display: str, log: Path) -> Iterator[None]:
    """A tray that takes icons of the X server alone."""
    need_program("trayer", "trayer")
    with log.open("ab") as lines:
        tray = subprocess.Popen(_TRAYER, stdout=lines, stderr=lines)
    try:
        wait_until(lambda: find(display, (0, 0, 0), absent=True) is not None, log.read_text)
        yield
    finally:
        end_program(tray)


def write_panel(folder: Path) -> None:
    """The settings of Xfce's panel, with nothing but a tray."""
    path = folder / _XFCONF
    path.parent.mkdir(parents=True)
    path.write_text(_PANEL, encoding="utf-8")


@contextmanager
def run_panel(display: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Xfce's panel on the bus and the screen of the environment; its settings are in that folder."""
    log = folder / "panel.log"
    homes = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}
    environment = {**os.environ, **homes, "NO_AT_BRIDGE": "1"}
    with log.open("ab") as lines:
        panel = subprocess.Popen(["xfce4-panel", "--disable-wm-check"], stdout=lines, stderr=lines, env=environment)
    try:
        wait_until(lambda: find(display, (0, 0, 0), absent=True) is not None, log.read_text)
        yield panel
    finally:
        end_program(panel)


@contextmanager
def run_icon(log: Path, patience: float = 0.2) -> Iterator[subprocess.Popen[bytes]]:
    """The receiver's icon: takes numbers of what was not read, and "end"; says what was chosen. An icon of the screen
    stands in for one that no panel shows after so many seconds."""
    with log.open("ab") as lines:
        command = [sys.executable, "-c", _CHILD, str(patience)]
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


def grab(display: str, box: tuple[int, int, int, int]) -> Image.Image:
    """What is to be seen there."""
    return ImageGrab.grab(xdisplay=display).convert("RGB").crop(box)


def find(display: str, colour: tuple[int, int, int], *, absent: bool = False) -> tuple[int, int] | None:
    """A point of this colour, give or take a little, in the corner of the screen, or `absent`: of another."""
    seen = grab(display, (0, 0, SIZE, SIZE))
    points = [(x, y) for y in range(seen.height) for x in range(seen.width)]
    return next((one for one in points if _is_like(seen.getpixel(one), colour) is not absent), None)


def _is_like(seen: object, colour: tuple[int, int, int]) -> bool:
    return isinstance(seen, tuple) and all(abs(a - b) <= 3 for a, b in zip(seen, colour, strict=True))


def click(display: str, point: tuple[int, int], button: int = 1) -> None:
    screen = Display(display)
    try:
        xtest.fake_input(screen, X.MotionNotify, x=point[0], y=point[1])
        xtest.fake_input(screen, X.ButtonPress, button)
        xtest.fake_input(screen, X.ButtonRelease, button)
        screen.sync()
    finally:
        screen.close()


def press(display: str, *keys: str) -> None:
    screen = Display(display)
    try:
        for key in keys:
            code = screen.keysym_to_keycode(XK.string_to_keysym(key))
            xtest.fake_input(screen, X.KeyPress, code)
            xtest.fake_input(screen, X.KeyRelease, code)
        screen.sync()
    finally:
        screen.close()


def see_dot_come_and_icon_go(display: str, child: subprocess.Popen[bytes], log: Path) -> None:
    """The icon has a dot while something was not read, and goes when it is told to end."""
    tell(child, "3")
    wait_until(lambda: find(display, DOT) is not None, log.read_text)
    tell(child, "0")
    wait_until(lambda: find(display, DOT) is None, log.read_text)
    tell(child, "end")
    assert hear(child) == b"gone\n"
    wait_until(lambda: find(display, GROUND) is None, log.read_text)

"""Opens a window of its own for a page of the screen: a browser that shows it without tabs, else the usual browser."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
import webbrowser
from pathlib import Path

log = logging.getLogger(__name__)

_LONGEST = 300

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


def open_window(address: str, size: tuple[int, int], browser: str, profile: Path) -> None:
    """Show `address`. `browser` is a program that is called with it; `profile` is a folder for the window's own."""
    if browser:
        _start([browser, address])
        return
    program = next(filter(None, (shutil.which(one) for one in _BROWSERS)), None)
    if program is None:
        if not webbrowser.open(address):
            log.warning("no window: there is no browser")
        return
    told = [f"--app={address}", f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}", "--no-first-run"]
    _start([program, *told])


def has_desktop() -> bool:
    """There is a desktop to show windows on."""
    return os.name == "nt" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _start(command: list[str]) -> None:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            restore_signals=False,  # SIGPIPE stays ignored: it says something, perhaps, once this program has ended
        )
    except OSError as error:
        log.warning("%s cannot be started: %s", command[0], error.strerror)
        return
    threading.Thread(target=_see_out, args=(process, command[0]), name="window", daemon=True).start()


def _see_out(process: subprocess.Popen[bytes], program: str) -> None:
    """A browser that shows nothing says why as it ends; Chromium does so for root, whose sandbox it refuses."""
    last = b""
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            last = line.strip()[-_LONGEST:] or last
    if process.returncode:
        words = last.decode(errors="replace")
        log.warning("no window: %s has ended with code %d: %s", program, process.returncode, words)

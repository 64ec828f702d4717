"""How the icon looks, and what other threads want of the one that shows it."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from dataclasses import dataclass

from PIL import Image, ImageDraw

log = logging.getLogger(__name__)

_SIZE = 64


@dataclass(frozen=True, slots=True)
class Look:
    """The icon's picture (RGBA, a square) and its title."""

    image: Image.Image
    title: str


class Orders:
    """Left by any thread for the one that waits in `select`, which `fileno` wakes; none is lost."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._changed = False
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)

    def show(self, look: Look) -> None:
        """From any thread: look like this from now on."""
        with self._lock:
            self.look, self._changed = look, True
        self._wake()

    def end(self) -> None:
        """From any thread: take the icon away."""
        self.ended.set()
        self._wake()

    def take_change(self) -> bool:
        """It is to look otherwise than the last time. Look for `ended` after this, which may take its bell away."""
        with contextlib.suppress(BlockingIOError):  # where it was something else that woke
            self._woken.recv(4096)
        with self._lock:
            changed, self._changed = self._changed, False
        return changed

    def fileno(self) -> int:
        """For `select`."""
        return self._woken.fileno()

    def close(self) -> None:
        """Nobody waits any more; further orders are lost on purpose."""
        self._woken.close()
        self._waker.close()

    def _wake(self) -> None:
        try:
            self._waker.send(b"!")
        except OSError:
            log.debug("the icon's thread has ended")


def draw_icon(unread: int) -> Image.Image:
    """A tray of letters; with a dot when something was not read."""
    image = Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, _SIZE - 1, _SIZE - 1), 14, fill=(11, 90, 111))
    draw.polygon([(14, 36), (24, 36), (28, 42), (36, 42), (40, 36), (50, 36), (50, 50), (14, 50)], fill="white")
    draw.polygon([(20, 14), (44, 14), (50, 32), (38, 32), (34, 38), (30, 38), (26, 32), (14, 32)], fill="white")
    if unread:
        draw.ellipse((36, 2, 62, 28), fill=(200, 40, 30), outline="white", width=3)
    return image

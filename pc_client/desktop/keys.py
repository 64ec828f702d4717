"""Who may see the screen: whoever has a key that this program gave to a window, once.

A key stands on the command line of the window's browser, which other accounts of this PC can read: it opens the screen
once, for a short while, and the window then has a cookie of its own. Where the system says whose a connection is, that
of another account is refused whatever it brings (`distwire.local.own_peer`).
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable

_KEY_SECONDS = 60.0


class Keys:
    """For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, float] = {}
        self._cookie = secrets.token_urlsafe(32)
        self.master = secrets.token_urlsafe(32)
        """For programs of this account, which read it from a file of mode 0600."""

    def make(self) -> str:
        """A key for one window."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            now = self._clock()
            self._keys = {one: until for one, until in self._keys.items() if until > now}
            self._keys[key] = now + _KEY_SECONDS
        return key

    def redeem(self, key: str) -> str | None:
        """The cookie for a key that was not used yet; None for any other."""
        with self._lock:
            until = self._keys.pop(key, None)
        return self._cookie if until is not None and until > self._clock() else None

    def is_master(self, bearer: str) -> bool:
        """Whether a program of this account asks."""
        return hmac.compare_digest(bearer.encode(), self.master.encode())

    def admits(self, cookie: str) -> bool:
        """Whether that is the cookie."""
        return hmac.compare_digest(cookie.encode(), self._cookie.encode())

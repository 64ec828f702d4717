"""The client's own token: `HOME/server-token`, for nobody else's eyes."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from distwire.local.own_file import write_own_file

_NAME = "server-token"
_TOKEN = re.compile(r"[!-~]+")


def read_token(home: Path) -> str:
    """The token; empty where there is none, and where the file holds something else: the server says then that it does
    not know the client."""
    said = ""
    with contextlib.suppress(FileNotFoundError):
        said = (home / _NAME).read_text(encoding="ascii", errors="replace").strip()
    return said if _TOKEN.fullmatch(said) else ""


def write_token(home: Path, token: str) -> None:
    """Keep a token in place of the one before; it is on the disk when this returns. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_own_file(home / _NAME, f"{token}\n".encode("ascii"))


class TokenWatch:
    """Whether another token was put in the place of the one that this program began with, as by `mfp-client enrol`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._first = self._last = read_token(home)

    def is_replaced(self) -> bool:
        """True at the second look that finds another one: the settings that belong to it are written by then. Raises
        OSError."""
        found, before = read_token(self._home), self._last
        self._last = found
        return found not in ("", self._first) and found == before

"""The device's own token: `HOME/server-token`, for nobody else's eyes."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_NAME = "server-token"
_TOKEN = re.compile(r"[!-~]+")


def read_token(home: Path) -> str:
    """The token; empty where there is none, and where the file holds something else: the server says then that it does
    not know the device."""
    said = ""
    with contextlib.suppress(FileNotFoundError):
        said = (home / _NAME).read_text(encoding="ascii", errors="replace").strip()
    return said if _TOKEN.fullmatch(said) else ""


def write_token(home: Path, token: str) -> None:
    """Keep a token in place of the one before; it is on the disk when this returns. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = home / f".{_NAME}.new"
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(token + "\n")
        out.flush()
        os.fsync(out.fileno())
    made.replace(home / _NAME)

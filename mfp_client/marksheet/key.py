"""The key that a device signs its marks with: `mark.key` in its home, made at first use, for its owner's eyes alone."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

from distwire.local.own_file import make_own_file

NAME = "mark.key"
_OCTETS = 32


class KeyUnusable(Exception):
    """There is no key to sign or check with; the message says what to do."""


def load_key(home: Path) -> bytes:
    """The device's key. Raises `KeyUnusable`; never replaces a key that is there, for every sheet hangs on it."""
    path = home / NAME
    try:
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            make_own_file(path, f"{secrets.token_hex(_OCTETS)}\n".encode("ascii"))
        _check_mode(path)
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        raise KeyUnusable(f"the key of the mark sheets cannot be kept in {path}: {error.strerror}") from error
    except ValueError as error:
        raise KeyUnusable(_damaged(path)) from error
    if len(key) != _OCTETS:
        raise KeyUnusable(_damaged(path))
    return key


def _check_mode(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(f"others may read the key of the mark sheets: run chmod 600 {path}")


def _damaged(path: Path) -> str:
    return (
        f"{path} is no key: put it back from a backup, or remove it to make a new one (sheets printed so far then end)"
    )

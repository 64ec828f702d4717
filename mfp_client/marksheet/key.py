"""The key that a device signs its marks with: `mark.key` in its home, made at first use, for its owner's eyes alone."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

NAME = "mark.key"
_OCTETS = 32


class KeyUnusable(Exception):
    """There is no key to sign or check with; the message says what to do."""


def load_key(home: Path) -> bytes:
    """The device's key. Raises `KeyUnusable`; never replaces a key that is there, for every sheet hangs on it."""
    path = home / NAME
    try:
        if not path.exists():
            _make(home, path)
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


def _make(home: Path, path: Path) -> None:
    """Write a new key beside its place and link it there: of two that do this at once, one wins and both use it."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = home / f".{NAME}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_OCTETS) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
        _sync_folder(home)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_mode(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(f"others may read the key of the mark sheets: run chmod 600 {path}")


def _damaged(path: Path) -> str:
    return (
        f"{path} is no key: put it back from a backup, or remove it to make a new one (sheets printed so far then end)"
    )

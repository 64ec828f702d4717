"""Mails whose sender is to confirm them first: files in HOME/mail, each under the hash of its code.

A code is in one mail only, to the address that the mail says it is from: who sends it back has that mailbox. Nothing on
the disk tells it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from distserver.errors import NotFound, QuotaExceeded, StoreUnavailable

_MOST, _MOST_EACH = 200, 5
_LONGEST_LINE = 256 << 10  # a hundred addresses of 500 octets, each letter of them as \uXXXX
_BYTES = 10


@dataclass(frozen=True, slots=True)
class HeldMail:
    """What came with the mail: who it says it is from, and the addresses that it was for."""

    author: str
    recipients: tuple[str, ...]


class HeldMails:
    """Those of one home. `clock` is in seconds since the epoch."""

    def __init__(self, folder: Path, seconds: float, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._seconds = seconds
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def hold(self, mail: HeldMail, file: BinaryIO) -> str:
        """Keep it; the code that sets it free. Raises `QuotaExceeded` when too many wait."""
        self.expire()
        waiting = list(self._folder.glob("*.mail"))
        mine = [path for path in waiting if _read_author(path) == mail.author]
        if len(waiting) >= _MOST or len(mine) >= _MOST_EACH:
            raise QuotaExceeded("too many mails wait for their senders to confirm them: answer those questions first")
        code = secrets.token_hex(_BYTES)
        path = self._path(code)
        try:
            with path.with_suffix(".new").open("xb") as target:
                target.write(json.dumps(asdict(mail)).encode() + b"\n")
                file.seek(0)
                shutil.copyfileobj(file, target)
                target.flush()
                os.fsync(target.fileno())
            now = self._clock()
            os.utime(path.with_suffix(".new"), (now, now))
            path.with_suffix(".new").rename(path)
        except OSError as error:
            path.with_suffix(".new").unlink(missing_ok=True)
            raise StoreUnavailable(f"the mail cannot be kept: {error.strerror}") from error
        return code

    @contextmanager
    def open(self, code: str) -> Iterator[tuple[HeldMail, BinaryIO]]:
        """The mail of this code; it goes when the block ends without an error. Raises `NotFound`."""
        self.expire()
        path = self._path(code)
        try:
            file = path.open("rb")
        except OSError as error:
            raise NotFound(
                "no mail waits for this confirmation: it was confirmed before, or too late; send it again"
            ) from error
        with file:
            table = json.loads(file.readline(_LONGEST_LINE))
            mail = HeldMail(table["author"], tuple(table["recipients"]))
            with _shifted(file) as content:
                yield mail, content
        path.unlink(missing_ok=True)

    def drop(self, code: str) -> None:
        """Forget it."""
        self._path(code).unlink(missing_ok=True)

    def expire(self) -> int:
        """Forget those that nobody has confirmed in time; how many there were."""
        count, before = 0, self._clock() - self._seconds
        for path in self._folder.glob("*.*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count

    def _path(self, code: str) -> Path:
        return self._folder / f"{hashlib.sha256(code.encode()).hexdigest()}.mail"


@contextmanager
def _shifted(file: BinaryIO) -> Iterator[BinaryIO]:
    """The mail alone, as a file of its own: readers begin at 0."""
    with tempfile.TemporaryFile() as alone:
        shutil.copyfileobj(file, alone)
        alone.seek(0)
        yield alone


def _read_author(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError), path.open("rb") as file:
        return str(json.loads(file.readline(_LONGEST_LINE))["author"])
    return ""

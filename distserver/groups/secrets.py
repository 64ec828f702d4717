"""The file of secrets, `name value` a line: passwords and keys that lines refer to as `secret=@name`.

They are looked up when they are needed, and neither stored, logged nor shown.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

from distserver.errors import SetupError
from distserver.groups.filewhole import Signature, open_regular, read_all

_LARGEST = 1 << 20
_LINE = re.compile(r"(\S+)\s+(.*\S)\s*\Z")
_BY_NAME = "@"


class Secrets:
    """The secrets of one file, read anew when it changes; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._signature: Signature | None = None
        self._known: dict[str, str] = {}

    def resolve(self, value: str | None) -> str | None:
        """The secret that an option's value means: `@name` stands for the one of that name, else it is it itself.

        Raises `SetupError`, whose words say how to mend it.
        """
        return self.find(value[1:]) if value is not None and value.startswith(_BY_NAME) else value

    def find(self, name: str) -> str:
        """The secret of that name. Raises `SetupError`."""
        with self._lock:
            known = self._read()
        if name not in known:
            raise SetupError(f"there is no secret '{name}' in {self.path}: add the line '{name} VALUE'")
        return known[name]

    def list(self) -> tuple[str, ...]:
        """Their names. Raises `SetupError`."""
        with self._lock:
            return tuple(self._read())

    def _read(self) -> dict[str, str]:
        try:
            with open_regular(self.path) as descriptor:
                status = os.fstat(descriptor)
                self._check(status)
                if (signature := Signature.of(status)) != self._signature:
                    self._known = _parse(read_all(descriptor, _LARGEST), self.path)
                    self._signature = signature
        except FileNotFoundError as error:
            words = f"there is no file of secrets: make {self.path} with mode 0600 and lines 'NAME VALUE'"
            raise SetupError(words) from error
        except OSError as error:
            raise SetupError(f"{self.path} cannot be read: {error.strerror}") from error
        return self._known

    def _check(self, status: os.stat_result) -> None:
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise SetupError(f"others may read {self.path}, so nothing in it is used: chmod 600 {self.path}")
        if status.st_uid not in (os.geteuid(), 0):
            raise SetupError(f"{self.path} belongs to somebody else, so nothing in it is used: chown it to yourself")


def _parse(data: bytes, path: Path) -> dict[str, str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SetupError(f"{path} cannot be read as UTF-8") from error
    known: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line.strip())
        if match is None:
            raise SetupError(f"{path}:{number}: a line of the file of secrets is 'NAME VALUE'")
        known[match[1]] = match[2]
    return known

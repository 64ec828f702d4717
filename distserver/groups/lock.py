"""One edit at a time in a group directory, among all threads and processes of ours."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distserver.errors import DistserverError, LaterError, NoSpace, SetupError

NAME = ".lock"
_PATIENCE = 60.0
_POLL = 0.003


class DirectoryLock:
    """An advisory lock (flock) on `.lock` in the directory; a crash gives it back by itself."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._threads = threading.Lock()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the lock and keep it. Raises `LaterError` after a minute, and what `explain_failure` makes."""
        with self._threads:
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            except OSError as error:
                raise explain_failure(error, self._path) from error
            try:
                self._wait(descriptor)
                yield
            finally:
                os.close(descriptor)

    def _wait(self, descriptor: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LaterError("the group files are being edited by another process: try again later") from None
                time.sleep(_POLL)
            else:
                return


def explain_failure(error: OSError, path: Path) -> DistserverError:
    """Our error for a failed write to a group file or beside it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"there is no space left to write {path}")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return SetupError(f"{path} cannot be written ({error.strerror}): let this user write in {path.parent}")
    if error.errno == errno.ENOENT:
        return SetupError(f"{path.parent} is missing: make this directory and put the group files there")
    return LaterError(f"{path} cannot be written: {error.strerror}")

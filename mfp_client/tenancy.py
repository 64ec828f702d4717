"""A folder that one program has at a time: two panels on one home would remove what the other one is scanning, and two
printers would print one job twice."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Have a folder for as long as the block runs; it is made where it is not there. The lock (flock(2)) is on the
    folder itself, so that it takes no room on a full disk and ends with the process. Raises OSError, with EBUSY while
    another program has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise OSError(errno.EBUSY, "another mfp-client is at work with this folder", str(folder)) from error
    except BaseException:
        os.close(held)
        raise
    try:
        yield
    finally:
        os.close(held)

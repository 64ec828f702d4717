"""Reading a file that others write, never half (SPEC D1, D2).

On Linux a read lease (fcntl(2), F_SETLEASE) tells for certain whether anybody has the file open for writing, and makes
whoever opens it wait until we have read it: milliseconds. It needs the file's owner or root, and a local file system;
elsewhere `Writers.UNKNOWN` is the answer and the caller waits until the file stays the same for a while.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_NO_LEASES_HERE = {errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


class Writers(Enum):
    """Whether somebody has the file open for writing."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signature:
    """What changes when a file does: device, inode, size in bytes, times of change in nanoseconds."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @staticmethod
    def of(status: os.stat_result) -> Signature:
        """The signature in a stat result."""
        return Signature(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's bytes, with its signature, the same before and after reading."""

    data: bytes
    signature: Signature
    writers: Writers


class NotRegular(OSError):
    """The entry is a directory, a pipe or the like; it was not opened."""


@contextmanager
def hold_lease(descriptor: int) -> Iterator[Writers]:
    """Keep writers from opening the file meanwhile, where the system lets us; tells whether there are any now."""
    refusal = _take_lease(descriptor, fcntl.F_RDLCK)
    try:
        yield Writers.NONE if refusal is None else Writers.SOME if refusal == errno.EAGAIN else Writers.UNKNOWN
    finally:
        if refusal is None:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


@contextmanager
def hold_back(descriptor: int) -> Iterator[bool]:
    """Make whoever opens the file, be it for reading, wait until the end of the block; tells whether that works.

    It does when nobody else has the file open. The kernel breaks the lease after /proc/sys/fs/lease-break-time (45 s).
    """
    taken = _take_lease(descriptor, fcntl.F_WRLCK) is None
    try:
        yield taken
    finally:
        if taken:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _take_lease(descriptor: int, kind: int) -> int | None:
    """None when we have it, else the errno: EAGAIN when it is others who have the file open."""
    try:
        # The signal with which the kernel asks for the lease back is one that is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, kind)
    except OSError as error:
        if error.errno not in (_NO_LEASES_HERE | {errno.EAGAIN}):
            raise
        return error.errno
    return None


@contextmanager
def open_regular(path: Path) -> Iterator[int]:
    """A descriptor for reading a regular file; raises `NotRegular` for anything else, without waiting on it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegular(errno.EINVAL, "not a regular file", str(path))
        yield descriptor
    finally:
        os.close(descriptor)


def read_once(path: Path, limit: int, *, lease: bool = True) -> Reading | None:
    """Read up to `limit` + 1 bytes; None when somebody is writing the file, holds it back, or changed it meanwhile.

    Raises `OSError`. Without `lease` no look is taken for writers.
    """
    try:
        with open_regular(path) as descriptor:
            if not lease:
                return _read_between(descriptor, limit, Writers.UNKNOWN)
            with hold_lease(descriptor) as writers:
                return None if writers is Writers.SOME else _read_between(descriptor, limit, writers)
    except BlockingIOError:
        return None


def read_all(descriptor: int, limit: int) -> bytes:
    """The file's bytes from its start, at most `limit` + 1."""
    parts = []
    offset = 0
    while offset <= limit:
        part = os.pread(descriptor, min(1 << 20, limit + 1 - offset), offset)
        if not part:
            break
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _read_between(descriptor: int, limit: int, writers: Writers) -> Reading | None:
    before = Signature.of(os.fstat(descriptor))
    data = read_all(descriptor, limit)
    after = Signature.of(os.fstat(descriptor))
    whole = before == after and (len(data) == after.size or after.size > limit)
    return Reading(data, after, writers) if whole else None

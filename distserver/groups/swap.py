"""Putting a new version of a file in place in one step, without losing what somebody saved in that instant.

Linux's renameat2(RENAME_EXCHANGE) exchanges two names: what stood at the path a moment before is then in our hands and
can be compared with what we had read. Where it is not to be had (other systems, NFS) a plain rename is used.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.filewhole import Reading, Signature, Writers, hold_lease, open_regular, read_all, read_once
from distserver.groups.recfile import MAX_BYTES

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}
_QUIET = 0.06
_POLL = 0.002
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of it.

    `done`: the new version is in place; else nothing was changed, for the file was no longer what had been read.
    `displaced` is what somebody saved in the instant of the exchange, and what must be merged now; `given_back` is such
    a save that has its place again, after our version was to be seen for an instant.
    """

    done: bool
    displaced: bytes | None = None
    given_back: bytes | None = None


def read_settled(path: Path) -> Reading:
    """The file when nobody is writing it. Raises `LaterError` after `PATIENCE` seconds, and `OSError`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        reading = read_once(path, MAX_BYTES)
        if reading is not None and (reading.writers is Writers.NONE or _is_quiet(path, reading)):
            return reading
        time.sleep(_POLL)
    raise LaterError(f"{path.name} is being written by another program: try again in a moment")


def swap(path: Path, expected: Reading, data: bytes) -> Exchange:
    """Make `data` the content of `path`, with its mode, owner and attributes, if it still is `expected`.

    A save in the instant of the exchange is given its place back at once (microseconds), so that its writer, reading
    the file again, finds what he wrote. Raises `LaterError`, `OSError`.
    """
    with open_regular(path) as old, _temporary(path, data) as fresh:
        ours = fresh.stat().st_ino
        if not _still(old, expected):
            return Exchange(done=False)
        if not _exchange(fresh, path):
            fresh.replace(path)
            _sync(path.parent)
            return Exchange(done=True, displaced=_late_save(old, expected.data))
        if fresh.stat().st_ino != os.fstat(old).st_ino or not _still(old, expected):
            return _give_back(fresh, path, ours)
        _sync(path.parent)
        # Without leases a writer cannot be seen, only what he has written so far.
        return Exchange(done=True, displaced=_late_save(old, expected.data))


def _give_back(fresh: Path, path: Path, ours: int) -> Exchange:
    with open_regular(fresh) as theirs:
        _exchange(fresh, path)
        if fresh.stat().st_ino == ours:
            return Exchange(done=False, given_back=_read_when_whole(theirs))
        # Meanwhile a second save had taken our file's place. It is the newer one and stays; the first one is merged.
        _exchange(fresh, path)
        return Exchange(done=False, displaced=_read_when_whole(theirs))


def _still(descriptor: int, expected: Reading) -> bool:
    with hold_lease(descriptor) as writers:
        return writers is not Writers.SOME and read_all(descriptor, MAX_BYTES) == expected.data


def _late_save(old: int, expected: bytes) -> bytes | None:
    """What an editor wrote into the old file, which it had opened before the exchange; None when there is nothing."""
    found = _read_when_whole(old)
    return found if found != expected else None


def _read_when_whole(descriptor: int) -> bytes:
    """What somebody is writing, when he has ended; without leases, when he pauses. Raises `LaterError`."""
    deadline = time.monotonic() + PATIENCE
    before = None
    while time.monotonic() < deadline:
        with hold_lease(descriptor) as writers:
            now = Signature.of(os.fstat(descriptor))
            if writers is Writers.NONE or (writers is Writers.UNKNOWN and now == before):
                return read_all(descriptor, MAX_BYTES)
        before = now
        time.sleep(_POLL if writers is Writers.SOME else _QUIET)
    raise LaterError("the group file is being written by another program: try again in a moment")


def _is_quiet(path: Path, reading: Reading) -> bool:
    """For want of better knowledge: it was not changed just now, and does not change for a little while."""
    if abs(time.time() - reading.signature.mtime_ns / 1e9) > 1.0:
        return True
    time.sleep(_QUIET)
    return Signature.of(path.stat()) == reading.signature


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A hidden file beside `path` with `data`, on disk, that looks like `path` to everybody."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        with fresh.open("xb") as stream:
            stream.write(data)
            stream.flush()
            shutil.copystat(path, fresh)
            _copy_owner(path, stream.fileno())
            os.utime(stream.fileno())
            os.fsync(stream.fileno())
        yield fresh
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def _copy_owner(path: Path, descriptor: int) -> None:
    status = path.stat()
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        # Only root may give a file away; everybody else's edit makes the file his own, with the mode it had.
        with suppress(PermissionError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, status.st_mode & 0o7777)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names; False where the system cannot. Raises `OSError`."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(second))


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

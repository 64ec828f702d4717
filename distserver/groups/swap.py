"""Putting a new version of a file in place in one step, without losing what somebody saved in that instant.

Linux's renameat2(RENAME_EXCHANGE) exchanges two names: what stood at the path a moment before is then in our hands and
can be compared with what we had read. Where it is not to be had (other systems, NFS) a plain rename is used.

Until that comparison is done our version must not be read: if it has to give way to a save, whoever had read it would
go on from a text without that save's lines. A write lease on our file makes its openers wait, and in the case of need
they find the save's bytes in it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.filewhole import (
    Reading,
    Signature,
    Writers,
    hold_back,
    hold_lease,
    open_regular,
    read_all,
    read_once,
)
from distserver.groups.lines import MAX_BYTES

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}
_QUIET = 0.06
_POLL = 0.002
# Well below the kernel's 45 s, after which a lease no longer makes anybody wait.
_HIDES_FOR = 15.0
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of it.

    `done`: the new version is in place; else nothing was changed, for the file was no longer what had been read.
    `displaced` are saves of the instant of the exchange that stand nowhere now and must be merged. `seen` is what stood
    at the path for an instant and could be read there, in order, up to the save that stands there now; most often
    nothing.
    """

    done: bool
    displaced: tuple[bytes, ...] = ()
    seen: tuple[bytes, ...] = ()


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
    with open_regular(path) as old, _temporary(path, data) as fresh, ExitStack() as kept:
        if not _still(old, expected):
            return Exchange(done=False)
        with fresh.open("r+b") as stream:
            saves, hidden = _put_in_place(fresh, path, stream.fileno(), (old, expected))
            # For reading only, or we would be the writer that the look for a late save waits for.
            aside = kept.enter_context(open_regular(Path(f"/proc/self/fd/{stream.fileno()}"))) if saves else old
        if not saves:
            _sync(path.parent)
            # Without leases a writer cannot be seen, only what he has written so far.
            return Exchange(done=True, displaced=_late_save(old, expected.data))
        # Whoever waited to write, writes into our file, which is nameless from now on.
        late = _late_save(aside, saves[-1] if hidden else data)
        seen = (data, *saves) if not hidden else tuple(saves) if len(saves) > 1 else ()
        return Exchange(done=False, displaced=(*saves[:-1], *late), seen=seen)


def _put_in_place(fresh: Path, path: Path, ours: int, before: tuple[int, Reading]) -> tuple[list[bytes], bool]:
    """Give our file (`fresh`, open for writing as `ours`) its place, or the saves that were met there instead.

    `before` is what should stand there: its descriptor, and what was read from it. Also returns whether nobody can have
    read our version if it had to give way.
    """
    old, expected = before
    began = time.monotonic()
    with hold_back(ours) as held:
        if not _exchange(fresh, path):
            fresh.replace(path)
            return [], held
        if fresh.stat().st_ino == os.fstat(old).st_ino and _still(old, expected):
            return [], held
        saves = _give_back(fresh, path, ours)
        refilled = held and _refill(ours, saves[-1])
        return saves, refilled and time.monotonic() - began < _HIDES_FOR


def _give_back(fresh: Path, path: Path, ours: int) -> list[bytes]:
    """Put the displaced save at `fresh` back; returns all saves that were met, oldest first. The last one is in place.

    Meanwhile a second save may have taken our file's place: it is the newer one, and gets its place back likewise.
    """
    with ExitStack() as held:
        saves: list[int] = []
        standing = ours
        while True:
            save = held.enter_context(open_regular(fresh))
            saves.append(save)
            _exchange(fresh, path)
            if fresh.stat().st_ino == os.fstat(standing).st_ino:
                return [_read_when_whole(save) for save in saves]
            standing = save


def _refill(ours: int, data: bytes) -> bool:
    """Put a save's bytes into our file, which somebody may be waiting to open; False when there is no space."""
    size = os.fstat(ours).st_size
    try:
        if len(data) > size:
            os.posix_fallocate(ours, 0, len(data))
    except OSError:
        os.ftruncate(ours, size)
        return False
    written = 0
    while written < len(data):
        written += os.pwrite(ours, data[written:], written)
    os.ftruncate(ours, len(data))
    return True


def _still(descriptor: int, expected: Reading) -> bool:
    with hold_lease(descriptor) as writers:
        return writers is not Writers.SOME and read_all(descriptor, MAX_BYTES) == expected.data


def _late_save(aside: int, expected: bytes) -> tuple[bytes, ...]:
    """What an editor wrote into a file that it had opened before it was put aside; () when there is nothing."""
    found = _read_when_whole(aside)
    return (found,) if found != expected else ()


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

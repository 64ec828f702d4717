"""The spool: documents by their SHA-256, renditions by their class. Names in it are never a user's.

HOME/spool/documents/ab/abcdef…      what was sent in
HOME/spool/renditions/…              what it was turned into (a cache: may be removed at any time)
HOME/spool/incoming/…                uploads under way, and documents that are being fetched from another machine
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from distserver.errors import BadRequest, NoSpace, StoreUnavailable

_LOOK_EVERY = 1 << 20
_BUFFER = 64 << 10
_STORING_SECONDS, _ERASING_SECONDS, _PAUSE_SECONDS = 10.0, 0.5, 0.02


class Spool:
    """Files of one home folder. All paths are under `root`."""

    def __init__(self, root: Path, *, reserve_mb: int = 64) -> None:
        self.root = root
        self.reserve = reserve_mb << 20
        self.documents = root / "documents"
        self.rendition_dir = root / "renditions"
        self.incoming = root / "incoming"
        self._guard = root / ".guard"
        for folder in (self.documents, self.rendition_dir, self.incoming):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def document_path(self, digest: str) -> Path:
        """Where the document with this digest is, or would be."""
        return self.documents / digest[:2] / digest

    def has_document(self, digest: str) -> bool:
        return self.document_path(digest).is_file()

    def receive(self, *, limit: int) -> Upload:
        """A place for an upload of at most `limit` bytes; use it as a context, then `keep` it. Raises `NoSpace`."""
        self.check_space()
        return Upload(self, limit)

    def check_space(self, more: int = 0) -> None:
        """Raises `NoSpace` when the disk is too full to accept a job and keep `more` octets for others."""
        free = shutil.disk_usage(self.root).free
        if free < self.reserve + more:
            raise NoSpace(
                f"only {free >> 20} MB are free on the disk of the spool, {self.reserve >> 20} MB are kept in reserve: "
                "free some space, then send again"
            )

    def check_room(self) -> None:
        """Raises `NoSpace` when nothing large may be made: half of the reserve is for what deliveries come to."""
        if shutil.disk_usage(self.root).free < self.reserve // 2:
            raise NoSpace("the disk is full: free space on it, then try again")

    @contextmanager
    def guard(self, *, shared: bool) -> Iterator[None]:
        """Keeps an eraser (exclusive) and those who are just storing a document (shared) apart, across processes.

        Raises `StoreUnavailable` when the others do not come to an end: one of them may be stopped, and those who store
        may follow each other without a gap. An eraser has time, and does not wait for long.
        """
        kind, until = (
            (fcntl.LOCK_SH, time.monotonic() + _STORING_SECONDS)
            if shared
            else (fcntl.LOCK_EX, time.monotonic() + _ERASING_SECONDS)
        )
        descriptor = os.open(self._guard, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _lock(descriptor, kind):
                if time.monotonic() > until:
                    raise StoreUnavailable("documents are being stored or erased in the spool just now")
                time.sleep(_PAUSE_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def erase_document(self, digest: str) -> None:
        """Remove a document; no error when it is gone already."""
        self.document_path(digest).unlink(missing_ok=True)

    def stored_documents(self) -> Iterable[tuple[str, float]]:
        """Digest and modification time of every stored document."""
        for path in self.documents.glob("??/*"):
            try:
                yield path.name, path.stat().st_mtime
            except FileNotFoundError:
                continue

    def sweep_incoming(self, older_than: float) -> int:
        """Remove uploads that broke off before the time `older_than`; how many there were."""
        removed = 0
        for path in self.incoming.iterdir():
            try:
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue
        return removed


class Upload:
    """Bytes on their way into the spool: written once, digested on the way, moved into place when complete."""

    def __init__(self, spool: Spool, limit: int, begun: BinaryIO | None = None) -> None:
        """`begun` is a file in `incoming` that an earlier process left, open for reading and writing: goes on there."""
        self._spool = spool
        self._limit = limit
        self._path = spool.incoming / secrets.token_hex(16) if begun is None else Path(begun.name)
        self._hash = hashlib.sha256()
        self._file = self._path.open("xb", _BUFFER) if begun is None else begun
        self._from_sender = begun is None
        self._looked = 0
        self._kept = False
        self.size = 0
        if begun is not None:
            self._read_again()

    @property
    def path(self) -> Path:
        """Where the bytes are until they are kept."""
        return self._path

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what was written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Add bytes. Raises `BadRequest` over the limit and `NoSpace` on a full disk."""
        self.size += len(data)
        if self.size > self._limit:
            raise BadRequest(f"the document is larger than the {self._limit >> 20} MB that this server takes")
        if self._from_sender and self.size - self._looked >= _LOOK_EVERY:  # small documents find room beside large ones
            self._looked = self.size
            self._spool.check_space(self._spool.reserve // 2)
        try:
            self._file.write(data)
        except OSError as error:
            raise _mapped(error) from error
        self._hash.update(data)
        return len(data)

    def _read_again(self) -> None:
        """Digest what is there already; the next bytes follow it."""
        self._file.seek(0)
        while piece := self._file.read(1 << 20):
            self._hash.update(piece)
            self.size += len(piece)

    def restart(self) -> None:
        """Forget all bytes and begin anew."""
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise _mapped(error) from error
        self._hash = hashlib.sha256()
        self.size = 0

    def finish(self) -> Path:
        """Flush to the disk; the bytes can be read at `path`, the upload can still be dropped. May be called twice."""
        if self._file.closed:
            return self._path
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _mapped(error) from error
        return self._path

    def keep(self) -> str:
        """Move into place under the digest, which is returned. Call `finish` before."""
        digest = self.digest
        target = self._spool.document_path(digest)
        try:
            if not target.parent.is_dir():  # it is the first one that begins so
                target.parent.mkdir(exist_ok=True, mode=0o700)
            self._path.replace(target)
            self._kept = True
            _sync_folder(target.parent)
        except OSError as error:
            raise _mapped(error) from error
        return digest

    def drop(self) -> None:
        """Forget the upload; no error when it was kept."""
        self.leave()
        if not self._kept:
            self._path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Close it, so that another can go on with what is there; no error when it was kept or dropped."""
        with suppress(OSError):  # on a full disk closing fails too, and has closed nevertheless
            self._file.close()

    def __enter__(self) -> Upload:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.drop()


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mapped(error: OSError) -> NoSpace | StoreUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace("the disk of the spool is full: free some space, then send again")
    return StoreUnavailable(f"the spool cannot be written: {error.strerror}")

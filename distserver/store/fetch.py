"""Documents from the web server's machine into the spool of this one, by their digest (SPEC N7).

A transfer that breaks off goes on where it stopped, in the same process or in the next one: what arrived stays in
`incoming` under the digest's name. That file carries the lock too, so that a document travels once to a machine.
"""

from __future__ import annotations

import errno
import fcntl
import http.client
import logging
import os
import re
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from distserver.errors import DocumentRefused, NoSpace, SetupError, StoreUnavailable
from distserver.model.states import Reason
from distserver.store.origin import Exchange, Origin, parse_origin
from distserver.store.spool import Spool, Upload

log = logging.getLogger(__name__)

_PIECE = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_FULL = "the disk of this worker's spool is full: free some space there, and the document is fetched by itself"


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: `idle` for the next bytes, `turn` for another process that fetches the same document.

    As many tries as `barren` in a row that brought no byte end a call; the pauses between them double from `pause` on.
    """

    idle: float = 60.0
    turn: float = 60.0
    barren: int = 4
    pause: float = 0.25


class DocumentFetcher:
    """Fetches documents from the web server; may be used by many threads and processes of a machine at once."""

    def __init__(self, spool: Spool, origin: Origin, patience: Patience | None = None) -> None:
        self._spool = spool
        self._origin = origin
        self._patience = patience or Patience()
        self._closed = threading.Event()

    def close(self) -> None:
        """Let go of what is under way at its next bytes, so that the process can end; it goes on in the next one."""
        self._closed.set()

    def fetch(self, digest: str, size: int) -> Path:
        """Have the document of `size` bytes in the spool; its path. Blocks.

        Raises `DocumentRefused` (`Reason.DOCUMENT_MISSING`) when the web server has it no more, and `StoreUnavailable`
        or `NoSpace` when it cannot be had just now: another call goes on where this one stopped.
        """
        deadline = time.monotonic() + self._patience.turn
        part = self._spool.incoming / f"fetch-{digest}"
        while not self._spool.has_document(digest):
            lock = _try_lock(part)
            if lock is not None:
                try:
                    self._fetch_locked(part, digest, size)
                finally:
                    os.close(lock)
            elif time.monotonic() > deadline:
                raise StoreUnavailable("another process of this machine has been fetching the document for long")
            else:
                self._pause(0.05)
        return self._spool.document_path(digest)

    def _fetch_locked(self, part: Path, digest: str, size: int) -> None:
        if self._spool.has_document(digest):  # while the lock was being had
            part.unlink(missing_ok=True)
            return
        with _disk_errors():
            upload = Upload(self._spool, size, part.open("r+b"))
        try:
            self._complete(upload, digest, size)
        except NoSpace as error:
            raise NoSpace(_FULL) from error
        except DocumentRefused:
            upload.drop()
            raise
        finally:
            upload.leave()

    def _complete(self, upload: Upload, digest: str, size: int) -> None:
        before = upload.size
        if before > size:
            upload.restart()
        began = time.monotonic()
        self._bring(upload, digest, size)
        if upload.digest != digest and before:
            log.warning("document-part-damaged", {"document": digest})  # by a crash: what was there, not what came
            upload.restart()
            self._bring(upload, digest, size)
        if upload.digest != digest:
            upload.restart()
            raise StoreUnavailable("what arrived from the web server is not the document: its digest is another")
        upload.finish()
        upload.keep()
        log.info(
            "document-fetched", {"document": digest, "octets": size, "seconds": round(time.monotonic() - began, 3)}
        )

    def _bring(self, upload: Upload, digest: str, size: int) -> None:
        """Transfer until all bytes are there; each try that brings some makes the next one a first one."""
        if shutil.disk_usage(self._spool.root).free < size - upload.size:
            raise NoSpace(_FULL)
        barren = 0
        while upload.size < size:
            before, cause = upload.size, None
            try:
                self._transfer(upload, digest, size)
            except ssl.SSLCertVerificationError as error:
                raise StoreUnavailable(
                    f"the web server's certificate is not trusted: {error.verify_message}"
                ) from error
            except (OSError, http.client.HTTPException) as error:
                cause = error
            if upload.size > before:
                barren = 0
                continue
            barren += 1
            if barren >= self._patience.barren:
                words = f": {cause}" if cause else ""
                raise StoreUnavailable(f"the document cannot be fetched from the web server{words}") from cause
            self._pause(self._patience.pause * 2 ** (barren - 1))

    def _transfer(self, upload: Upload, digest: str, size: int) -> None:
        """One request for what is lacking; returns early when the connection ends early."""
        headers = {"Range": f"bytes={upload.size}-"} if upload.size else {}
        try:
            exchange = self._origin.ask(f"/api/v1/spool/documents/{digest}", headers, seconds=self._patience.idle)
        except SetupError as error:
            raise StoreUnavailable(str(error)) from error
        with exchange:
            _align(upload, exchange, size)
            while upload.size < size and (piece := exchange.answer.read1(min(_PIECE, size - upload.size))):
                upload.write(piece)
                self._pause(0.0)

    def _pause(self, seconds: float) -> None:
        if self._closed.wait(seconds) if seconds else self._closed.is_set():
            raise StoreUnavailable("this worker is being shut down")


def make_fetcher(spool: Spool, url: str, token_file: Path | None) -> DocumentFetcher | None:
    """By the settings `documents_url` and `documents_token_file`; None when the spool is shared.

    Raises `SetupError` when the settings do not serve.
    """
    return DocumentFetcher(spool, parse_origin(url, token_file)) if url else None


def _align(upload: Upload, exchange: Exchange, size: int) -> None:
    """Check that the body of the answer goes on where the upload stands, and go back to its start if it begins there.

    Raises `DocumentRefused` and `StoreUnavailable`, and `HTTPException` when the answer is not whole.
    """
    answer = exchange.answer
    if answer.status == HTTPStatus.OK:
        if upload.size:
            upload.restart()
        told = answer.getheader("Content-Length") or str(size)
        if told != str(size):
            raise StoreUnavailable(f"the web server has {told} bytes of a document of {size}")
    elif answer.status == HTTPStatus.PARTIAL_CONTENT:
        found = _CONTENT_RANGE.fullmatch(answer.getheader("Content-Range") or "")
        if found is None:
            raise http.client.HTTPException("the answer broke off in its headers")
        if (int(found[1]), int(found[2])) != (upload.size, size):
            raise StoreUnavailable("the web server sends another part of the document than it was asked for")
    else:
        _refuse(upload, exchange)


def _refuse(upload: Upload, exchange: Exchange) -> None:
    status = exchange.answer.status
    reason, detail = exchange.read_problem()
    if status == HTTPStatus.NOT_FOUND and reason == Reason.DOCUMENT_MISSING:
        raise DocumentRefused("the document is no longer stored: send it again", Reason.DOCUMENT_MISSING)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        upload.restart()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise StoreUnavailable(f"the web server does not give this worker documents: {detail or status}")
    raise StoreUnavailable(f"the web server answers {status} when asked for the document: {detail or 'no reason'}")


def _try_lock(part: Path) -> int | None:
    """A descriptor that holds the lock of a transfer until it is closed; None while somebody else has it."""
    with _disk_errors():
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == part.stat().st_ino:
                return descriptor
        except (BlockingIOError, FileNotFoundError):
            pass  # held, or kept by its holder between the two calls
        os.close(descriptor)
        return None


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(_FULL) from error
        raise StoreUnavailable(f"the spool of this worker cannot be used: {error.strerror}") from error

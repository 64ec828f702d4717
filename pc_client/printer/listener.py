"""The account's side of the printer: takes jobs from the backend, has them asked about, and says what was decided."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pwd
import secrets
import select
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, Field, ValidationError

from pc_client.sending.desk import SendingDesk
from pc_client.sending.draft import Decision, Draft, Wishes
from pc_client.sending.order import derive_key

log = logging.getLogger(__name__)

_CUPS_ACCOUNTS = ("root", "lp", "cups", "_lp")
_CREDENTIALS = struct.Struct("3i")
_LONGEST_LINE, _PIECE, _LOOK_SECONDS = 1 << 16, 1 << 20, 0.5
_SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")


class PrintedJob(BaseModel):
    """What the backend says of a job; `size` is in octets."""

    job: str = Field(min_length=1, max_length=200)
    title: str = "Document"
    copies: int = 1
    sides: str = ""
    size: int = Field(ge=0)


class BrokenOff(Exception):
    """The backend went away: its job was canceled, or CUPS ended."""


class Listener:
    """Jobs that this account printed. A thread for each: CUPS gives one at a time for a queue."""

    def __init__(self, folder: Path, desk: SendingDesk) -> None:
        self._folder = folder
        self._desk = desk

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take jobs while this runs. Raises OSError where the folder of the printer is not there."""
        path = self._folder / f"{os.getuid()}-{secrets.token_hex(6)}.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.bind(str(path))
            path.chmod(0o666)  # the backend runs as CUPS' own account; who calls is checked
            door.listen(8)
            ended = threading.Event()
            thread = threading.Thread(target=self._take_calls, args=(door, ended), name="printer", daemon=True)
            thread.start()
            for draft in self._desk.drafts.open_kept():
                threading.Thread(target=self._ask_again, args=(draft,), name="print job", daemon=True).start()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
                ended.set()
                with contextlib.suppress(OSError):
                    door.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _take_calls(self, door: socket.socket, ended: threading.Event) -> None:
        """Until `ended`; while there is no handle for a connection, backends wait."""
        while not ended.is_set():
            try:
                connection, _ = door.accept()
            except OSError as error:
                if not ended.wait(_LOOK_SECONDS):
                    log.warning("no print job can be taken just now: %s", error)
                continue
            threading.Thread(target=self._take, args=(connection,), name="print job", daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                if not _is_cups(connection):
                    return
                decision = self._handle(connection, lines)
                _say(connection, decision.state, decision.words)
            except (BrokenOff, ConnectionError) as error:
                log.info("a print job was not taken: %s", error)
            except (OSError, ValidationError) as error:
                log.warning("a print job was not taken, and CUPS holds it: %s", error)

    def _handle(self, connection: socket.socket, lines: BinaryIO) -> Decision:
        job = PrintedJob.model_validate_json(lines.readline(_LONGEST_LINE))
        key = derive_key("cups", job.job)
        known = self._find_known(key)
        if known is not None:
            _receive(lines, Path(os.devnull), job.size)  # what is left unread breaks the connection before the answer
            return known
        folder = self._desk.drafts.make_folder(key)
        try:
            _receive(lines, folder / "document", job.size)
            _say(connection, "asking")
        except (OSError, BrokenOff):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sides = job.sides if job.sides in _SIDES else ""
        wishes = Wishes(title=job.title[:255] or "Document", copies=min(max(job.copies, 1), 999), sides=sides)
        draft = self._desk.drafts.open(folder, f"{_make_stem(job.title)}.pdf", wishes)
        draft.is_wanted = lambda: _is_there(connection)
        try:
            self._desk.show(draft)
            self._await(connection, draft)
        finally:
            self._desk.drafts.close(draft)
        return draft.decision or Decision("canceled")

    def _await(self, connection: socket.socket, draft: Draft) -> None:
        """Until it is decided. Raises `BrokenOff` when the job is canceled in CUPS first."""
        while not draft.decided.wait(_LOOK_SECONDS):
            if not select.select([connection], [], [], 0)[0]:
                continue
            if b"left" not in connection.recv(_LONGEST_LINE):
                raise BrokenOff("it was canceled in CUPS")
            draft.is_wanted = lambda: True
            try:
                self._desk.drafts.keep(draft)
                _say(connection, "left")  # now CUPS has done with it: nobody else has the document any more
            except OSError as error:  # as of a full disk; the dialog stays all the same
                log.warning("%s cannot be kept, and CUPS holds it: %s", draft.name, error)
            draft.decided.wait()

    def _ask_again(self, draft: Draft) -> None:
        """Whatever goes wrong before it is decided, the document stays."""
        if self._find_known(draft.key) is None:  # else an earlier program ended as it was decided
            self._desk.show(draft)
            draft.decided.wait()
        self._desk.drafts.close(draft)

    def _find_known(self, key: str) -> Decision | None:
        """CUPS brings a job anew that was decided as this program ended."""
        if self._desk.outbox.find_job(key) is not None:
            return Decision("sent")
        return Decision("kept") if self._desk.outbox.find(key) is not None else None


def _receive(lines: BinaryIO, target: Path, size: int) -> None:
    rest = size
    with target.open("wb") as out:
        while rest:
            piece = lines.read(min(rest, _PIECE))
            if not piece:
                raise BrokenOff("it broke off")
            out.write(piece)
            rest -= len(piece)


def _say(connection: socket.socket, state: str, words: str = "") -> None:
    connection.sendall(json.dumps({"state": state, "words": words}).encode() + b"\n")


def _is_there(connection: socket.socket) -> bool:
    """Whether the backend has not gone; what it may have said stays unread."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _is_cups(connection: socket.socket) -> bool:
    """Whether the caller runs as CUPS, or as this account."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, account, _ = _CREDENTIALS.unpack(told)
    return account == os.getuid() or account in _find_accounts()


def _find_accounts() -> set[int]:
    found = set()
    for name in _CUPS_ACCOUNTS:
        with contextlib.suppress(KeyError):
            found.add(pwd.getpwnam(name).pw_uid)
    return found


def _make_stem(title: str) -> str:
    """A name of a file out of a title."""
    clean = "".join(one if one.isalnum() or one in " .-_()" else "_" for one in title).strip(" .")
    return clean.removesuffix(".pdf")[:80] or "document"

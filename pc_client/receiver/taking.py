"""Takes documents from the server, in order: the first page, then the document in pieces, digest, disk, word to the
server. Whatever ends this at whatever instant, the next start goes on from what is on the disk (SPEC D14, N4)."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from distwire.api.client import ApiClient
from distwire.api.failures import ApiError, Refused
from distwire.api.inbox import Act, Letter
from distwire.local.own_file import sync_folder
from pc_client.receiver.inbox import Inbox, UnsafeName, read_clock
from pc_client.receiver.rounds import Rounds
from pc_client.server.keywords import name_error

log = logging.getLogger(__name__)

PIECE = 4 << 20
WAIT_SECONDS = 25.0
_NOT_OURS = (400, 404, 409)
"""It is another document by now, nobody's or withdrawn."""
_LONGEST_REST = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE, _MOST_PATIENCE = 1.0, 30.0, 3600.0
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS = "the disk of the PC is full: free some space on it"
RESERVE = 64 << 20
"""Octets that are left free on the disk for others."""


class Corrupted(Exception):
    """What came is not what was sent."""


@dataclass(slots=True)
class Line:
    """How the server is reached: `state` is `up`, `down` or `refused`; `words` and `keyword` say why."""

    state: str = "down"
    words: str = "the server has not been asked yet"
    keyword: str = ""


class Taker:
    """Runs in a thread of its own. `came` is called for each document that is here now."""

    def __init__(self, client: ApiClient, inbox: Inbox, came: Callable[[], None]) -> None:
        self._client = client
        self._inbox = inbox
        self._came = came
        self._ended = threading.Event()
        self.line = Line()

    def run(self) -> None:
        """Until `end`."""
        pause = _FIRST_PAUSE
        while not self._ended.is_set():
            try:
                rest = self.take_turn()
                self._tell("up", "")
                pause = _FIRST_PAUSE
            except Refused as error:
                self._tell("refused" if error.status in (401, 403) else "down", error.detail, name_error(error))
                pause = min(pause * 2, _LONGEST_PAUSE)
                rest = max(pause, min(error.retry_after or 0.0, _MOST_PATIENCE))
            except (ApiError, UnsafeName) as error:
                self._tell("down", str(error), name_error(error) if isinstance(error, ApiError) else "")
                rest = pause = min(pause * 2, _LONGEST_PAUSE)
            except Corrupted as error:
                log.warning("%s", error)
                rest = pause = min(pause * 2, _LONGEST_PAUSE)
            except OSError as error:
                if error.errno in _FULL:
                    self._tell("down", _FULL_WORDS, "disk-full")
                else:
                    self._tell("down", f"the inbox cannot be written: {error}", "disk-error")
                rest = pause = min(pause * 2, _LONGEST_PAUSE)
            self._ended.wait(rest)

    def end(self) -> None:
        """Take no more."""
        self._ended.set()

    def take_turn(self, wait: float = WAIT_SECONDS) -> float:
        """Take all that is there; after how many seconds to ask again.

        Raises `ApiError`, `Corrupted`, `UnsafeName`, OSError."""
        self._confirm_held()
        offered = self._client.inbox(wait)
        self._tell("up", "")
        self._drop_stale({one.id for one in offered.letters})
        for letter in offered.letters:
            if self._ended.is_set():
                break
            self._take(letter)
        return 0.0 if offered.letters else min(offered.next_seconds, _LONGEST_REST)

    def _take(self, letter: Letter) -> None:
        known = self._inbox.begin(letter)
        try:
            if known.state == "here":  # a server whose data were brought back from a copy
                self._client.letter_stored(letter.id, letter.sha256)
                return
            self._show_first_page(letter)
            if known.state == "arriving":
                self._fetch(letter)
                self._inbox.hold(letter.id)
            self._confirm(letter.id, letter.sha256)
        except Refused as error:
            if error.status not in _NOT_OURS:
                raise
            if known.state != "here":
                self._inbox.drop(letter.id)
        except OSError as error:
            if error.errno in _FULL:
                self._inbox.part_path(letter.id).unlink(missing_ok=True)
                self._complain(letter, _FULL_WORDS)
            raise

    def _complain(self, letter: Letter, words: str) -> None:
        with contextlib.suppress(ApiError):
            self._client.letter_trouble(letter.id, words)

    def _show_first_page(self, letter: Letter) -> None:
        """The first page comes first; without it the document comes all the same."""
        path = self._inbox.page_path(letter.id)
        if path.exists():
            return
        try:
            made = path.with_suffix(".new")
            made.write_bytes(self._client.letter_first_page(letter.id))
            made.replace(path)
            self._inbox.serial += 1
        except Refused as error:
            if error.status in _NOT_OURS:
                raise
            log.info("no first page of %s: %s", letter.id, error)

    def _fetch(self, letter: Letter) -> None:
        """Its part becomes whole: what is there already is not fetched again. Raises `Corrupted`."""
        path = self._inbox.part_path(letter.id)
        with path.open("ab") as part:
            if part.tell() > letter.size:
                part.truncate(0)
            resumed = part.tell() > 0
            while part.tell() < letter.size and not self._ended.is_set():
                _need_room(path, letter.size - part.tell())
                first = part.tell()
                data = self._client.letter_part(letter.id, first, min(first + PIECE, letter.size) - 1)
                if not data or first + len(data) > letter.size:
                    raise Corrupted(f"{letter.id}: the server sends more or less than was asked for")
                part.write(data)
                part.flush()
            os.fsync(part.fileno())
        sync_folder(path.parent)
        if path.stat().st_size < letter.size:
            raise Corrupted(f"{letter.id}: the program ends")
        if digest_file(path) != letter.sha256:
            path.unlink()
            if not resumed:
                self._complain(letter, "what comes to the PC is not what was sent: its SHA-256 differs")
            raise Corrupted(f"{letter.id}: what came is not what was sent, its SHA-256 differs: it is fetched again")

    def _confirm_held(self) -> None:
        """Of what was whole when the program ended the server may not have heard."""
        for one in self._inbox.list_held():
            path = self._inbox.document_path(one.id)
            if not path.exists() or digest_file(path) != one.sha256:
                self._inbox.drop(one.id)
                continue
            try:
                self._confirm(one.id, one.sha256)
            except Refused as error:
                if error.status not in _NOT_OURS:
                    raise
                self._inbox.drop(one.id)

    def _confirm(self, letter: str, sha256: str) -> None:
        self._client.letter_stored(letter, sha256)
        self._inbox.own(letter, read_clock())
        log.info("%s is here", letter)
        self._came()

    def _drop_stale(self, offered: set[str]) -> None:
        """What was on its way, and is offered no more: it comes again under another name, or not at all."""
        for one in self._inbox.list_arriving():
            if one.id not in offered:
                self._inbox.drop(one.id)

    def _tell(self, state: str, words: str, keyword: str = "") -> None:
        if self.line != (line := Line(state, words, keyword)):
            self.line = line
            self._inbox.serial += 1
            level = logging.INFO if state == "up" else logging.WARNING
            log.log(level, "the server is %s%s", state, words and f": {words}")


class ActTeller(Rounds):
    """Tells the server what was read and printed, in a thread of its own: who takes may just be waiting."""

    def __init__(self, client: ApiClient, inbox: Inbox) -> None:
        super().__init__(_LONGEST_PAUSE)
        self._client = client
        self._inbox = inbox

    def go_round(self) -> None:
        """What could not be told is told later."""
        try:
            self.tell_all()
        except (ApiError, OSError) as error:
            log.info("what was read and printed is told later: %s", error)

    def tell_all(self) -> None:
        """Raises `ApiError`, OSError."""
        for number, letter, act, printer in self._inbox.list_acts():
            try:
                self._client.letter_act(letter, Act.model_validate({"act": act, "printer": printer[:200]}))
            except Refused as error:
                if error.later or error.status in (401, 403):
                    raise
            self._inbox.forget_act(number)


def digest_file(path: Path) -> str:
    """SHA-256 (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _need_room(path: Path, octets: int) -> None:
    """Raises OSError (ENOSPC) before the disk is full to the brim."""
    if shutil.disk_usage(path.parent).free < octets + RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

"""Documents that somebody is asked about: which one, and what was decided."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ValidationError

from distwire.local.own_file import write_own_file
from pc_client.sending.looking import Look, look_at
from pc_client.sending.order import check_key, make_key

log = logging.getLogger(__name__)

_OLD_SECONDS = 7 * 86400.0
_LEFT = "left.json"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a dialog begins with."""

    title: str
    groups: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    copies: int = 1
    sides: str = ""
    bitmap: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`state`: `sent`, `kept` (the server is away, or not ready), or `canceled`."""

    state: str
    words: str = ""
    keyword: str = ""


@dataclass(slots=True)
class Draft:
    """A document before anybody has decided. `key` becomes the order's; `decided` is set once. `is_wanted` looks
    whether whoever brought it still waits for that."""

    key: str
    folder: Path
    name: str
    look: Look
    wishes: Wishes
    decided: threading.Event = field(default_factory=threading.Event)
    decision: Decision | None = None
    is_wanted: Callable[[], bool] = lambda: True

    @property
    def document(self) -> Path:
        """Where it is."""
        return self.folder / "document"

    def decide(self, decision: Decision) -> None:
        """Say what becomes of it, once."""
        if not self.decided.is_set():
            self.decision = decision
            self.decided.set()


class _Left(BaseModel):
    """What the next program has to know of a draft."""

    name: str
    wishes: Wishes


class Drafts:
    """Those of one program. What a program left behind when it ended was not decided: whoever brought it has it still,
    and brings it again; or it was kept, and the next program asks about it."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "drafts"
        self._lock = threading.Lock()
        self._open: dict[str, Draft] = {}

    def make_folder(self, key: str = "") -> Path:
        """A new folder, where the document is laid as `document`. One of this key that is open is brought anew: the
        earlier one is asked about no more. Raises OSError."""
        folder = self._folder / check_key(key or make_key())
        with self._lock:
            earlier = self._open.pop(folder.name, None)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)
        if earlier is not None:
            earlier.decide(Decision("canceled"))
        return folder

    def forget_old(self, now: float) -> None:
        """Erase what programs left behind that ended long ago, but for what was kept."""
        for folder in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                if now - folder.stat().st_mtime > _OLD_SECONDS and not (folder / _LEFT).exists():
                    shutil.rmtree(folder)

    def open(self, folder: Path, name: str, wishes: Wishes) -> Draft:
        """Begin to ask about the document in `folder`."""
        look = look_at(folder / "document", folder / "page-1.png")
        draft = Draft(folder.name, folder, name, look, wishes)
        with self._lock:
            self._open[draft.key] = draft
        return draft

    def keep(self, draft: Draft) -> None:
        """From now on nobody brings it again: a program that ends before it is decided leaves it for the next one.
        It is on the disk when this returns. Raises OSError."""
        with draft.document.open("rb+") as document:
            os.fsync(document.fileno())
        left = _Left(name=draft.name, wishes=draft.wishes)
        write_own_file(draft.folder / _LEFT, left.model_dump_json().encode())

    def open_kept(self) -> list[Draft]:
        """Begin anew to ask about those that earlier programs have kept."""
        return [
            self.open(path.parent, left.name, left.wishes)
            for path in sorted(self._folder.glob(f"*/{_LEFT}"))
            if (left := _read_left(path)) is not None
        ]

    def find(self, key: str) -> Draft | None:
        """One that is open."""
        with self._lock:
            return self._open.get(key)

    def close(self, draft: Draft) -> None:
        """Forget it, with its copy of the document, unless that was brought anew and is another's by now."""
        draft.decide(Decision("canceled"))
        with self._lock:
            if self._open.get(draft.key) is draft:
                del self._open[draft.key]
                shutil.rmtree(draft.folder, ignore_errors=True)


def _read_left(path: Path) -> _Left | None:
    try:
        return _Left.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        log.warning("a document that was left in %s is not asked about: %s", path.parent, error)
        return None

"""Answers of the server, kept on the disk for when it is away: a shelf of small files, one a question."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from distwire.local.own_file import remove_leavings, write_own_file

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """An answer; `stale`: an old one, from `as_of` (seconds since the epoch), as the server cannot be asked now."""

    value: T
    stale: bool
    as_of: float


class Shelf:
    """What was answered last. Files that are damaged are as none."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._written: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        with contextlib.suppress(OSError):
            remove_leavings(folder, "*.json")

    def put(self, question: str, answer: M, tag: str = "") -> Kept[M]:
        """Keep an answer and its entity tag; a disk that is full keeps the one before."""
        path, text = self._path(question), answer.model_dump_json()
        with self._lock, contextlib.suppress(OSError):
            if self._written.get(question) == text and path.exists():
                path.touch()
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_own_file(path, text.encode())
                self._written[question] = text
            self._tags[question] = tag
        return Kept(answer, stale=False, as_of=self._clock())

    def tag_of(self, question: str, kept: Kept[M] | None) -> str:
        """The entity tag of what is kept; empty where this program did not write it, or something else lies there."""
        if kept is None or self._written.get(question) != kept.value.model_dump_json():
            return ""
        return self._tags.get(question, "")

    def has(self, question: str) -> bool:
        """Whether there is an answer to a question, whatever it is worth."""
        return self._path(question).exists()

    def get(self, question: str, kind: type[M]) -> Kept[M] | None:
        """The last answer to a question."""
        path = self._path(question)
        try:
            return Kept(kind.model_validate_json(path.read_bytes()), stale=True, as_of=path.stat().st_mtime)
        except (OSError, ValidationError):
            return None

    def _path(self, question: str) -> Path:
        return self._folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.json"

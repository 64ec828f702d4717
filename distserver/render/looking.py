"""Looking into small documents without a child for each: what a looker says yes to is well (SPEC N4, N1).

A child costs ten times what looking into a small document does. A looker is a fenced child that looks into one after
the other for as long as all is well. It can only say yes: whatever else happens to it is the end of it, and the
document goes to a child of its own, whose word counts. So no document answers for one that came before it.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from distserver.errors import LaterError
from distserver.render.contract import DocumentFacts
from distserver.render.tasks import Done, unpack_answer

LARGEST = 4 << 20
"""Octets. A larger document has a child of its own: there, that is the smaller part of the cost."""

_ANSWER_SECONDS = 5.0
_MOST_SAID = 1 << 16
_MOST_LOOKS = 200

Start = Callable[[], socket.socket]
"""A new looker; what it says and is told goes over the socket, whose end is its end."""


class Lookers:
    """At most `parallel` at a time. Any thread may ask."""

    def __init__(self, start: Start, parallel: int) -> None:
        self._start = start
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._idle: list[tuple[socket.socket, int]] = []
        self._closed = False

    def look(self, path: Path) -> DocumentFacts | None:
        """What the file is; None when nobody could say, which says nothing about the document."""
        if path.stat().st_size > LARGEST:
            return None
        with self._slots:
            with self._lock:
                looker, looks = self._idle.pop() if self._idle else (None, 0)
            facts = None if looker is None else _ask(looker, path)
            if facts is None:  # it may have gone home since
                looker, looks = self._begin(), 0
                facts = None if looker is None else _ask(looker, path)
            self._put_back(looker, looks + 1, well=facts is not None)
            return facts

    def close(self) -> None:
        """End them all."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for looker, _ in idle:
            looker.close()

    def _begin(self) -> socket.socket | None:
        with suppress(OSError, LaterError):
            return self._start()
        return None

    def _put_back(self, looker: socket.socket | None, looks: int, *, well: bool) -> None:
        if looker is None:
            return
        with self._lock:
            if well and looks < _MOST_LOOKS and not self._closed:
                self._idle.append((looker, looks))
                return
        looker.close()


def _ask(looker: socket.socket, path: Path) -> DocumentFacts | None:
    """A looker that does not answer with facts is closed, which ends it."""
    said = b""
    try:
        looker.settimeout(_ANSWER_SECONDS)
        looker.sendall(json.dumps(str(path)).encode() + b"\n")
        while not said.endswith(b"\n") and len(said) < _MOST_SAID:
            piece = looker.recv(_MOST_SAID)
            if not piece:
                break
            said += piece
    except OSError:
        said = b""
    answer = unpack_answer(said) if said.endswith(b"\n") else None
    if isinstance(answer, Done) and answer.facts is not None:
        return answer.facts
    looker.close()
    return None

"""Reads the marks of files, page by page, by a fenced child that may die of any of them (SPEC D8).

One child reads many files; one that is killed is followed by another, which goes on behind the page that killed it.
"""

from __future__ import annotations

import json
import selectors
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from distwire.fence import start_child
from distwire.marks import Mark
from mfp_client.marksheet.verdict import Rule, Symbol, Verdict, refuse_page

PAGE_SECONDS = 60.0
MOST_BROKEN = 3
"""Pages of one file that may kill the child; after them the file is left."""
_MOST_FILES = 500
"""Files that one child reads: what a library leaks goes with it."""


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One page of a file, counted from 1, and what it came to."""

    file: Path
    page: int
    verdict: Verdict


class SheetReader:
    """Use it as a context, from one thread."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._child: _Child | None = None
        self._files = 0

    def __enter__(self) -> SheetReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_child()

    def read_file(self, file: Path) -> Iterator[SheetPage]:
        """One item a page, at least one, never two for a page."""
        self._files += 1
        if self._files % _MOST_FILES == 0:
            self._end_child()
        number, broken = 1, 0
        while True:
            child = self._child = self._child or _Child(self._rule)
            try:
                child.order(file, number)
                while "end" not in (said := child.listen()):
                    yield SheetPage(file, said["page"], _verdict_of(said))
                    number = said["page"] + 1
            except _ChildDied:
                self._end_child()
                broken += 1
                rest = ", and the rest of the file was left unread" if broken == MOST_BROKEN else ""
                yield SheetPage(file, number, refuse_page(f"page {number} broke the program that reads it{rest}"))
                number += 1
                if broken == MOST_BROKEN:
                    return
            else:
                return

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _ChildDied(Exception):
    """It ended, or says nothing any more."""


class _Child:
    """A running child and the lines it has said."""

    def __init__(self, rule: Rule) -> None:
        self._process = start_child("mfp_client.marksheet.child", buffered=False)
        self._heard = b""
        told = {"key": rule.key.hex(), "today": rule.today.isoformat(), "every_symbol": rule.every_symbol}
        self._untold = [told]

    def order(self, file: Path, first: int) -> None:
        """Have it read a file. Raises `_ChildDied`."""
        while self._untold:
            self._tell(self._untold.pop())
        self._tell({"file": str(file.absolute()), "first": first})

    def listen(self) -> dict[str, Any]:
        """The next line. Raises `_ChildDied`."""
        assert self._process.stdout is not None
        until = time.monotonic() + PAGE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise _ChildDied
                piece = self._process.stdout.read(1 << 16)
                if not piece:
                    raise _ChildDied
                self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()

    def _tell(self, facts: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(facts).encode() + b"\n")
        except BrokenPipeError as error:
            raise _ChildDied from error


def _verdict_of(said: dict[str, Any]) -> Verdict:
    expires = None if said["expires"] is None else date.fromisoformat(said["expires"])
    mark = None if said["mark"] is None else Mark(said["mark"], expires)
    return Verdict(mark, said["why"], tuple(Symbol(**symbol) for symbol in said["symbols"]))

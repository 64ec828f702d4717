"""A document that a converter can read only as far as a test lets it: its bytes come through pipes.

Every opening of the document's path meets a pipe of its own. A converter opens a raster document twice, to count the
pages and to read them; the first reading gets everything, the second stops at the gate until the test opens it.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import threading
from pathlib import Path

import numpy as np

from distserver.model.documents import PWG_RASTER, Document
from distwire.raster import PageHeader, PwgWriter

_WIDTH, _HEIGHT = 600, 800
OPEN_PAGES = 3
"""Pages before the gate. A reader takes up to 1 MB ahead, and a page has more: the first is whole with the second."""


def make_noise(pages: int) -> list[bytes]:
    """PWG raster of sRGB noise, which no coding makes smaller; a piece for each page, in order."""
    pieces = []
    for number in range(pages):
        out = io.BytesIO()
        writer = PwgWriter(out)
        start = out.tell() if number else 0  # only the first page has the stream's beginning before it
        noise = np.random.default_rng(number).integers(0, 256, (_HEIGHT, _WIDTH, 3), np.uint8)
        writer.write_page(PageHeader(width=_WIDTH, height=_HEIGHT, dpi=(72, 72), type="srgb_8"), noise)
        pieces.append(out.getvalue()[start:])
    return pieces


class GatedDocument:
    """`document`, at `path` in a spool. What comes after the gate is `rest`; a test may put harm there."""

    def __init__(self, path: Path, pages: int = 6) -> None:
        pieces = make_noise(pages)
        self._path = path
        self._all, self._first = b"".join(pieces), b"".join(pieces[:OPEN_PAGES])
        self.rest = b"".join(pieces[OPEN_PAGES:])
        self.document = Document(path.name, len(self._all), PWG_RASTER, path.name, pages)
        self.readings = 0
        """How often a converter has come to the gate."""
        self._gate = threading.Event()
        self._closed = False
        self._renew()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def open(self) -> None:
        """Let what is behind the gate through, now and at later readings."""
        self._gate.set()

    def replace(self) -> None:
        """From now on whoever opens the document finds a plain file with all of it."""
        whole = self._path.with_suffix(".whole")
        whole.write_bytes(self._all)
        whole.rename(self._path)

    def close(self) -> None:
        """End the thread, wherever it waits."""
        self._closed = True
        self._gate.set()
        while self._thread.is_alive():
            with contextlib.suppress(OSError), os.fdopen(os.open(self._waiting, os.O_RDONLY | os.O_NONBLOCK), "rb"):
                self._thread.join(0.05)

    def _renew(self) -> None:
        """Another pipe at the path; who has opened the one before goes on with that. `_waiting` is the same pipe."""
        pipe, self._waiting = self._path.with_suffix(".pipe"), self._path.with_suffix(".waiting")
        os.mkfifo(pipe)
        self._waiting.unlink(missing_ok=True)
        self._waiting.hardlink_to(pipe)
        pipe.rename(self._path)

    def _serve(self) -> None:
        while not self._closed:
            self._pass_on(self._all)
            self._pass_on(self._first, gated=True)

    def _pass_on(self, data: bytes, *, gated: bool = False) -> None:
        with contextlib.suppress(BrokenPipeError), self._waiting.open("wb", buffering=0) as pipe:
            if self._closed:
                return
            if self._path.is_fifo():
                self._renew()
            _write(pipe, data)
            if gated:
                self.readings += 1
                while not self._gate.wait(0.01):
                    if _is_broken(pipe):
                        return
                _write(pipe, self.rest)


def _is_broken(pipe: io.FileIO) -> bool:
    """Whether nobody reads any more."""
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(0))


def _write(pipe: io.FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]

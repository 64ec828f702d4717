"""Renditions that go out while they are being made: who waits for them, and how far they are good (SPEC N2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

from distserver.errors import StoreUnavailable
from distserver.render.cache import CachedFile
from distserver.render.tasks import Progress

_SHUT_DOWN = "the converter is being shut down"


class GrowingFile:
    """A raster rendition that has its first page: the `Growth` of `distserver.model.documents`.

    Belongs to one event loop. Readers wait without a thread, and each step wakes them all.
    """

    def __init__(self, path: Path, pages: int) -> None:
        self.path = path
        self.pages = pages
        self._good = 0
        self._complete = False
        self._failure: Exception | None = None
        self._changed = asyncio.Event()

    @property
    def failure(self) -> Exception | None:
        """Why it will never be complete, or why its file is gone although it was."""
        return self._failure

    async def beyond(self, offset: int) -> int:
        """See `Growth.beyond`. Who has read all of it ends well, whatever becomes of the file afterwards."""
        while not self._complete:
            if self._failure is not None:
                raise OSError(f"the rest of the document cannot be had: {self._failure}") from self._failure
            if self._good > offset:
                return self._good
            await self._changed.wait()
        if offset > self._good:
            raise OSError(f"the document ends at {self._good} octets, and {offset} were read")
        return self._good

    def advance(self, progress: Progress) -> None:
        """So much of it is good now; with its last page it is complete."""
        self._good = progress.octets
        self._complete = progress.pages == progress.total
        self._wake()

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        self._failure = error
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Flight:
    """One making of a rendition, and all of a process who wait for it. Belongs to one event loop.

    `stream_pages`: from so many pages on it may be read while it grows; 0 for never. `urgent` is what does not line up
    behind others.
    """

    def __init__(
        self, stream_pages: int, make: Callable[[Flight], Coroutine[None, None, CachedFile]], urgent: bool = False
    ) -> None:
        self.urgent = urgent
        self._stream_pages = stream_pages
        self._loop = asyncio.get_running_loop()
        self._growth: GrowingFile | None = None
        self._shared = False
        self._growing: asyncio.Future[None] = self._loop.create_future()
        self._task = self._loop.create_task(make(self))
        self._task.add_done_callback(self._land)

    def on_landing(self, call: Callable[[], object]) -> None:
        """Call this at the end, good or bad."""
        self._task.add_done_callback(lambda _: call())

    async def landed(self) -> CachedFile:
        """The whole file, or what went wrong; a caller that is cancelled leaves the flight to the others."""
        return await asyncio.shield(self._task)

    async def begun(self) -> GrowingFile | None:
        """As soon as its first page is there; None when it has landed, well or not, by then."""
        await asyncio.wait((self._growing, self._task), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            return None
        self._shared = True
        return self._growth

    def streams(self, progress: Progress | None) -> bool:
        """Whether readers may be given the file while it grows: then its first name has to outlive the making."""
        return progress is not None and 0 < self._stream_pages <= progress.total

    def tell(self, part: Path, progress: Progress) -> None:
        """From any thread: `part` has grown. Nobody waits any more when the loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._advance, part, progress)

    def _advance(self, part: Path, progress: Progress) -> None:
        if not self.streams(progress):
            return
        if self._growth is None:
            self._growth = GrowingFile(part, progress.total)
            self._growing.set_result(None)
        self._growth.advance(progress)

    def _land(self, task: asyncio.Task[CachedFile]) -> None:
        error = StoreUnavailable(_SHUT_DOWN) if task.cancelled() else task.exception()
        if self._growth is None:
            return
        if isinstance(error, Exception):
            self._growth.fail(error)
        if error is not None or not self._shared:
            with suppress(OSError):
                self._growth.path.unlink()  # nobody knows a good file by this name

"""The renderer: one conversion for each class and set of documents, however many ask at once (SPEC N2)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from distserver.errors import DocumentRefused, StoreUnavailable
from distserver.model.documents import PNG, Document, Rendition, RenditionClass
from distserver.model.states import Reason
from distserver.render import cache
from distserver.render.cache import CachedFile, CacheEntry
from distserver.render.contract import (
    Conversion,
    ConversionOutcome,
    DocumentFacts,
    Purpose,
    RenderLimits,
    RenditionLedger,
    Spool,
)
from distserver.render.fence import FencedRunner, Verdict
from distserver.render.formats import read_format
from distserver.render.growth import Flight
from distserver.render.looking import Lookers
from distserver.render.tasks import ConvertTask, InputFile, InspectTask, Task, ThumbnailTask

T = TypeVar("T")
Make = Callable[[Flight], CachedFile]


@dataclass(frozen=True, slots=True)
class _Making:
    """One task on its way: what it is for in the cache, the file it writes, and who waits for it."""

    entry: CacheEntry
    part: Path
    task: Task
    flight: Flight


THUMBNAIL_KEY = "thumbnail"
THUMBNAIL_HEIGHT = 320

_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5
_LOOKERS = 4


class Renderer:
    """One for each process. `obtain` and `thumbnail` belong to one event loop; `inspect` may be called from any thread.

    Nothing of an imaging package runs in the process itself: `FencedRunner` starts a child for each task.
    """

    def __init__(self, spool: Spool, ledger: RenditionLedger, limits: RenderLimits) -> None:
        self._spool = spool
        self._ledger = ledger
        self._limits = limits
        self._runner = FencedRunner(self._limits)
        self._small = Lookers(self._runner.open_looker, self._limits.parallel)
        self._makers = ThreadPoolExecutor(self._limits.parallel + 2, "render")
        self._urgent_makers = ThreadPoolExecutor(2, "render-urgent")
        self._lookers = ThreadPoolExecutor(_LOOKERS, "look")  # who only looks does not wait for who makes
        self._flights: dict[CacheEntry, Flight] = {}

    async def obtain(
        self, documents: Sequence[Document], klass: RenditionClass, *, whole: bool = True, urgent: bool = False
    ) -> Rendition:
        """The bytes of these documents, in order, for that class: at hand, or made now.

        Passing through costs nothing. Unless it must be `whole`, PWG raster and URF of `limits.stream_pages` pages or
        more come back as soon as page 1 is in the file, with a `growth` and without a size: for callers that read no
        further than `growth` says. What goes wrong after that is `growth.failure`. What is `urgent` does not line up
        behind conversions that are not.

        Raises `DocumentRefused` (the document is at fault; `Reason.QUARANTINED` when it
        crashed the converter each time), `NoSpace` or `StoreUnavailable` (worth another try).
        """
        if klass.passthrough:
            document = documents[0]
            path = self._spool.document_path(document.digest)
            return Rendition(path, klass.format, document.size, document.pages, klass)
        digests = tuple(document.digest for document in documents)
        entry = cache.locate(self._spool.rendition_dir, digests, klass.key, klass.format)
        flight = self._join(entry, lambda flight: self._convert(entry, tuple(documents), klass, flight), urgent)
        growing = None if whole else await flight.begun()
        if growing is not None:
            return Rendition(growing.path, klass.format, None, growing.pages, klass, growing)
        made = await flight.landed()
        return Rendition(made.path, klass.format, made.size, made.pages, klass)

    async def thumbnail(self, documents: Sequence[Document]) -> Path:
        """A PNG of page 1 of the first document, 320 pixels high. Raises as `obtain` does."""
        digests = tuple(document.digest for document in documents)
        entry = cache.locate(self._spool.rendition_dir, digests, THUMBNAIL_KEY, PNG)
        flight = self._join(entry, lambda flight: self._draw_thumbnail(entry, tuple(documents), flight))
        return (await flight.landed()).path

    def inspect(self, path: Path) -> DocumentFacts:
        """What a file is, by its content; blocks. Raises `DocumentRefused` with words for the sender, as `obtain`."""
        with cache.map_disk_errors():
            read_format(path)
        facts = self._small.look(path) or self._runner.run(InspectTask(str(path))).unwrap().facts
        if facts is None:
            raise StoreUnavailable("the converter gave no answer")
        return facts

    def discard(self, documents: Sequence[Document]) -> None:
        """Remove all renditions of this set of documents, thumbnails too."""
        cache.discard(self._spool.rendition_dir, [document.digest for document in documents])

    def close(self) -> None:
        """End children and threads; what waits for a conversion gets `StoreUnavailable`. May be called twice."""
        self._small.close()
        self._runner.close()
        for threads in (self._makers, self._urgent_makers, self._lookers):
            threads.shutdown(wait=False)

    @property
    def template_pid(self) -> int | None:
        """Process id of the template that forks the children, if it runs: for tests that kill it."""
        return self._runner.template_pid

    def _join(self, entry: CacheEntry, make: Make, urgent: bool = False) -> Flight:
        """The one flight for this entry in this process."""
        flight = self._flights.get(entry)
        if flight is None:
            flight = Flight(self._limits.stream_pages, lambda flight: self._fly(entry, make, flight), urgent)
            self._flights[entry] = flight
            flight.on_landing(lambda: self._flights.pop(entry, None))
        return flight

    async def _fly(self, entry: CacheEntry, make: Make, flight: Flight) -> CachedFile:
        """Find it, or wait for the lock and find it then, or make it."""
        wait = _FIRST_WAIT
        while True:
            found = await _in_thread(self._lookers, entry.find)
            if found is not None:
                return found
            lock = await _in_thread(self._lookers, entry.try_lock)
            if lock is not None:
                break
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)
        makers = self._urgent_makers if flight.urgent else self._makers
        return await _in_thread(makers, lambda: _locked(lock, entry, lambda: make(flight)))

    def _convert(
        self, entry: CacheEntry, documents: tuple[Document, ...], klass: RenditionClass, flight: Flight
    ) -> CachedFile:
        part = entry.open_part()
        task = ConvertTask(self._inputs(documents), str(part), klass)
        return self._make(_Making(entry, part, task, flight), documents, (Purpose.RENDITION, klass.key))

    def _draw_thumbnail(self, entry: CacheEntry, documents: tuple[Document, ...], flight: Flight) -> CachedFile:
        part = entry.open_part()
        task = ThumbnailTask(self._inputs(documents)[0], str(part), THUMBNAIL_HEIGHT)
        return self._make(_Making(entry, part, task, flight), documents, (Purpose.THUMBNAIL, THUMBNAIL_KEY))

    def _inputs(self, documents: tuple[Document, ...]) -> tuple[InputFile, ...]:
        paths = [self._spool.document_path(document.digest) for document in documents]
        for path in paths:
            if not path.exists():
                raise DocumentRefused("the document is no longer stored: send it again", Reason.DOCUMENT_MISSING)
        return tuple(InputFile(str(path), item.format) for path, item in zip(paths, documents, strict=True))

    def _make(self, making: _Making, documents: tuple[Document, ...], what: tuple[Purpose, str]) -> CachedFile:
        """Run the task, keep what it made, and write it down, whatever the end."""
        part, flight = making.part, making.flight
        self._spool.check_room()
        verdict = self._runner.run(making.task, lambda progress: flight.tell(part, progress), urgent=flight.urgent)
        streamed = flight.streams(verdict.progress)
        made: CachedFile | None = None
        try:
            made = making.entry.keep(part, verdict.unwrap().pages, both=streamed)
        except DocumentRefused as refusal:
            making.entry.keep_refusal(refusal)
            raise
        finally:
            if not streamed:  # else the flight does it, after it has told its readers
                part.unlink(missing_ok=True)
            self._ledger.record(_describe(what, documents, verdict, made))
        return made


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    try:
        future = threads.submit(work)
    except RuntimeError as error:
        raise StoreUnavailable("the converter is being shut down") from error
    return await asyncio.wrap_future(future)


def _locked(lock: int, entry: CacheEntry, make: Callable[[], CachedFile]) -> CachedFile:
    """Make it while holding the lock, unless another process did so just before."""
    try:
        return entry.find() or make()
    finally:
        os.close(lock)


def _describe(
    what: tuple[Purpose, str], documents: tuple[Document, ...], verdict: Verdict, made: CachedFile | None
) -> Conversion:
    error = verdict.error
    outcome = ConversionOutcome.COMPLETED if made is not None else ConversionOutcome.FAILED
    if isinstance(error, DocumentRefused):
        outcome = ConversionOutcome.REFUSED
    return Conversion(
        purpose=what[0],
        class_key=what[1],
        digests=tuple(document.digest for document in documents),
        outcome=outcome,
        seconds=verdict.usage.seconds,
        cpu_seconds=verdict.usage.cpu_seconds,
        peak_mb=verdict.usage.peak_mb,
        pages=made.pages if made else 0,
        octets=made.size if made else 0,
        reason=str(error) if error is not None else "",
    )

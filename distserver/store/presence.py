"""That the documents of a delivery lie on this machine before they are read (SPEC N4, N7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from distserver.errors import DocumentRefused, StoreUnavailable
from distserver.model.documents import Document
from distserver.model.states import Reason
from distserver.store.fetch import DocumentFetcher
from distserver.store.spool import Spool

_AT_ONCE = 4


class DocumentPresence:
    """One for each worker process; belongs to one event loop. Without a fetcher the spool is shared."""

    def __init__(self, spool: Spool, fetcher: DocumentFetcher | None) -> None:
        self._spool = spool
        self._fetcher = fetcher
        self._threads = ThreadPoolExecutor(_AT_ONCE, "fetch")
        self._flights: dict[str, asyncio.Task[Path]] = {}

    async def ensure(self, documents: Sequence[Document]) -> None:
        """Return when all are in the spool: at once, when they are; many may wait for the same document.

        Raises `DocumentRefused` (`Reason.DOCUMENT_MISSING`) when one is gone for good, `StoreUnavailable` or `NoSpace`
        when one cannot be had just now.
        """
        for document in documents:
            if not self._spool.has_document(document.digest):
                await self._obtain(document)

    def close(self) -> None:
        """Take no more; transfers under way end, and go on in the next process. May be called twice."""
        if self._fetcher is not None:
            self._fetcher.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _obtain(self, document: Document) -> None:
        if self._fetcher is None:
            raise DocumentRefused("the document is no longer stored: send it again", Reason.DOCUMENT_MISSING)
        flight = self._flights.get(document.digest)
        if flight is None:
            flight = asyncio.create_task(self._fly(self._fetcher, document))
            self._flights[document.digest] = flight
            flight.add_done_callback(lambda landed: self._land(document.digest, landed))
        await asyncio.shield(flight)

    async def _fly(self, fetcher: DocumentFetcher, document: Document) -> Path:
        try:
            future = self._threads.submit(fetcher.fetch, document.digest, document.size)
        except RuntimeError as error:
            raise StoreUnavailable("this worker is being shut down") from error
        return await asyncio.wrap_future(future)

    def _land(self, digest: str, flight: asyncio.Task[Path]) -> None:
        self._flights.pop(digest, None)
        if not flight.cancelled():
            flight.exception()  # looked at, in case all who asked have gone away

"""Documents and renditions leave the disk of every machine that had them, not of one alone (SPEC D4)."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence

from distserver.model.documents import Document
from distserver.store import jobs
from distserver.store.copies import find_erased
from distserver.store.database import Database
from distserver.store.spool import Spool

log = logging.getLogger(__name__)

_AT_ONCE = 500


class LocalCopies:
    """What one machine holds of documents. `discard` removes its renditions of a set of documents."""

    def __init__(self, database: Database, spool: Spool, discard: Callable[[Sequence[Document]], None]) -> None:
        self._database = database
        self._spool = spool
        self._discard = discard

    def erase(self) -> int:
        """Erase here what is marked erased in the database; how many documents went.

        The document goes last, so that a crash in between leaves what brings the next call here again.
        """
        erased = 0
        with self._spool.guard(shared=False):
            stored = (digest for digest, _ in self._spool.stored_documents())
            while batch := list(itertools.islice(stored, _AT_ONCE)):
                erased += self._erase_some(batch)
        if erased:
            log.info("copies-erased", {"files": erased})
        return erased

    def _erase_some(self, digests: list[str]) -> int:
        with self._database.read() as connection:
            found = find_erased(connection, digests)
            documents = jobs.documents_of(connection, set(itertools.chain.from_iterable(found.values())))
        for one in set(documents.values()):
            self._discard(one)
        for digest in found:
            self._spool.erase_document(digest)
        return len(found)

"""Each machine erases its own copies, whichever found that the job is over (D4, N7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.jobs.copies import LocalCopies
from distserver.model.documents import Document
from distserver.store import jobs
from distserver.store.spool import Spool
from tests.support.jobs import SENDER, Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


def _copy(spool: Spool, content: bytes) -> str:
    with spool.receive(limit=1 << 20) as upload:
        upload.write(content)
        upload.finish()
        return upload.keep()


def test_what_another_machine_marked_goes_here_too(office: Office, tmp_path: Path) -> None:
    """D4: document and renditions; what a second job needs and what no job knows yet stay."""
    contents = (b"over", b"needed", b"submitted this moment")
    over, needed = office.document(contents[0]), office.document(contents[1])
    first = office.submit(documents=(over, needed))
    office.submit(documents=(needed,))
    here = Spool(tmp_path / "print2", reserve_mb=0)
    digests = [_copy(here, content) for content in contents]
    discarded: list[tuple[Document, ...]] = []
    copies = LocalCopies(office.database, here, lambda documents: discarded.append(tuple(documents)))
    assert (copies.erase(), discarded) == (0, [])
    office.service.cancel(first.id, SENDER)
    with office.database.begin() as connection:
        jobs.mark_erased(connection, [first.id])
    assert copies.erase() == 1
    assert [here.has_document(digest) for digest in digests] == [False, True, True]
    assert [[one.digest for one in documents] for documents in discarded] == [digests[:2]]
    assert copies.erase() == 0

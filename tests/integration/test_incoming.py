"""Jobs that come in by IPP, on a real store: what never becomes a job leaves nothing behind (N1, N4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.errors import Conflict
from distserver.jobs.incoming import MOST_DOCUMENTS, Incoming, IppJob, Made, NewIppJob
from distserver.jobs.upkeep import Upkeep
from distserver.model.documents import PDF, Document
from distserver.model.jobs import Submission
from distserver.store.ipp_jobs import IppJobRow
from distserver.store.spool import Upload
from distserver.store.tables import ipp_document, ipp_job
from tests.support.jobs import SENDER, Office

NEW = NewIppJob("print/office", "Notice", b"")


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


@pytest.fixture
def incoming(office: Office) -> Incoming:
    return Incoming(office.database, office.spool, office.service, lambda: office.now)


def _upload(office: Office, content: bytes) -> tuple[Upload, Document]:
    upload = office.spool.receive(limit=1 << 20)
    upload.write(content)
    upload.finish()
    return upload, Document(upload.digest, len(content), PDF, "notice.pdf", 1)


def _send(office: Office, incoming: Incoming, found: IppJob, content: bytes) -> Document:
    upload, document = _upload(office, content)
    incoming.add_document(found.row.number, upload, document, SENDER)
    return document


def _make(row: IppJobRow, documents: tuple[Document, ...]) -> Made:
    return Made(Submission(title=row.title, documents=documents, groups=("all",)))


def _rows(office: Office) -> tuple[int, int]:
    """How many jobs of IPP there are, and documents of open ones."""
    with office.database.read() as connection:
        numbers = [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (ipp_job, ipp_document)
        ]
    return int(numbers[0]), int(numbers[1])


@pytest.mark.parametrize("end", ["canceled", "aborted", "expired", "closed empty"])
def test_what_ends_before_it_is_a_job_leaves_nothing(office: Office, incoming: Incoming, end: str) -> None:
    """Its documents go at once, its row with the old receipts."""
    found = incoming.create(NEW, SENDER)
    number = found.row.number
    documents = (
        []
        if end == "closed empty"
        else [_send(office, incoming, found, b"%PDF one"), _send(office, incoming, found, b"%PDF two")]
    )
    match end:
        case "canceled":
            incoming.cancel(number, SENDER)
        case "aborted":
            incoming.abort(number, SENDER, "broken")
        case "expired":
            office.now += 301
            assert incoming.expire(300) == 1
        case _:
            incoming.close(number, _make, SENDER)
    assert not any(office.spool.has_document(one.digest) for one in documents)
    assert (_rows(office), incoming.still_open([number])) == ((1, 0), set())
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 0.0)
    upkeep.forget_jobs(office.now)
    assert _rows(office) == (1, 0)
    upkeep.forget_jobs(office.now + 1)
    assert _rows(office) == (0, 0)


def test_what_is_open_or_became_a_job_is_not_forgotten(office: Office, incoming: Incoming) -> None:
    opened, submitted = incoming.create(NEW, SENDER), incoming.create(NEW, SENDER)
    waiting = _send(office, incoming, opened, b"%PDF waits")
    sent = _send(office, incoming, submitted, b"%PDF sent")
    incoming.close(submitted.row.number, _make, SENDER)
    Upkeep(office.database, office.spool, lambda documents: None, 0.0).forget_jobs(office.now + 1e6)
    assert _rows(office) == (2, 1)
    assert all(office.spool.has_document(one.digest) for one in (waiting, sent))
    assert incoming.still_open([opened.row.number, submitted.row.number]) == {opened.row.number}


def test_a_document_that_another_job_needs_stays(office: Office, incoming: Incoming) -> None:
    first, second = incoming.create(NEW, SENDER), incoming.create(NEW, SENDER)
    document = _send(office, incoming, first, b"%PDF shared")
    _send(office, incoming, second, b"%PDF shared")
    incoming.cancel(first.row.number, SENDER)
    assert office.spool.has_document(document.digest)
    incoming.cancel(second.row.number, SENDER)
    assert not office.spool.has_document(document.digest)


def test_a_document_that_comes_too_late_or_is_too_many_is_not_kept(office: Office, incoming: Incoming) -> None:
    found = incoming.create(NEW, SENDER)
    for number in range(MOST_DOCUMENTS):
        _send(office, incoming, found, b"%%PDF %d" % number)
    upload, document = _upload(office, b"%PDF one more")
    with pytest.raises(Conflict, match="100 documents at most"):
        incoming.add_document(found.row.number, upload, document, SENDER)
    assert not office.spool.has_document(document.digest)
    incoming.cancel(found.row.number, SENDER)
    upload, document = _upload(office, b"%PDF too late")
    with pytest.raises(Conflict, match="takes no document any more"):
        incoming.add_document(found.row.number, upload, document, SENDER)
    assert not list(office.spool.stored_documents())


def test_who_closes_a_job_at_the_same_moment_as_another_hears_of_the_same_job(
    office: Office, incoming: Incoming
) -> None:
    """Also where there was no document, and the job is aborted."""
    for content in (b"%PDF-1.4", b""):
        found = incoming.create(NEW, SENDER)
        number = found.row.number
        if content:
            _send(office, incoming, found, content)
        ready = threading.Barrier(2)

        def make(row: IppJobRow, documents: tuple[Document, ...], ready: threading.Barrier = ready) -> Made:
            ready.wait(30)
            return _make(row, documents)

        with ThreadPoolExecutor(2) as threads:
            closing = [threads.submit(incoming.close, number, make, SENDER) for _ in range(2)]
            first, second = (one.result(60) for one in closing)
        assert first.row.job_id == second.row.job_id
        assert not first.open
        assert not second.open

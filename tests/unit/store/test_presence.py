"""Documents are on this machine before they are read, and what is missing is told (N4, N7)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from distserver.errors import DocumentRefused, StoreUnavailable
from distserver.model.documents import PDF, Document
from distserver.model.states import Reason
from distserver.store.fetch import make_fetcher
from distserver.store.presence import DocumentPresence
from distserver.store.spool import Spool


def _document(digest: str) -> Document:
    return Document(digest, 3, PDF, "notice.pdf", 1)


def _store(spool: Spool) -> Document:
    with spool.receive(limit=3) as upload:
        upload.write(b"one")
        upload.finish()
        return _document(upload.keep())


async def test_what_is_there_is_passed_by(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=0)
    presence = DocumentPresence(spool, None)
    await presence.ensure([_store(spool)] * 3)
    await presence.ensure([])
    presence.close()


async def test_a_missing_document_of_a_shared_spool_is_told_with_its_reason(tmp_path: Path) -> None:
    """N4: a leftover spool file is collected, a missing one is told."""
    spool = Spool(tmp_path, reserve_mb=0)
    presence = DocumentPresence(spool, None)
    with pytest.raises(DocumentRefused, match="send it again") as caught:
        await presence.ensure([_store(spool), _document("0" * 64)])
    assert caught.value.reason is Reason.DOCUMENT_MISSING
    presence.close()


async def test_all_who_wait_for_a_document_hear_why_it_does_not_come(tmp_path: Path) -> None:
    """The web server is away: the port is one that nobody listens on."""
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text("ds_0123456789abcdef")
    spool = Spool(tmp_path / "spool", reserve_mb=0)
    presence = DocumentPresence(spool, make_fetcher(spool, "http://127.0.0.1:1", token))
    waiting = [presence.ensure([_document("0" * 64)]) for _ in range(5)]
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in told} == {StoreUnavailable}
    assert len({id(one) for one in told}) == 1
    presence.close()
    with pytest.raises(StoreUnavailable, match="shut down"):
        await presence.ensure([_document("0" * 64)])

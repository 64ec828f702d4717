"""Devices that do not print the form of a document that they say they take (D11, N2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.contract import Deferred, Failed
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF, PWG_RASTER, Document
from distserver.model.states import DeliveryState, OutcomeKind, Reason
from tests.support.bench import Bench, run_bench, script
from tests.support.documents import make_pdf

CHOKED = Failed(Reason.DOCUMENT_ERROR, "document-format-error")
BOTH = Capabilities(formats=(PDF, PWG_RASTER), pwg_types=("sgray_8",), pwg_resolutions=((150, 150),))


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with run_bench(tmp_path, database_url) as made:
        made.channel.capabilities = BOTH
        yield made


@pytest.fixture
def document(bench: Bench, tmp_path: Path) -> Document:
    return replace(bench.office.document(make_pdf(tmp_path / "one.pdf", 1).read_bytes()), pages=1)


def formats(bench: Bench) -> list[str]:
    return [request.rendition.format for request in bench.channel.requests]


async def test_a_pdf_on_which_a_device_chokes_goes_as_a_picture_and_the_next_as_pdf(
    bench: Bench, document: Document
) -> None:
    """In the same attempt; and nothing is held against the device's PDF, for the fault may be this document's."""
    job = bench.office.submit(documents=(document,))
    script(bench, CHOKED)
    (row,) = await bench.run(job.id)
    assert (row.state, row.attempts) == (DeliveryState.COMPLETED, 1)
    await bench.run(bench.office.submit(documents=(document,)).id)
    assert formats(bench) == [PDF, PWG_RASTER, PDF]


async def test_a_document_that_chokes_in_every_form_has_failed(bench: Bench, document: Document) -> None:
    job = bench.office.submit(documents=(document,))
    script(bench, CHOKED, CHOKED)
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, Reason.DOCUMENT_ERROR)
    assert formats(bench) == [PDF, PWG_RASTER]


async def test_a_device_of_one_form_that_chokes_has_failed(bench: Bench, document: Document) -> None:
    bench.channel.capabilities = Capabilities(formats=(PDF,))
    job = bench.office.submit(documents=(document,))
    script(bench, CHOKED)
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, Reason.DOCUMENT_ERROR)


async def test_a_picture_that_does_not_arrive_is_asked_for_before_it_is_sent_again(
    bench: Bench, document: Document
) -> None:
    """N4: the first job's end says nothing of the second's."""
    job = bench.office.submit(documents=(document,))
    script(bench, CHOKED, Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "no answer"))
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.PENDING_RETRY
    bench.office.now += 3600
    (row,) = await bench.run(job.id)
    assert [method for method, _ in bench.channel.calls if method != "describe"][2] == "adopt"
    assert row.state is DeliveryState.COMPLETED

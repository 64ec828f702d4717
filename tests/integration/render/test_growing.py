"""Page 1 goes out while page 9 is being rendered, and nothing that was sent is ever taken back (SPEC N2, N4).

The order of things is held by a gate: the converter cannot have read what the test has not let through.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.errors import DocumentRefused, StoreUnavailable
from distserver.model.documents import Layout, Rendition, RenditionClass, Sides
from distserver.model.states import Reason
from distserver.render.contract import RenderLimits
from distserver.render.outputs.raster import write_raster
from distserver.render.sources import SourceLimits
from distserver.render.tasks import ConvertTask, InputFile, Progress
from distwire.raster import RasterError, read_pages
from tests.integration.render.test_once import PATIENCE, children, outcomes, wait_for
from tests.support import documents as made
from tests.support.gated import GatedDocument
from tests.support.rendering import PDF_A4, PWG_BLACK, PWG_GREY, URF_COLOR, Bench, duplex_class

PAGES = 6


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, RenderLimits(pages=5000, parallel=1, stream_pages=PAGES))
    yield bench
    bench.close()


@pytest.fixture
def gated(bench: Bench) -> Iterator[GatedDocument]:
    gated = GatedDocument(bench.spool.document_path("gated"), PAGES)
    yield gated
    gated.close()


async def begin(bench: Bench, gated: GatedDocument) -> Rendition:
    """The growing rendition, when the converter stands at the gate."""
    rendition = await asyncio.wait_for(bench.renderer.obtain([gated.document], PWG_GREY, whole=False), PATIENCE)
    await wait_for(lambda: gated.readings)
    return rendition


async def read_on(rendition: Rendition, offset: int) -> bytes:
    """What is good beyond `offset`; empty at the end."""
    assert rendition.growth is not None
    good = await asyncio.wait_for(rendition.growth.beyond(offset), PATIENCE)
    try:
        with rendition.path.open("rb") as file:
            file.seek(offset)
            piece = file.read(good - offset)
    except FileNotFoundError:  # it failed just now, and says why
        await rendition.growth.beyond(good)
        raise
    assert offset + len(piece) == good
    return piece


async def read_all(rendition: Rendition) -> bytes:
    """All of it, as it grows."""
    data = bytearray()
    while piece := await read_on(rendition, len(data)):
        data += piece
    return bytes(data)


async def digest_all(rendition: Rendition) -> str:
    """The same for many readers: keeps no more than the SHA-256."""
    digest, offset = hashlib.sha256(), 0
    while piece := await read_on(rendition, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()


def count_whole_pages(data: bytes) -> int:
    """Pages of a stream that may be cut off."""
    pages = 0
    try:
        for _ in read_pages(io.BytesIO(data)):
            pages += 1
    except RasterError:
        pass
    return pages


async def test_page_1_can_be_read_before_page_6_exists(bench: Bench, gated: GatedDocument):
    """N2: the first octets are there while the converter has not got the last pages' pixels."""
    rendition = await begin(bench, gated)
    assert (rendition.size, rendition.pages) == (None, PAGES)
    early = await read_on(rendition, 0)
    assert 1 <= count_whole_pages(early) < PAGES
    wanting = asyncio.create_task(bench.renderer.obtain([gated.document], PWG_GREY))
    tails = [asyncio.create_task(read_all(rendition)) for _ in range(2)]
    await asyncio.sleep(0)
    gated.open()
    whole = await wanting
    one, other = await asyncio.gather(*tails)
    assert one == other == whole.path.read_bytes()
    assert (whole.size, whole.growth) == (len(one), None)
    assert count_whole_pages(one) == PAGES
    assert one.startswith(early)
    assert outcomes(bench) == ["completed"]


async def test_what_is_urgent_does_not_line_up_behind_conversions(bench: Bench, gated: GatedDocument, tmp_path: Path):
    """D4: all children are busy with what is not urgent."""
    document = bench.store(made.make_pdf(tmp_path / "urgent.pdf"))  # before the one child is busy
    await begin(bench, gated)
    waiting = asyncio.create_task(bench.renderer.obtain([document], PWG_BLACK))
    rendition = await asyncio.wait_for(bench.renderer.obtain([document], PWG_GREY, urgent=True), PATIENCE)
    assert rendition.size
    assert not waiting.done()
    gated.open()
    assert (await asyncio.wait_for(waiting, PATIENCE)).size


async def test_a_growing_path_can_be_opened_at_any_time(bench: Bench, gated: GatedDocument):
    """A sender may open it long after it was finished under another name; who asks then gets the length."""
    rendition = await begin(bench, gated)
    gated.open()
    whole = await bench.renderer.obtain([gated.document], PWG_GREY)
    again = await bench.renderer.obtain([gated.document], PWG_GREY, whole=False)
    assert (again.path, again.size, again.growth) == (whole.path, whole.size, None)
    assert await read_all(rendition) == whole.path.read_bytes()
    bench.renderer.discard([gated.document])
    assert not rendition.path.exists()


async def test_a_hundred_tails_take_no_thread(bench: Bench, gated: GatedDocument):
    """N2: a hundred destinations read along in one conversion."""
    rendition = await begin(bench, gated)
    asked = [bench.renderer.obtain([gated.document], PWG_GREY, whole=False) for _ in range(100)]
    renditions = await asyncio.gather(*asked)
    assert all(each.growth is rendition.growth for each in renditions)
    before = threading.active_count()
    tails = [asyncio.create_task(digest_all(each)) for each in renditions]
    await asyncio.sleep(0.05)
    assert not any(tail.done() for tail in tails)
    assert threading.active_count() <= before
    gated.open()
    whole = await bench.renderer.obtain([gated.document], PWG_GREY)
    assert set(await asyncio.gather(*tails)) == {hashlib.sha256(whole.path.read_bytes()).hexdigest()}
    assert outcomes(bench) == ["completed"]


async def test_a_document_that_is_damaged_in_the_middle_fails_all_who_read_along(bench: Bench, gated: GatedDocument):
    gated.rest = b"no raster page at all" * 200
    rendition = await begin(bench, gated)
    assert rendition.growth is not None
    tails = [asyncio.create_task(read_all(rendition)) for _ in range(2)]
    wanting = asyncio.create_task(bench.renderer.obtain([gated.document], PWG_GREY))
    await asyncio.sleep(0)
    assert rendition.growth.failure is None
    gated.open()
    for tail in tails:
        with pytest.raises(OSError, match="damaged"):
            await tail
    with pytest.raises(DocumentRefused, match="damaged"):
        await wanting
    with pytest.raises(DocumentRefused, match="damaged"):
        await bench.renderer.obtain([gated.document], PWG_GREY, whole=False)
    assert isinstance(rendition.growth.failure, DocumentRefused)
    assert outcomes(bench) == ["refused"]
    assert not list(bench.spool.rendition_dir.glob("*/*.part"))


@pytest.mark.parametrize("victim", ["child", "template"])
async def test_kill_in_the_middle_changes_nothing_that_was_sent(
    bench: Bench, gated: GatedDocument, tmp_path: Path, victim: str
):
    """N4: the next child goes on behind the last page; who reads along does not notice."""
    rendition = await begin(bench, gated)
    tail = asyncio.create_task(read_all(rendition))
    early = await read_on(rendition, 0)
    template = bench.renderer.template_pid
    assert template is not None
    (child,) = children(template)
    gated.replace()
    os.kill(child if victim == "child" else template, signal.SIGKILL)
    data = await asyncio.wait_for(tail, PATIENCE)
    assert data.startswith(early)
    assert (await bench.renderer.obtain([gated.document], PWG_GREY)).path.read_bytes() == data
    assert outcomes(bench) == ["completed"]
    unhurt = Bench(tmp_path / "unhurt")
    try:
        unhurt.spool.document_path("gated").hardlink_to(bench.spool.document_path("gated"))
        assert (await unhurt.renderer.obtain([gated.document], PWG_GREY)).path.read_bytes() == data
    finally:
        unhurt.close()


async def test_three_kills_in_the_middle_are_enough(bench: Bench, gated: GatedDocument):
    rendition = await begin(bench, gated)
    tail = asyncio.create_task(read_all(rendition))
    for reading in (1, 2, 3):
        await wait_for(lambda reading=reading: gated.readings == reading)
        (child,) = children(bench.renderer.template_pid)
        os.kill(child, signal.SIGKILL)
    with pytest.raises(OSError, match="crash"):
        await asyncio.wait_for(tail, PATIENCE)
    assert rendition.growth is not None
    assert isinstance(rendition.growth.failure, DocumentRefused)
    assert rendition.growth.failure.reason is Reason.QUARANTINED


async def test_closing_in_the_middle_is_nobodys_fault(bench: Bench, gated: GatedDocument):
    rendition = await begin(bench, gated)
    tail = asyncio.create_task(read_all(rendition))
    await asyncio.sleep(0)
    await asyncio.to_thread(bench.renderer.close)
    with pytest.raises(OSError, match="shut down"):
        await asyncio.wait_for(tail, PATIENCE)
    assert rendition.growth is not None
    assert isinstance(rendition.growth.failure, StoreUnavailable)


async def test_what_is_short_or_no_raster_comes_whole(bench: Bench, tmp_path: Path):
    """A length that is known is kinder to printers."""
    short = bench.store(made.make_pdf(tmp_path / "short.pdf", PAGES - 1))
    long = bench.store(made.make_pdf(tmp_path / "long.pdf", PAGES + 2))
    for document, klass in ((short, PWG_GREY), (long, PDF_A4), (long, RenditionClass(long.format, passthrough=True))):
        rendition = await bench.renderer.obtain([document], klass, whole=False)
        assert rendition.growth is None
        assert rendition.size == rendition.path.stat().st_size


async def test_nobody_reads_along_no_second_name_stays(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", PAGES + 2))
    rendition = await bench.renderer.obtain([document], PWG_GREY)
    assert rendition.size == rendition.path.stat().st_size
    assert not list(bench.spool.rendition_dir.glob("*/*.part"))


LAID_OUT = replace(duplex_class(Sides.LONG_EDGE, "rotated"), layout=Layout(2), page_ranges=((1, 3), (5, 5)))


@pytest.mark.parametrize("klass", [PWG_BLACK, URF_COLOR, duplex_class(Sides.SHORT_EDGE, "flipped"), LAID_OUT])
def test_going_on_gives_the_same_bytes(tmp_path: Path, klass: RenditionClass):
    """Wherever a converter was killed, in a page or between two, also where one document ends and the next begins."""
    inputs = (
        InputFile(str(made.make_pdf(tmp_path / "a.pdf", 3)), "application/pdf"),
        InputFile(str(made.make_tiff(tmp_path / "b.tif", 2)), "image/tiff"),
    )
    limits = SourceLimits(100, 100 << 20)
    task = ConvertTask(inputs, str(tmp_path / "out"), replace(klass, dpi=(72, 72)))
    reports: list[Progress] = []
    pages = write_raster(task, limits, reports.append)
    whole = Path(task.output).read_bytes()
    assert [report.pages for report in reports] == list(range(1, pages + 1))
    assert reports[-1].octets == len(whole)
    for report in reports:
        Path(task.output).write_bytes(whole[: report.octets] + b"half a page" * 9)
        later: list[Progress] = []
        assert write_raster(replace(task, begun=report), limits, later.append) == pages
        assert Path(task.output).read_bytes() == whole
        assert later == reports[report.pages :]

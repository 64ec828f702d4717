"""Stored documents on paper (SPEC D12): a real device, a printer of another make, and a CUPS queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from mfp_client.memory.errors import NotPrinted, NotYours
from mfp_client.memory.records import Draft
from mfp_client.memory.take_out import PrintOrder, take_out
from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.device import RunningDevice, start_device, wait_for_jobs
from tests.support.memory_pages import ANNA, BOB, add_image, draw_page, open_memory, store
from tests.support.patience import wait_until


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDevice]:
    with start_device("pdf", tmp_path_factory.mktemp("device") / "tray") as running:
        yield running


async def test_a_document_comes_out_of_a_printer(tmp_path: Path, device: RunningDevice) -> None:
    with open_memory(tmp_path) as memory:
        with memory.open(Draft("価格表", "anna")) as document:
            for number in (1, 2):
                add_image(document, draw_page(f"page {number}", (827, 1169)), (100.0, 100.0))
            stored = document.close()
        order = PrintOrder(device.uri, copies=2, sides="two-sided-long-edge", media="iso_a4_210x297mm")
        job = await take_out(memory, stored.id, BOB, order)
        [printed] = wait_for_jobs(device.tray, 1)
        memory.find(stored.id, ANNA)
    said = printed.record
    assert (str(said["job_id"]), printed.name, said["user"]) == (job, f"{stored.id} 価格表", "bob")
    assert (said["copies"], said["sides"], said["pages"], said["impressions"]) == (2, "two-sided-long-edge", 2, 4)
    with Image.open(printed.pages[0]) as page:
        assert page.convert("L").getpixel((page.width // 10, page.height // 25)) == 0  # the bar, where it was


async def test_private_documents_come_out_for_their_owner_alone(tmp_path: Path, device: RunningDevice) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft("salaries", "anna", private=True))
        with pytest.raises(NotYours):
            await take_out(memory, stored.id, BOB, PrintOrder(device.uri))


@pytest.mark.parametrize("profile", ["pwg-mono", "duplex-rotated"])
async def test_a_printer_that_takes_no_pdf_gets_raster(tmp_path: Path, profile: str) -> None:
    with open_memory(tmp_path) as memory, start_device(profile, tmp_path / "tray") as raster:
        with memory.open(Draft("notice", "anna")) as document:
            for number in (1, 2):
                add_image(document, draw_page(f"page {number}", (827, 1169)), (100.0, 100.0))
            stored = document.close()
        sides = "two-sided-long-edge" if profile == "duplex-rotated" else None
        await take_out(memory, stored.id, ANNA, PrintOrder(raster.uri, sides=sides))
        [printed] = wait_for_jobs(raster.tray, 1)
    assert printed.record["pages"] == 2
    for path in printed.pages:
        with Image.open(path) as page:
            assert page.convert("L").getpixel((page.width // 10, page.height // 25)) == 0


async def test_a_printer_that_takes_nothing_of_ours_is_told(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory, start_device("urf", tmp_path / "tray") as other:
        stored = store(memory)
        with pytest.raises(NotPrinted, match="nothing of PDF, TIFF and PWG raster, but image/urf"):
            await take_out(memory, stored.id, ANNA, PrintOrder(other.uri))


@pytest.fixture(scope="module")
def cups_server() -> Iterator[CupsServer]:
    pytest.importorskip("cups")
    with run_cups_server() as server:
        yield server


@pytest.mark.real
async def test_a_document_goes_to_a_cups_queue(
    tmp_path: Path, cups_server: CupsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = cups_server.add_queue("office")
    monkeypatch.setenv("CUPS_SERVER", str(cups_server.socket))
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft("notice", "anna"), pages=3)
        job = await take_out(memory, stored.id, ANNA, PrintOrder("cups:office", copies=2))
        with pytest.raises(NotPrinted, match="lpstat -e"):
            await take_out(memory, stored.id, ANNA, PrintOrder("cups:nowhere"))
    wait_until(lambda: bool(queue.list_jobs()))
    assert [str(one) for one in queue.list_jobs()] == [job]
    (tmp_path / "it.pdf").write_bytes(queue.read_documents()[0])
    assert len(PdfReader(tmp_path / "it.pdf").pages) == 3
    assert "copies=2" in queue.read_options(int(job))

"""One broadcast to devices of every kind: each page upright, in size, on the right side (D4, D11, D15, N2)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.support.cupsd import run_cups_server
from tests.support.device import RunningDevice, printed_jobs, start_device
from tests.support.documents import difference, make_pdf, make_tiff
from tests.support.ippeveprinter import EvePrinter, run_eve_printer
from tests.support.pages import fit_on_paper, read_document, read_file
from tests.support.server import Server, run_server

EVE_FORMATS = ("application/pdf,image/jpeg", "image/pwg-raster,image/jpeg", "image/urf,image/jpeg")
PROFILES = ("pdf", "pwg-mono", "urf", "duplex-rotated")

Pages = list[Image.Image]


@dataclass
class Offices:
    """A server with a group of eight printers, and how to see what the last job printed at each."""

    server: Server
    outputs: dict[str, Callable[[], Pages]]


def _last_in_tray(device: RunningDevice) -> Pages:
    (*_, job) = printed_jobs(device.tray)
    return [Image.open(path).convert("RGB") for path in job.pages]


def _last_in_spool(printer: EvePrinter) -> Pages:
    return read_document(printer.read_documents()[-1])


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    root = tmp_path_factory.mktemp("offices")
    lines: list[str] = []
    outputs: dict[str, Callable[[], Pages]] = {}
    with contextlib.ExitStack() as stack:
        for number, formats in enumerate(EVE_FORMATS, start=1):
            folder = root / f"eve{number}"
            folder.mkdir()
            printer = stack.enter_context(run_eve_printer(folder, formats=formats))
            lines.append(f"{printer.uri}; 外来 {number}")
            outputs[f"外来 {number}"] = lambda printer=printer: _last_in_spool(printer)  # type: ignore[misc]
        cups = stack.enter_context(run_cups_server())
        queue = cups.add_queue("Laser")
        lines.append(f"cups:{queue.name}@127.0.0.1:{cups.port}; 総務 CUPS")
        outputs["総務 CUPS"] = lambda: read_document(queue.read_documents()[-1])
        for profile in PROFILES:
            device = stack.enter_context(start_device(profile, root / profile, name=f"支店 {profile}"))
            lines.append(f"{device.uri}; 支店 {profile}")
            outputs[f"支店 {profile}"] = lambda device=device: _last_in_tray(device)  # type: ignore[misc]
        server = stack.enter_context(run_server(root / "home"))
        server.add_group("all.rec", "全支店", lines)
        yield Offices(server, outputs)


@pytest.mark.real
@pytest.mark.parametrize("sides", ["one-sided", "two-sided-long-edge", "two-sided-short-edge"])
def test_ten_pages_of_pdf_come_out_right_everywhere(offices: Offices, tmp_path: Path, sides: str) -> None:
    """D4, D11, D7: ten pages, every kind of device, front and back."""
    path = make_pdf(tmp_path / "月次報告.pdf", pages=10)
    answer = offices.server.send(str(path), "--to", "全支店", "--sides", sides, "--media", "iso_a4_210x297mm")
    _check(offices, answer, [fit_on_paper(page) for page in read_file(path)])


@pytest.mark.real
@pytest.mark.parametrize(("dpi", "size"), [((204, 196), (1728, 2286)), ((204, 98), (1728, 1143))])
def test_a_multi_page_g4_tiff_comes_out_right_everywhere(
    offices: Offices, tmp_path: Path, dpi: tuple[int, int], size: tuple[int, int]
) -> None:
    """D4: fax resolutions with pixels that are not square."""
    path = make_tiff(tmp_path / "図面.tif", pages=4, dpi=dpi, size=size)
    answer = offices.server.send(str(path), "--to", "全支店", "--media", "iso_a4_210x297mm")
    _check(offices, answer, [fit_on_paper(page) for page in read_file(path)])


@pytest.mark.real
def test_a_landscape_page_is_turned_onto_upright_paper(offices: Offices, tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "wide.pdf", size=(842, 595))
    answer = offices.server.send(str(path), "--to", "全支店", "--media", "iso_a4_210x297mm")
    assert answer["state"] == "completed"
    for name, read in offices.outputs.items():
        (page,) = read()
        turns = [page, page.transpose(Image.Transpose.ROTATE_90), page.transpose(Image.Transpose.ROTATE_270)]
        original = read_file(path)[0]
        best = min(difference(original, turn.resize(original.size)) for turn in turns)
        assert best < 12, f"{name} differs by {best:.1f}"


def _check(offices: Offices, answer: dict[str, object], expected: Pages) -> None:
    rows = answer["deliveries"]
    assert isinstance(rows, list)
    assert [row["state"] for row in rows] == ["completed"] * len(offices.outputs), rows
    assert [row["destination"] for row in rows] == list(offices.outputs)
    for name, read in offices.outputs.items():
        pages = [fit_on_paper(page) for page in read()]
        assert len(pages) == len(expected), f"{name} printed {len(pages)} pages"
        for number, (page, original) in enumerate(zip(pages, expected, strict=True), start=1):
            found = difference(original, page)
            turned = difference(original, page.transpose(Image.Transpose.ROTATE_180))
            assert found < 12, f"{name}, page {number}, differs by {found:.1f}"
            assert found < turned, f"{name}, page {number}, is upside down"

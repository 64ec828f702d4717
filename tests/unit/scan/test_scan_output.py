"""Scanned pages as TIFF and PDF: each in its own size and colour, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from distwire.scan import output
from distwire.scan.binding import make_bilevel
from distwire.scan.contract import Color, RawPage
from distwire.scan.faults import BrokenAnswer, NoRoom, SettingRefused
from distwire.scan.output import write_pages
from distwire.scan.picture import examine_page
from distwire.scan.session import ScannedPage


def _page(folder: Path, number: int, width_mm: int, color: Color, suffix: str = ".jpg") -> ScannedPage:
    path = folder / f"page-{number}{suffix}"
    image = Image.new("RGB" if color is Color.COLOR else "L", (width_mm * 4, 1000), "white")
    ImageDraw.Draw(image).rectangle((20, 20, 40 + 10 * number, 60), fill="black")
    image.save(path, dpi=(101.6, 101.6))
    raw = RawPage(path, 102 if suffix == ".jpg" else None)
    return ScannedPage(number, raw, examine_page(raw, 10_000_000), color)


@pytest.fixture
def pages(tmp_path: Path) -> list[ScannedPage]:
    folder = tmp_path / "scan"
    folder.mkdir()
    return [
        _page(folder, 1, 210, Color.MONOCHROME),
        _page(folder, 2, 150, Color.COLOR),
        _page(folder, 3, 100, Color.BI_LEVEL),
        _page(folder, 4, 120, Color.MONOCHROME, ".tif"),
    ]


def test_tiff_keeps_sizes_resolutions_and_colours(pages: list[ScannedPage], tmp_path: Path) -> None:
    write_pages(pages, tmp_path / "out.tif")
    with Image.open(tmp_path / "out.tif") as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append((image.size[0], image.mode, image.info["compression"], round(image.info["dpi"][0])))
    assert found == [
        (840, "L", "jpeg", 102),
        (600, "RGB", "jpeg", 102),
        (400, "1", "group4", 102),
        (480, "L", "tiff_adobe_deflate", 102),
    ]


def test_pdf_keeps_sizes_and_the_scanners_own_jpeg(pages: list[ScannedPage], tmp_path: Path) -> None:
    write_pages(pages, tmp_path / "out.pdf")
    with pdfium.PdfDocument(tmp_path / "out.pdf") as document:
        widths = [round(document[number].get_width() / 72 * 25.4) for number in range(len(document))]
    assert widths == [209, 149, 100, 120]
    with pikepdf.open(tmp_path / "out.pdf") as document:
        picture = document.pages[0].Resources.XObject.P
        assert picture.read_raw_bytes() == pages[0].raw.path.read_bytes()


@pytest.mark.parametrize("name", ["out.tif", "out.pdf"])
def test_what_was_there_stays_when_writing_fails(pages: list[ScannedPage], tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("old")
    pages[2].raw.path.unlink()
    with pytest.raises(NoRoom, match="cannot be written"):
        write_pages(pages, target)
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "scan"]


@pytest.mark.parametrize("name", ["out.tif", "out.pdf"])
def test_a_photograph_is_turned_as_it_was_held(tmp_path: Path, name: str) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("L", (200, 100), "white").save(path, dpi=(100, 100), exif=exif)
    raw = RawPage(path, None)
    page = ScannedPage(1, raw, examine_page(raw, 10_000_000), Color.MONOCHROME)
    assert (page.look.width, page.look.height) == (100, 200)
    write_pages([page], tmp_path / name)
    if name == "out.tif":
        with Image.open(tmp_path / name) as image:
            assert image.size == (100, 200)
    else:
        with pdfium.PdfDocument(tmp_path / name) as document:
            assert document[0].get_size() == (72, 144)


def test_a_page_that_ends_the_child_is_told(
    pages: list[ScannedPage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_MODULE", "distwire.scan.nothing")
    with pytest.raises(BrokenAnswer, match="too much memory or time"):
        write_pages(pages, tmp_path / "out.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["scan"]


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match=r"should end in \.tif or \.pdf"):
        write_pages([], tmp_path / "out.doc")


def test_a_page_of_one_tone_becomes_white_and_grey_ink_black() -> None:
    assert make_bilevel(Image.new("L", (50, 50), 190)).getextrema() == (255, 255)
    page = Image.new("L", (50, 50), 200)
    page.paste(110, (10, 10, 20, 20))
    made = make_bilevel(page)
    assert (made.getpixel((15, 15)), made.getpixel((30, 30))) == (0, 255)

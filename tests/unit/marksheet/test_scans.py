"""Files of every kind become grey pages, or are refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mfp_client.marksheet import scans
from mfp_client.marksheet.scans import Unreadable, guess_dpi, read_scans
from tests.support import documents as made


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "P", "RGBA", "LA", "I;16"])
def test_pictures_of_every_kind_are_grey_pages(tmp_path: Path, mode: str) -> None:
    """Marks on nothing at all lie on white paper."""
    name = "page.jpg" if mode == "CMYK" else "page.tif" if mode in ("1", "L", "RGB") else "page.png"
    picture = made.draw_marks((600, 800), "1" if mode == "1" else "L")
    if mode in ("RGBA", "LA"):
        clear = Image.new(mode, picture.size, 0)
        clear.putalpha(picture.point([255 - v for v in range(256)]))
        picture = clear
    elif mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    picture.save(tmp_path / name)
    (scan,) = read_scans(tmp_path / name)
    assert (scan.pixels.shape, scan.pixels.dtype) == ((800, 600), np.uint8)
    assert scan.pixels[60, 60] < 40
    assert scan.pixels[700, 300] > 220


def test_a_tiff_is_read_frame_by_frame_from_where_one_wants(tmp_path: Path) -> None:
    pages = [Image.new("1", (40 + number, 50), 1) for number in range(4)]
    pages[0].save(tmp_path / "four.tif", save_all=True, append_images=pages[1:], dpi=(200, 100))
    assert [scan.pixels.shape[1] for scan in read_scans(tmp_path / "four.tif")] == [40, 41, 42, 43]
    assert [scan.pixels.shape[1] for scan in read_scans(tmp_path / "four.tif", 3)] == [42, 43]
    assert list(read_scans(tmp_path / "four.tif", 5)) == []


def test_a_pdf_is_drawn_at_300_dpi(tmp_path: Path) -> None:
    (scan,) = read_scans(made.make_pdf(tmp_path / "one.pdf", 1))
    assert scan.dpi == (300, 300)
    assert scan.pixels.shape == pytest.approx((3508, 2480), abs=2)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"hello", "no TIFF, PDF, JPEG or PNG"),
        (b"%PDF-1.7 nothing", "the PDF is damaged"),
        (b"II*\0\x08\0\0\0", "damaged|no TIFF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged|no TIFF"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "damaged|no TIFF"),
    ],
)
def test_what_is_no_page_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(Unreadable, match=words):
        list(read_scans(tmp_path / "bad"))


def test_what_is_not_there_no_file_or_locked_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "none", "cannot be opened: No such file"),
        (tmp_path, "it is no file"),
        (tmp_path / "pipe", "it is no file"),
        (made.make_password_pdf(tmp_path / "locked.pdf"), "asks for a password"),
    ):
        with pytest.raises(Unreadable, match=words):
            list(read_scans(path))


def test_chains_without_end_and_in_a_circle_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "MOST_PAGES", 20)
    for path in (made.make_cyclic_tiff(tmp_path / "circle.tif"), made.make_endless_tiff(tmp_path / "endless.tif")):
        try:
            assert len(list(read_scans(path))) <= 20
        except Unreadable:
            continue


def test_a_page_of_too_many_pixels_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (400, 400)).save(tmp_path / "large.tif")
    monkeypatch.setattr(scans, "MOST_PIXELS", 100_000)
    assert [str(page) for page in read_scans(tmp_path / "large.tif")] == ["page 1 is too large: 400 x 400 pixels"]


def test_a_damaged_page_does_not_hide_the_next(tmp_path: Path) -> None:
    pages = [made.draw_marks((600, 800), "1")] * 3
    pages[0].save(tmp_path / "three.tif", save_all=True, append_images=pages[1:], compression="group4")
    with Image.open(tmp_path / "three.tif") as picture:
        picture.seek(1)
        (strip,) = picture.tag_v2[273]
    content = bytearray((tmp_path / "three.tif").read_bytes())
    content[strip : strip + 60] = b"\0" * 60
    (tmp_path / "three.tif").write_bytes(content)
    kinds = [type(page).__name__ for page in read_scans(tmp_path / "three.tif")]
    assert (len(kinds), kinds[0], kinds[2]) == (3, "Scan", "Scan")


@pytest.mark.parametrize(
    ("pixels", "said", "taken"),
    [
        ((1728, 2292), (204.0, 196.0), (204.0, 196.0)),
        ((1728, 1146), None, (204.0, 98.0)),
        ((1728, 2292), None, (204.0, 196.0)),
        ((2480, 3508), (1.0, 1.0), (300.0, 300.0)),
        ((2480, 3508), (72.0, 72.0), (300.0, 300.0)),
        ((595, 842), (72.0, 72.0), (72.0, 72.0)),
        ((3508, 4961), (300.0, 300.0), (300.0, 300.0)),
        ((4960, 7016), (0.0, 0.0), (600.0, 600.0)),
        ((2480, 3508), (300.0, 3.0), (300.0, 300.0)),
        ((3000, 4000), (10_000.0, 10_000.0), (342.1, 342.1)),
    ],
)
def test_resolution_is_believed_only_where_it_makes_a_page(
    pixels: tuple[int, int], said: tuple[float, float] | None, taken: tuple[float, float]
) -> None:
    assert guess_dpi(pixels, said) == pytest.approx(taken, rel=0.01)

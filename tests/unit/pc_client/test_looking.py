"""What a document is, page 1, and bitmap pages (TIFF 6.0; T.6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pc_client.sending.looking import Look, NoBitmap, look_at, make_bitmap
from tests.support.documents import make_jpeg, make_password_pdf, make_pdf


def test_a_pdf_is_counted_and_its_first_page_drawn(tmp_path: Path) -> None:
    look = look_at(make_pdf(tmp_path / "a.pdf", pages=3), tmp_path / "page.png")
    assert (look.format, look.pages, look.picture) == ("application/pdf", 3, tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        assert picture.width == pytest.approx(700, abs=1)


def test_a_picture_is_one_page(tmp_path: Path) -> None:
    look = look_at(make_jpeg(tmp_path / "a.jpg"), tmp_path / "page.png")
    assert (look.format, look.pages) == ("image/jpeg", 1)


def test_what_cannot_be_looked_at_can_be_sent_all_the_same(tmp_path: Path) -> None:
    assert look_at(make_password_pdf(tmp_path / "a.pdf"), tmp_path / "1.png") == Look("application/pdf", 0, None)
    other = tmp_path / "note.txt"
    other.write_text("hello")
    assert look_at(other, tmp_path / "2.png") == Look("application/octet-stream", 0, None)


@pytest.mark.parametrize(
    ("kind", "mode", "compression"), [("black", "1", "group4"), ("grey", "L", "tiff_adobe_deflate")]
)
def test_bitmap_pages(tmp_path: Path, kind: str, mode: str, compression: str) -> None:
    target = tmp_path / "a.tif"
    make_bitmap(make_pdf(tmp_path / "a.pdf", pages=2), target, kind)
    with Image.open(target) as image:
        assert image.n_frames == 2  # type: ignore[attr-defined]
        for number in range(2):
            image.seek(number)
            assert (image.mode, image.info["compression"]) == (mode, compression)
            assert image.size == pytest.approx((2480, 3508), abs=2)
            assert image.info["dpi"] == (300, 300)
            assert image.convert("L").getextrema() == (0, 255), "there is something on it"


def test_what_is_no_pdf_has_no_bitmap_pages(tmp_path: Path) -> None:
    broken = tmp_path / "a.pdf"
    broken.write_bytes(b"no pdf")
    with pytest.raises(NoBitmap, match="as it is"):
        make_bitmap(broken, tmp_path / "a.tif", "black")
    assert not (tmp_path / "a.tif").exists()

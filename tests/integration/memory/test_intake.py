"""Files into the memory, through the fenced child."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from distwire.tiff import Tone
from mfp_client.memory import intake
from mfp_client.memory.errors import Unreadable
from mfp_client.memory.intake import add_file
from mfp_client.memory.records import Draft, StoredDocument
from mfp_client.memory.sources import read_pages
from tests.support.documents import make_cut_pdf
from tests.support.memory_pages import draw_page, files_of, open_memory


def _add(home: Path, *files: Path, tone: str = "auto") -> tuple[StoredDocument, list[tuple[object, ...]]]:
    with open_memory(home) as memory, memory.open(Draft("notice")) as document:
        for file in files:
            add_file(document, file, tone)
        stored = document.close()
        with memory.read(stored) as opened:
            facts = [page.facts for page in memory.pages(opened, stored)]
    return stored, [(one.width, one.height, one.dpi, one.tone) for one in facts]


def test_files_of_all_kinds_become_one_document(tmp_path: Path) -> None:
    fax = draw_page("one")
    fax.save(tmp_path / "fax.tif", save_all=True, append_images=[draw_page("two")], dpi=(204, 98), compression="group4")
    draw_page("photo", mode="RGB").save(tmp_path / "photo.jpg", dpi=(150, 150))
    Image.new("RGBA", (300, 200), (200, 0, 0, 128)).save(tmp_path / "logo.png")
    drawing = canvas.Canvas(str(tmp_path / "text.pdf"), pagesize=(144, 288))
    drawing.drawString(20, 100, "text")
    drawing.showPage()
    drawing.setFillColorRGB(1, 0, 0)
    drawing.rect(20, 20, 80, 80, fill=1)
    drawing.save()
    files = [tmp_path / name for name in ("fax.tif", "photo.jpg", "logo.png", "text.pdf")]
    stored, pages = _add(tmp_path, *files)
    assert stored.pages == len(pages) == 6
    fax_page = (432, 600, (204.0, 98.0), Tone.BILEVEL)
    assert pages[:3] == [fax_page, fax_page, (432, 600, (150.0, 150.0), Tone.GREY)]
    assert (pages[3][0], pages[3][3]) == (300, Tone.COLOUR)
    assert pages[4:] == [(600, 1200, (300.0, 300.0), Tone.GREY), (600, 1200, (300.0, 300.0), Tone.COLOUR)]


def test_a_photo_and_a_picture_that_moves_are_one_page(tmp_path: Path) -> None:
    """Cameras put a preview or another exposure behind the photo (CIPA DC-007)."""
    photo, other = draw_page("photo", mode="RGB"), [draw_page("preview", (216, 300), mode="RGB")]
    photo.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=other, dpi=(150, 150))
    photo.save(tmp_path / "a.png", save_all=True, append_images=[draw_page("next", mode="RGB")])
    assert [_add(tmp_path, tmp_path / name)[0].pages for name in ("a.jpg", "a.png")] == [1, 1]
    [page] = read_pages(tmp_path / "a.jpg", "colour")
    assert page.jpeg is not None


def test_pages_become_black_and_white_where_asked(tmp_path: Path) -> None:
    draw_page("photo", mode="RGB").save(tmp_path / "photo.png", dpi=(200, 200))
    assert _add(tmp_path, tmp_path / "photo.png", tone="bilevel")[1][0][3] is Tone.BILEVEL


def test_a_page_that_lies_on_its_side_is_put_upright(tmp_path: Path) -> None:
    for name in ("a.tif", "a.jpg"):
        exif = Image.Exif()
        exif[0x0112] = 6
        draw_page(mode="L").save(tmp_path / name, dpi=(200, 100), exif=exif)
        pages = _add(tmp_path, tmp_path / name)[1]
        assert pages[0][:3] == (600, 432, (100.0, 200.0)), name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no TIFF"),
        (b"hello", "no TIFF"),
        (b"%PDF-1.4 nothing", "PDF cannot be read"),
        (b"II*\0\x08\0\0\0\xff\xff", "no TIFF|damaged"),
        (b"\xff\xd8\xff\xe0 no picture", "no TIFF|damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "it").write_bytes(content)
    with pytest.raises(Unreadable, match=words):
        _add(tmp_path, tmp_path / "it")
    assert files_of(tmp_path) == []


def test_a_pdf_that_was_cut_off_is_mended(tmp_path: Path) -> None:
    path = make_cut_pdf(tmp_path / "cut.pdf", 1)
    assert len(_add(tmp_path, path)[1]) == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no file"):
        _add(tmp_path, tmp_path / "nothing.tif")


def test_a_reader_that_does_not_come_to_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "endless"
    endless.write_text("#!/bin/sh\nexec sleep 600\n")
    endless.chmod(0o755)
    draw_page().save(tmp_path / "a.png")
    monkeypatch.setattr(sys, "executable", str(endless))
    monkeypatch.setattr(intake, "PAGE_SECONDS", 0.1)
    with pytest.raises(Unreadable, match="takes too long"):
        _add(tmp_path, tmp_path / "a.png")


def test_a_circle_of_pages_comes_to_an_end(tmp_path: Path) -> None:
    draw_page().save(tmp_path / "a.tif", save_all=True, append_images=[draw_page()])
    data = bytearray((tmp_path / "a.tif").read_bytes())
    first = int.from_bytes(data[4:8], "little")
    slot = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[slot : slot + 4] = data[4:8]
    (tmp_path / "a.tif").write_bytes(data)
    pages = _add(tmp_path, tmp_path / "a.tif")[1]
    assert len(pages) == 1

"""What the paper shows: upright, in size, backs as the mechanism lays them (SPEC N2); broken documents are named."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from distwire.raster import PageHeader, PwgWriter, UrfWriter, back_transform
from mfp_client.printing.job import Ticket
from mfp_client.printing.media import A4, find_media, match_media
from mfp_client.printing.pages import Page, Source, Unprintable, open_pages, sense_format
from mfp_client.printing.profiles import JPEG, OCTET_STREAM, PDF, PROFILES, PWG_RASTER, URF

WIDTH, HEIGHT = 2480, 3508


def read(path: Path, format: str, profile: str, **asked: object) -> list[Page]:
    source = Source(path, format, Ticket(**asked), PROFILES[profile])  # type: ignore[arg-type]
    return list(open_pages(source)[1])


def make_pdf(path: Path, size: tuple[float, float], pages: int = 1) -> Path:
    """Pages with a black block at the top left corner."""
    drawing = canvas.Canvas(str(path), pagesize=size)
    for _ in range(pages):
        drawing.rect(0, size[1] - 72, 72, 72, stroke=0, fill=1)
        drawing.showPage()
    drawing.save()
    return path


def dark_corner(image: Image.Image) -> str:
    """Which corner (of a sheet) is dark: `top-left` …, or `none`."""
    grey = np.asarray(image.convert("L"))
    height, width = grey.shape
    for row, at_row in (("top", 30), ("bottom", height - 30)):
        for column, at_column in (("left", 30), ("right", width - 30)):
            if grey[at_row, at_column] < 128:
                return f"{row}-{column}"
    return "none"


def raster_page(turn: tuple[int, int] = (1, 1), kind: str = "srgb_8") -> np.ndarray:
    """A white sheet with a dark block at the top left, transformed as a client would for a back side."""
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    page[:200, :200] = 0
    page = page[:: turn[1], :: turn[0]]
    return np.ascontiguousarray(page if kind == "srgb_8" else page[:, :, 0])


def test_a_pdf_page_has_its_size_and_place(tmp_path: Path) -> None:
    (page,) = read(make_pdf(tmp_path / "a4.pdf", (595.28, 841.89)), PDF, "pdf")
    assert page.image.size == (WIDTH, HEIGHT)
    assert (page.image.mode, page.media, page.sides) == ("RGB", A4.name, "one-sided")
    grey = np.asarray(page.image.convert("L"))
    dark = np.argwhere(grey < 128)
    assert abs(int(dark[:, 0].max()) - 300) <= 3
    assert abs(int(dark[:, 1].max()) - 300) <= 3


@pytest.mark.parametrize(("orientation", "corner"), [(None, "bottom-left"), (4, "bottom-left"), (5, "top-right")])
def test_a_landscape_page_lies_along_the_paper(tmp_path: Path, orientation: int | None, corner: str) -> None:
    path = make_pdf(tmp_path / "wide.pdf", (841.89, 595.28))
    (page,) = read(path, PDF, "pdf", orientation=orientation)
    assert page.image.size == (WIDTH, HEIGHT)
    assert dark_corner(page.image) == corner


def test_a_page_that_is_too_large_is_made_to_fit(tmp_path: Path) -> None:
    (page,) = read(make_pdf(tmp_path / "a0.pdf", (2384, 3370)), PDF, "pdf")
    assert page.image.size == (WIDTH, HEIGHT)
    assert dark_corner(page.image) == "top-left"


def test_paper_colour_and_page_ranges_follow_the_ticket(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "five.pdf", (419.5, 595.3), pages=5)
    asked = {"media": "iso_a5_148x210mm", "color_mode": "monochrome", "page_ranges": ((2, 3), (5, 5))}
    pages = read(path, PDF, "pdf", **asked)
    assert [page.image.mode for page in pages] == ["L", "L", "L"]
    assert pages[0].image.size == (1748, 2480)


def test_a_jpeg_fills_the_sheet(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("black", (0, 0, 60, 60))
    picture.save(tmp_path / "wide.jpg")
    (page,) = read(tmp_path / "wide.jpg", OCTET_STREAM, "pdf")
    assert page.image.size == (WIDTH, HEIGHT)
    box = page.image.convert("L").point(lambda v: 255 * (v < 128)).getbbox()
    assert box is not None
    assert box[3] >= HEIGHT - 5  # as long as the paper, and turned: its top left stands at the bottom left
    assert box[1] > HEIGHT // 2


@pytest.mark.parametrize("sides", ["two-sided-long-edge", "two-sided-short-edge"])
@pytest.mark.parametrize("told_in_header", [True, False])
def test_backs_of_a_rotating_mechanism_come_out_upright(tmp_path: Path, sides: str, told_in_header: bool) -> None:
    """The client prepared the back for `rotated`; the reader who turns the sheet over sees it upright."""
    tumble = sides == "two-sided-short-edge"
    turn = back_transform("rotated", tumble)
    path = tmp_path / "two.pwg"
    with path.open("wb") as stream:
        writer = PwgWriter(stream)
        for side in ((1, 1), turn):
            header = PageHeader(WIDTH, HEIGHT, (300, 300), "srgb_8", duplex=True, tumble=tumble)
            if told_in_header:
                header = PageHeader(
                    WIDTH, HEIGHT, (300, 300), "srgb_8", duplex=True, tumble=tumble, cross_feed=side[0], feed=side[1]
                )
            writer.write_page(header, raster_page(side))
    pages = read(path, PWG_RASTER, "duplex-rotated", sides=None if told_in_header else sides)
    assert [dark_corner(page.image) for page in pages] == ["top-left", "top-left"]
    assert [page.sides for page in pages] == [sides, sides]
    assert pages[0].media == A4.name


def test_a_client_that_forgets_to_turn_the_back_gets_what_the_mechanism_does(tmp_path: Path) -> None:
    path = tmp_path / "two.pwg"
    with path.open("wb") as stream:
        writer = PwgWriter(stream)
        for _ in range(2):
            writer.write_page(PageHeader(WIDTH, HEIGHT, (300, 300), "srgb_8", duplex=True), raster_page())
    pages = read(path, PWG_RASTER, "duplex-rotated")
    assert [dark_corner(page.image) for page in pages] == ["top-left", "bottom-right"]


def test_urf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.urf"
    with path.open("wb") as stream:
        writer = UrfWriter(stream, pages=1)
        writer.write_page(PageHeader(WIDTH, HEIGHT, (300, 300), "sgray_8"), raster_page(kind="sgray_8"))
    (page,) = read(path, URF, "urf")
    assert (page.image.mode, dark_corner(page.image)) == ("L", "top-left")


def _pwg(tmp_path: Path, kind: str, dpi: int) -> Path:
    path = tmp_path / "small.pwg"
    with path.open("wb") as stream:
        shape = (16, 16, 3) if kind == "srgb_8" else (16, 16)
        PwgWriter(stream).write_page(PageHeader(16, 16, (dpi, dpi), kind), np.zeros(shape, np.uint8))
    return path


@pytest.mark.parametrize(("kind", "dpi"), [("srgb_8", 300), ("sgray_8", 600)])
def test_raster_that_the_printer_did_not_offer_is_unprintable(tmp_path: Path, kind: str, dpi: int) -> None:
    with pytest.raises(Unprintable, match="does not print") as caught:
        read(_pwg(tmp_path, kind, dpi), PWG_RASTER, "pwg-mono")
    assert caught.value.keyword == "document-unprintable-error"


@pytest.mark.parametrize(
    ("content", "format", "profile", "keyword"),
    [
        (b"", PDF, "pdf", "document-format-error"),
        (b"hello", PDF, "pdf", "document-format-error"),
        (b"%PDF-1.7 and then nothing", PDF, "pdf", "document-format-error"),
        (b"\xff\xd8\xff\xe0 no picture", JPEG, "pdf", "document-format-error"),
        (b"RaS2" + bytes(100), PWG_RASTER, "pwg-mono", "document-format-error"),
        (b"RaS2", PWG_RASTER, "pwg-mono", "document-format-error"),
        (b"UNIRAST\0" + bytes(40), URF, "urf", "document-format-error"),
        (b"%PDF-1.7", PWG_RASTER, "everything", "document-format-error"),
        (b"%PDF-1.7", OCTET_STREAM, "pwg-mono", "unsupported-document-format"),
    ],
)
def test_what_cannot_be_printed_says_why(
    tmp_path: Path, content: bytes, format: str, profile: str, keyword: str
) -> None:
    path = tmp_path / "document"
    path.write_bytes(content)
    with pytest.raises(Unprintable) as caught:
        read(path, format, profile)
    assert caught.value.keyword == keyword


def test_a_pdf_with_a_password_is_named_as_such(tmp_path: Path) -> None:
    drawing = canvas.Canvas(str(tmp_path / "locked.pdf"), encrypt="secret")
    drawing.showPage()
    drawing.save()
    with pytest.raises(Unprintable) as caught:
        read(tmp_path / "locked.pdf", PDF, "pdf")
    assert caught.value.keyword == "document-password-error"


def test_formats_are_told_by_their_first_bytes() -> None:
    picture = io.BytesIO()
    Image.new("L", (2, 2)).save(picture, "JPEG")
    assert sense_format(picture.getvalue()) == JPEG
    assert sense_format(b"\n\n%PDF-1.4") == PDF
    assert sense_format(b"%!PS-Adobe") is None


def test_paper_is_found_by_name_and_by_size() -> None:
    assert find_media("na_letter_8.5x11in") is match_media(21590, 27940)
    assert match_media(21010, 29700) is A4
    assert match_media(1, 1) is None
    assert find_media("a4") is None

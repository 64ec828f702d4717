"""What comes out is what went in: upright, whole, in size, on the right side (SPEC D4, N2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import JPEG, PDF, PWG_RASTER, RenditionClass, Sides
from distserver.model.states import Reason
from distwire.raster import back_transform, read_pages
from tests.support import documents as made
from tests.support.rendering import (
    A4_SIZE,
    PDF_A4,
    PWG_BLACK,
    PWG_COLOR,
    PWG_GREY,
    URF_COLOR,
    Bench,
    duplex_class,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.close()


Maker = Callable[[Path], Path]

PICTURES: dict[str, Maker] = {
    **{f"jpeg orientation {n}": lambda p, n=n: made.make_jpeg(p, orientation=n) for n in range(1, 9)},
    "jpeg grey": lambda p: made.make_jpeg(p, mode="L"),
    "jpeg CMYK": lambda p: made.make_jpeg(p, mode="CMYK"),
    "jpeg without resolution": lambda p: made.make_jpeg(p, dpi=None),
    **{
        f"png {mode}": lambda p, m=mode: made.make_png(p, mode=m)
        for mode in ("RGB", "L", "1", "P", "RGBA", "LA", "I;16")
    },
}
TIFFS: dict[str, Maker] = {
    **{f"tiff orientation {n}": lambda p, n=n: made.make_tiff(p, orientation=n) for n in range(1, 9)},
    **{
        f"tiff raw orientation {n}": lambda p, n=n: made.make_tiff(p, mode="L", compression="raw", orientation=n)
        for n in (6, 8)
    },
    **{
        f"tiff {compression} {mode}": lambda p, c=compression, m=mode: made.make_tiff(p, mode=m, compression=c)
        for compression, mode in [
            ("group3", "1"),
            ("group4", "1"),
            ("packbits", "1"),
            ("tiff_lzw", "RGB"),
            ("tiff_lzw", "P"),
            ("tiff_lzw", "RGBA"),
            ("jpeg", "RGB"),
            ("tiff_deflate", "L"),
            ("tiff_adobe_deflate", "CMYK"),
            ("raw", "LAB"),
            ("raw", "I;16"),
        ]
    },
    "tiff 204x98": lambda p: made.make_tiff(p, size=(1728, 1143), dpi=(204, 98)),
    "tiff 204x98 turned": lambda p: made.make_tiff(p, size=(1728, 1143), dpi=(98, 204), orientation=6),
    "tiff 204x98 no unit": lambda p: made.make_tiff(p, size=(1728, 1143), dpi=(204, 98), unit=1),
    "tiff fax without resolution": lambda p: made.make_tiff(p, size=(1728, 1143), dpi=None),
    "tiff dots per cm": lambda p: made.make_tiff(p, dpi=(80.3, 77.2), unit=3),
    "tiff absurd resolution": lambda p: made.make_tiff(p, size=(1700, 2200), dpi=(0.0001, 90000)),
    "tiff fill order 2": made.make_fill_order_tiff,
    "tiff 12 bit": made.make_twelve_bit_tiff,
    "tiff tiled": made.make_tiled_tiff,
}
PDFS: dict[str, Maker] = {
    **{f"pdf rotate {turn}": lambda p, t=turn: made.make_pdf(p, kind="marks", rotate=t) for turn in (0, 90, 180, 270)},
    "pdf a3": lambda p: made.make_pdf(p, kind="marks", size=made.A3),
    "pdf letter": lambda p: made.make_pdf(p, kind="marks", size=made.LETTER),
    "pdf cut off": lambda p: made.make_cut_pdf(p, 1),
}


@pytest.mark.parametrize("name", [*PICTURES, *TIFFS, *PDFS])
async def test_every_kind_comes_out_upright(bench: Bench, tmp_path: Path, name: str):
    """D4: PDF, TIFF (compressions, orientations, resolutions), JPEG, PNG; grey, black and PDF output alike."""
    document = bench.store((PICTURES | TIFFS | PDFS)[name](tmp_path / "file"))
    for klass in (PWG_GREY, PWG_BLACK, URF_COLOR):
        (page,) = await bench.pages([document], klass)
        assert made.has_marks(page), klass.key
    rendition = await bench.renderer.obtain([document], PDF_A4)
    with pdfium.PdfDocument(rendition.path) as written:
        assert made.has_marks(written[0].render(scale=1.5).to_pil())


async def test_a_fax_page_has_its_true_shape(bench: Bench, tmp_path: Path):
    """204 x 98 lines: the square of the marks is square in pixels of the file, so half as wide as high on paper."""
    document = bench.store(made.make_tiff(tmp_path / "fax.tif", size=(1728, 1143), dpi=(204, 98)))
    (page,) = await bench.pages([document], PWG_GREY)
    dark = np.asarray(page) < 128
    square = dark[:, : page.width // 3]
    width = np.ptp(np.flatnonzero(square.any(axis=0))) + 1
    height = np.ptp(np.flatnonzero(square.any(axis=1))) + 1
    assert height / width == pytest.approx(204 / 98, rel=0.03)


async def test_a_pdf_page_is_drawn_as_pdfium_shows_it(bench: Bench, tmp_path: Path):
    for kind in ("text", "photo", "vector"):
        path = made.make_pdf(tmp_path / f"{kind}.pdf", kind=kind)
        document = bench.store(path)
        with pdfium.PdfDocument(path) as original:
            wanted = original[0].render(scale=2).to_pil()
        for klass, most in [(PWG_GREY, 3.0), (PWG_BLACK, 6.0), (PWG_COLOR, 3.0), (URF_COLOR, 3.0)]:
            (page,) = await bench.pages([document], klass)
            assert made.difference(page, wanted) < most, (kind, klass.key)


async def test_landscape_turns_counter_clockwise(bench: Bench, tmp_path: Path):
    """RFC 8011 §5.2.10: the marks of the top left corner come to the bottom left."""
    document = bench.store(made.make_pdf(tmp_path / "wide.pdf", kind="marks", size=(841.89, 595.28)))
    (page,) = await bench.pages([document], PWG_GREY)
    assert page.height > page.width
    assert made.has_marks(page.transpose(Image.Transpose.ROTATE_270))


async def test_letter_on_a4_is_not_cropped(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "letter.pdf", kind="marks", size=made.LETTER))
    (page,) = await bench.pages([document], PWG_GREY)
    grey = np.asarray(page)
    assert page.size == (1240, 1753)
    assert grey[:60].min() == 255, "white above: centred"
    assert np.flatnonzero((grey < 128).any(axis=0)).max() < page.width - 10


async def test_a_huge_page_is_fitted(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_huge_page_pdf(tmp_path / "huge.pdf"))
    (page,) = await bench.pages([document], PWG_GREY)
    grey = np.asarray(page)
    assert grey[page.height // 2 - 200, 200] == 0
    assert grey[page.height // 2 + 200, 1000] == 255


@pytest.mark.parametrize("sides", [Sides.LONG_EDGE, Sides.SHORT_EDGE])
@pytest.mark.parametrize("sheet_back", ["normal", "flipped", "rotated", "manual-tumble"])
async def test_back_sides_are_turned_as_the_device_wants(bench: Bench, tmp_path: Path, sides: Sides, sheet_back: str):
    """PWG 5102.4 §4.3.1.6: pixels of even pages stand as the table says, the header says so, odd pages stand plain."""
    document = bench.store(made.make_pdf(tmp_path / "four.pdf", 4, kind="marks"))
    plain = await bench.renderer.obtain([document], duplex_class(Sides.ONE_SIDED, "normal"))
    turned = await bench.renderer.obtain([document], duplex_class(sides, sheet_back))
    with plain.path.open("rb") as one, turned.path.open("rb") as other:
        pairs = list(zip(read_pages(one), read_pages(other), strict=True))
    assert len(pairs) == 4
    for number, (front, page) in enumerate(pairs):
        cross_feed, feed = back_transform(sheet_back, sides is Sides.SHORT_EDGE) if number % 2 else (1, 1)
        assert np.array_equal(front.pixels[::feed, ::cross_feed], page.pixels)
        header = page.header
        assert (header.cross_feed, header.feed) == (cross_feed, feed)
        assert (header.duplex, header.tumble) == (True, sides is Sides.SHORT_EDGE)
        assert (header.total_pages, header.media, header.page_points) == (4, "iso_a4_210x297mm", (595, 842))


async def test_form_fields_and_their_values_are_drawn(bench: Bench, tmp_path: Path):
    form = bench.store(made.make_form_pdf(tmp_path / "form.pdf"))
    empty = bench.store(made.make_form_pdf(tmp_path / "empty.pdf", value=""))
    field = (160, 1000, 1000, 1200)
    inks = []
    for document in (form, empty):
        (page,) = await bench.pages([document], PWG_GREY)
        inks.append(int((np.asarray(page.crop(field)) < 128).sum()))
    assert inks[0] > inks[1] + 200
    merged = await bench.renderer.obtain([form, empty], PDF_A4)
    with pdfium.PdfDocument(merged.path) as written:
        page = written[0].render(scale=150 / 72).to_pil().convert("L")
    assert int((np.asarray(page.crop(field)) < 128).sum()) > inks[1] + 200


async def test_documents_are_merged_in_order(bench: Bench, tmp_path: Path):
    """Several documents of different kinds become one rendition."""
    documents = [
        bench.store(made.make_pdf(tmp_path / "a.pdf", 2, kind="marks")),
        bench.store(made.make_tiff(tmp_path / "b.tif", 3)),
        bench.store(made.make_jpeg(tmp_path / "c.jpg")),
    ]
    raster = await bench.renderer.obtain(documents, PWG_GREY)
    merged = await bench.renderer.obtain(documents, PDF_A4)
    assert (raster.pages, merged.pages) == (6, 6)
    pages = await bench.pages(documents, PWG_GREY)
    with pdfium.PdfDocument(merged.path) as written:
        for number, page in enumerate(pages):
            shown = written[number].render(scale=1).to_pil()
            assert made.difference(page, shown) < 3, number


async def test_bilevel_stays_bilevel_and_jpeg_stays_jpeg_in_pdf(bench: Bench, tmp_path: Path):
    fax = bench.store(made.make_tiff(tmp_path / "fax.tif", 2))
    photo_path = made.make_jpeg(tmp_path / "photo.jpg")
    photo = bench.store(photo_path)
    rendition = await bench.renderer.obtain([fax, photo], PDF_A4)
    with pikepdf.open(rendition.path) as written:
        pictures = [page.Resources.XObject.P for page in written.pages]
        assert [str(picture.Filter) for picture in pictures] == ["/CCITTFaxDecode"] * 2 + ["/DCTDecode"]
        assert pictures[2].read_raw_bytes() == photo_path.read_bytes()
        assert [float(side) for side in written.pages[0].MediaBox[2:]] == pytest.approx([595.28, 841.89], abs=0.01)
    natural = await bench.renderer.obtain([fax], RenditionClass(PDF))
    with pikepdf.open(natural.path) as written:
        width, height = (float(side) for side in written.pages[0].MediaBox[2:])
        assert (width, height) == pytest.approx((1728 * 72 / 204, 2286 * 72 / 196), abs=0.1)


async def test_raster_as_input(bench: Bench, tmp_path: Path):
    """PWG raster with turned back sides and URF print like anything else."""
    source = bench.store(made.make_pdf(tmp_path / "a.pdf", 2, kind="marks"))
    for klass in (duplex_class(Sides.LONG_EDGE, "rotated"), URF_COLOR, PWG_BLACK):
        rendition = await bench.renderer.obtain([source], klass)
        document = bench.store(rendition.path)
        assert document.raster is not None
        assert document.raster.types == (klass.type,)
        assert document.raster.two_sided is (klass.sides is not Sides.ONE_SIDED)
        for page in await bench.pages([document], PWG_GREY):
            assert made.has_marks(page)


async def test_jpeg_for_devices_that_take_nothing_else(bench: Bench, tmp_path: Path):
    klass = RenditionClass(JPEG, type="srgb_8", dpi=(150, 150), media_size=A4_SIZE)
    rendition = await bench.renderer.obtain([bench.store(made.make_pdf(tmp_path / "one.pdf"))], klass)
    with Image.open(rendition.path) as picture:
        assert picture.size == (1240, 1753)
        assert picture.info["dpi"] == (150, 150)
    with pytest.raises(DocumentRefused) as error:
        await bench.renderer.obtain([bench.store(made.make_pdf(tmp_path / "two.pdf", 2))], klass)
    assert error.value.reason is Reason.FORMAT_NOT_SUPPORTED


async def test_two_resolutions(bench: Bench, tmp_path: Path):
    klass = RenditionClass(PWG_RASTER, type="sgray_8", dpi=(100, 200), media_size=A4_SIZE)
    for path in (made.make_pdf(tmp_path / "a.pdf", kind="marks"), made.make_tiff(tmp_path / "b.tif")):
        (page,) = await bench.pages([bench.store(path)], klass)
        assert page.size == (826, 2338)
        assert made.has_marks(page.resize((826, 1169)))


async def test_thumbnail_shows_page_one(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 3))
    before = len(bench.ledger.lines())
    path = await bench.renderer.thumbnail([document])
    assert await bench.renderer.thumbnail([document]) == path
    with Image.open(path) as picture:
        assert (picture.format, picture.height) == ("PNG", 320)
        assert made.has_marks(picture)
    assert [line["purpose"] for line in bench.ledger.lines()[before:]] == ["thumbnail"]

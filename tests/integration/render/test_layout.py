"""Which pages come out, how many on a side, how they stand and how large, in raster, PDF and JPEG alike (D4, N2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageOps

from distserver.errors import DocumentRefused
from distserver.model.documents import (
    JPEG,
    PWG_RASTER,
    Document,
    Layout,
    Orientation,
    Rendition,
    RenditionClass,
    Scaling,
    Sides,
)
from distserver.render.contract import RenderLimits
from tests.support import documents as made
from tests.support.pages import read_file
from tests.support.rendering import A4_SIZE, PDF_A4, PWG_BLACK, URF_COLOR, Bench
from tests.support.tones import A4_POINTS, make_tones, tones_of

RASTER = RenditionClass(PWG_RASTER, type="sgray_8", dpi=(100, 100), media_size=A4_SIZE)
PAPER = (826, 1169)
WIDE = A4_POINTS[::-1]
CCW, CW = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.close()


async def obtain(bench: Bench, documents: Sequence[Document], klass: RenditionClass) -> list[Image.Image]:
    """The sides of a rendition as a reader of the paper sees them."""
    rendition = await bench.renderer.obtain(documents, klass)
    pages = read_file(rendition.path)
    assert len(pages) == rendition.pages
    return pages


FORMS = (RASTER, PWG_BLACK, URF_COLOR, PDF_A4)


@pytest.mark.parametrize("klass", [RASTER, PDF_A4], ids=["raster", "pdf"])
@pytest.mark.parametrize(
    ("number_up", "size", "turned", "grid"),
    [
        (2, A4_POINTS, True, (2, 1)),
        (4, A4_POINTS, False, (2, 2)),
        (6, A4_POINTS, True, (3, 2)),
        (9, A4_POINTS, False, (3, 3)),
        (16, A4_POINTS, False, (4, 4)),
        (2, WIDE, False, (1, 2)),
        (4, WIDE, True, (2, 2)),
        (6, WIDE, False, (2, 3)),
        (9, WIDE, True, (3, 3)),
    ],
)
async def test_pages_lie_left_to_right_and_then_down(
    bench: Bench, tmp_path: Path, klass: RenditionClass, number_up: int, size: tuple[float, float],
    turned: bool, grid: tuple[int, int],
) -> None:  # fmt: skip
    """RFC 8011 §5.2.9: on a sheet held as its pages are read, and the last side is filled as far as there are pages."""
    tones = [10 + 8 * number for number in range(number_up + 1)]
    document = bench.store(make_tones(tmp_path / "tones.pdf", tones, size))
    first, last = await obtain(bench, [document], replace(klass, layout=Layout(number_up)))
    held = [page.transpose(CW) if turned else page for page in (first, last)]
    assert tones_of(held[0], *grid) == pytest.approx(tones[:number_up], abs=1)
    assert tones_of(held[1], *grid) == pytest.approx([tones[-1]] + [255] * (number_up - 1), abs=1)
    assert first.height > first.width


async def test_each_page_is_the_page_made_smaller(bench: Bench, tmp_path: Path) -> None:
    """No border, nothing lost: every cell looks like the page by itself; raster and PDF alike."""
    document = bench.store(made.make_pdf(tmp_path / "text.pdf", 4))
    alone = await obtain(bench, [document], RASTER)
    wanted = Image.new("L", PAPER, "white")
    for number, page in enumerate(alone):
        small = page.convert("L").resize((PAPER[0] // 2, PAPER[1] // 2), Image.Resampling.BOX)
        wanted.paste(small, (number % 2 * PAPER[0] // 2, number // 2 * PAPER[1] // 2))
    for klass in FORMS:
        (side,) = await obtain(bench, [document], replace(klass, layout=Layout(4)))
        assert made.difference(side, wanted) < 5, klass.key
    held = Image.new("L", PAPER[::-1], "white")
    for number, page in enumerate(alone[:2]):
        small = page.convert("L").resize((PAPER[1] // 2, PAPER[0]), Image.Resampling.BOX)
        held.paste(small, (number * PAPER[1] // 2, 0))
    for klass in FORMS:
        side, _ = await obtain(bench, [document], replace(klass, layout=Layout(2)))
        assert made.difference(side, held.transpose(CCW)) < 5, klass.key


async def test_pictures_of_every_kind_share_a_side(bench: Bench, tmp_path: Path) -> None:
    documents = [
        bench.store(made.make_tiff(tmp_path / "fax.tif", 2, size=(1728, 1143), dpi=(204, 98))),
        bench.store(made.make_png(tmp_path / "a.png")),
        bench.store(made.make_jpeg(tmp_path / "b.jpg", orientation=6)),
    ]
    raster = bench.store((await bench.renderer.obtain([documents[0]], RASTER)).path)
    for klass in (RASTER, PDF_A4):
        sides = await obtain(bench, [*documents, raster], replace(klass, layout=Layout(2)))
        assert len(sides) == 4, "each document begins on a side of its own"
        held = [side.transpose(CW) for side in sides]
        left, right = (0, 0, held[0].width // 2, held[0].height), (held[0].width // 2, 0, held[0].width, held[0].height)
        assert all(made.has_marks(side.crop(left)) for side in held)
        assert [np.asarray(side.crop(right)).min() < 128 for side in held] == [True, False, False, True]


@pytest.mark.parametrize("klass", [RASTER, PDF_A4], ids=["raster", "pdf"])
async def test_only_the_pages_that_were_chosen(bench: Bench, tmp_path: Path, klass: RenditionClass) -> None:
    """RFC 8011 §5.2.7: counted through all documents of the job."""
    documents = [
        bench.store(make_tones(tmp_path / "a.pdf", [10, 20, 30])),
        bench.store(_tone_tiff(tmp_path / "b.tif", [40, 50])),
        bench.store(_tone_png(tmp_path / "c.png", 60)),
        bench.store(make_tones(tmp_path / "d.pdf", [70, 80])),
    ]
    sides = await obtain(bench, documents, replace(klass, page_ranges=((2, 2), (5, 7), (9, 12))))
    assert [tones_of(side, 1, 1)[0] for side in sides] == pytest.approx([20, 50, 60, 70], abs=1)
    (side,) = await obtain(bench, documents[:1], replace(klass, page_ranges=((3, 9),)))
    assert tones_of(side, 1, 1) == pytest.approx([30], abs=1)
    raster = bench.store((await bench.renderer.obtain(documents[:1], RASTER)).path)
    sides = await obtain(bench, [raster], replace(klass, page_ranges=((1, 1), (3, 3))))
    assert [tones_of(side, 1, 1)[0] for side in sides] == pytest.approx([10, 30], abs=1)
    with pytest.raises(DocumentRefused, match="none of the pages"):
        await bench.renderer.obtain(documents, replace(klass, page_ranges=((9, 12),)))


@pytest.mark.parametrize("klass", [RASTER, PDF_A4], ids=["raster", "pdf"])
async def test_chosen_pages_of_several_copies_two_to_a_side_on_both_sides(
    bench: Bench, tmp_path: Path, klass: RenditionClass
) -> None:
    """D4: each copy has the pages that were asked for, and begins on a sheet of its own."""
    document = bench.store(make_tones(tmp_path / "a.pdf", [10, 20, 30, 40, 50]))
    asked = replace(
        klass, layout=Layout(2), page_ranges=((1, 1), (4, 5)), copies=2, sides=Sides.LONG_EDGE, sheet_back="normal"
    )
    sides = [side.transpose(CW) for side in await obtain(bench, [document] * 2, asked)]
    assert [tones_of(side, 2, 1) for side in sides] == [
        pytest.approx(tones, abs=1) for tones in ([10, 40], [50, 255], [10, 40], [50, 255])
    ]
    one_page = replace(asked, page_ranges=((4, 4),))
    sides = [side.transpose(CW) for side in await obtain(bench, [document] * 2, one_page)]
    assert [tones_of(side, 2, 1) for side in sides] == [
        pytest.approx(tones, abs=1) for tones in ([40, 255], [255, 255], [40, 255])
    ]


TURNS = {
    Orientation.PORTRAIT: None,
    Orientation.LANDSCAPE: CW,
    Orientation.REVERSE_LANDSCAPE: CCW,
    Orientation.REVERSE_PORTRAIT: Image.Transpose.ROTATE_180,
}


@pytest.mark.parametrize("orientation", Orientation)
async def test_pictures_stand_as_asked(bench: Bench, tmp_path: Path, orientation: Orientation) -> None:
    """RFC 8011 §5.2.10: landscape is a quarter turn counter-clockwise, and what is turned back reads upright."""
    turn = TURNS[orientation]
    for path in (made.make_jpeg(tmp_path / "tall.jpg"), made.make_tiff(tmp_path / "wide.tif", size=(2400, 1600))):
        document = bench.store(path)
        for klass in (RASTER, PWG_BLACK, PDF_A4):
            (side,) = await obtain(bench, [document], replace(klass, layout=Layout(orientation=orientation)))
            assert side.height > side.width
            assert made.has_marks(side.transpose(turn) if turn is not None else side), klass.key


@pytest.mark.parametrize("size", [A4_POINTS, WIDE])
async def test_a_pdf_says_itself_how_it_is_read(bench: Bench, tmp_path: Path, size: tuple[float, float]) -> None:
    """RFC 8011 §5.2.10: only which end comes first is asked of it."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", kind="marks", size=size))
    plain, landscape, reverse = [
        (await obtain(bench, [document], replace(RASTER, layout=Layout(orientation=orientation))))[0]
        for orientation in (None, Orientation.LANDSCAPE, Orientation.REVERSE_LANDSCAPE)
    ]
    assert made.difference(plain, landscape) == 0
    assert made.difference(plain, reverse.transpose(Image.Transpose.ROTATE_180)) < 1
    assert made.difference(plain, reverse) > 5


@pytest.mark.parametrize("klass", [RASTER, URF_COLOR, PDF_A4], ids=["raster", "urf", "pdf"])
async def test_pages_become_as_large_as_asked(bench: Bench, tmp_path: Path, klass: RenditionClass) -> None:
    """PWG 5100.16: a picture of 4 x 5 1/3 inches, and an A3 page, on A4."""
    small = bench.store(_frame(tmp_path / "small.png", (600, 800), 150))
    large = bench.store(_frame(tmp_path / "large.png", (1754, 2480), 150))
    wanted = {
        Scaling.AUTO: ((4.0, 5.33), (8.27, 11.69)),
        Scaling.FIT: ((8.27, 11.02), (8.27, 11.69)),
        Scaling.FILL: ((8.27, 11.69), (8.27, 11.69)),
        Scaling.NONE: ((4.0, 5.33), (8.27, 11.69)),
    }
    for scaling, sizes in wanted.items():
        for document, size in zip((small, large), sizes, strict=True):
            (side,) = await obtain(bench, [document], replace(klass, layout=Layout(scaling=scaling)))
            assert _inches(side) == pytest.approx(size, abs=0.04), (scaling, document.name)
            grey = np.asarray(side.convert("L"))
            if document is large and scaling in (Scaling.NONE, Scaling.AUTO):
                assert (grey[:6].min() < 128) == (scaling is Scaling.AUTO), "the frame is on the paper, or beyond"


async def test_a_page_of_a_kilometre_keeps_its_size_without_harm(bench: Bench, tmp_path: Path) -> None:
    document = bench.store(made.make_huge_page_pdf(tmp_path / "huge.pdf", 3_000_000))
    for scaling in (Scaling.NONE, Scaling.FILL):
        for klass in (RASTER, PDF_A4):
            (side,) = await obtain(bench, [document], replace(klass, layout=Layout(scaling=scaling)))
            assert side.size in (PAPER, (827, 1170))


async def test_forms_annotations_crop_boxes_and_turned_pages_are_kept_on_a_sheet(bench: Bench, tmp_path: Path) -> None:
    form = bench.store(made.make_form_pdf(tmp_path / "form.pdf"))
    turned = bench.store(made.make_pdf(tmp_path / "turned.pdf", 1, rotate=90))
    cropped_path = made.make_pdf(tmp_path / "cropped.pdf", 1)
    with pikepdf.open(cropped_path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].cropbox = [0, 421, 595, 842]
        pdf.save(cropped_path)
    cropped = bench.store(cropped_path)
    stamped = bench.store(_stamped_pdf(tmp_path / "stamped.pdf"))
    for document in (form, turned, cropped, stamped):
        raster, pdf_side = [
            (await obtain(bench, [document], replace(klass, layout=Layout(4))))[0] for klass in (RASTER, PDF_A4)
        ]
        assert made.difference(raster, pdf_side) < 2
        assert np.asarray(raster.convert("L")).min() < 128


async def test_layers_that_are_hidden_stay_hidden(bench: Bench, tmp_path: Path) -> None:
    path = _hidden_layer_pdf(tmp_path / "layers.pdf")
    document = bench.store(path)
    for layout, ranges in ((Layout(), ((1, 1),)), (Layout(2), ())):
        for klass in (RASTER, PDF_A4):
            (side,) = await obtain(bench, [document], replace(klass, layout=layout, page_ranges=ranges))
            assert np.asarray(side.convert("L")).min() == 255, klass.key


async def test_jpeg_holds_one_side(bench: Bench, tmp_path: Path) -> None:
    klass = RenditionClass(JPEG, type="srgb_8", dpi=(150, 150), media_size=A4_SIZE, layout=Layout(4))
    tones = [10, 60, 110, 160]
    (side,) = await obtain(bench, [bench.store(make_tones(tmp_path / "four.pdf", tones))], klass)
    assert tones_of(side, 2, 2) == pytest.approx(tones, abs=3)
    (side,) = await obtain(
        bench,
        [bench.store(make_tones(tmp_path / "five.pdf", [*tones, 200]))],
        replace(klass, layout=Layout(), page_ranges=((5, 5),)),
    )
    assert tones_of(side, 1, 1) == pytest.approx([200], abs=3)


async def test_sides_are_sent_while_they_grow(tmp_path: Path) -> None:
    """N2: chosen pages, two to a side, while later sides are still being drawn."""
    bench = Bench(tmp_path / "bench", RenderLimits(pages=5000, parallel=2, stream_pages=2))
    try:
        document = bench.store(make_tones(tmp_path / "long.pdf", list(range(0, 250, 5))))
        klass = replace(RASTER, layout=Layout(2), page_ranges=((11, 40),))
        rendition = await bench.renderer.obtain([document], klass, whole=False)
        assert (rendition.pages, rendition.growth is not None) == (15, True)
        grown = await _read_growing(rendition)
        whole = await bench.renderer.obtain([document], klass)
        assert whole.path.read_bytes() == grown
        assert [tones_of(side.transpose(CW), 2, 1) for side in read_file(whole.path)] == [
            pytest.approx([5 * number, 5 * number + 5], abs=1) for number in range(10, 40, 2)
        ]
    finally:
        bench.close()


async def _read_growing(rendition: Rendition) -> bytes:
    assert rendition.growth is not None
    good, offset = await rendition.growth.beyond(0), 0
    while good > offset:
        offset, good = good, await rendition.growth.beyond(good)
    return rendition.path.read_bytes()[:good]


def _tone_tiff(path: Path, tones: Sequence[int]) -> Path:
    first, *others = [Image.new("L", (827, 1169), tone) for tone in tones]
    first.save(path, "TIFF", save_all=True, append_images=others, dpi=(100, 100))
    return path


def _tone_png(path: Path, tone: int) -> Path:
    Image.new("L", (827, 1169), tone).save(path, dpi=(100, 100))
    return path


def _frame(path: Path, size: tuple[int, int], dpi: int) -> Path:
    """A light grey picture with a black frame."""
    inner = Image.new("L", (size[0] - 20, size[1] - 20), 200)
    ImageOps.expand(inner, 10, 0).save(path, dpi=(dpi, dpi))
    return path


def _inches(side: Image.Image) -> tuple[float, float]:
    """Width and height of what is not white, of a side of A4."""
    dark = np.asarray(side.convert("L")) < 230
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    dpi = side.width / 8.27
    return (columns[-1] - columns[0] + 1) / dpi, (rows[-1] - rows[0] + 1) / dpi


def _stamped_pdf(path: Path) -> Path:
    """An empty page with a black annotation."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        look = document.make_stream(b"0 g 0 0 300 300 re f", Subtype=pikepdf.Name.Form, BBox=[0, 0, 300, 300])
        stamp = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[100, 400, 400, 700], F=4)
        stamp.AP = pikepdf.Dictionary(N=look)
        page.Annots = [document.make_indirect(stamp)]
        document.save(path)
    return path


def _hidden_layer_pdf(path: Path) -> Path:
    """Two pages with a black square in a layer that is off; one of them is enough to ask for."""
    with pikepdf.new() as document:
        layer = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="secret"))
        for _ in range(2):
            page = document.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(Properties=pikepdf.Dictionary(L=layer))
            page.Contents = document.make_stream(b"/OC /L BDC 0 g 100 100 300 300 re f EMC")
        document.Root.OCProperties = pikepdf.Dictionary(
            OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer], Order=[layer], BaseState=pikepdf.Name.ON)
        )
        document.save(path)
    return path

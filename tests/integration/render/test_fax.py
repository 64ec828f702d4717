"""Documents as faxes: every page whole, upright and on its paper, in the lines of its class (RFC 3949, SPEC N2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import TIFF_F, Layout, RenditionClass
from distwire.tiff.fax import CODINGS, LINE_WIDTHS, RESOLUTIONS
from distwire.tiff.fax_reader import StoredFax, read_fax
from tests.support import documents as made
from tests.support.rendering import A4, A4_SIZE, Bench

FAX = RenditionClass(TIFF_F, type="black_1", dpi=(204, 196), media=A4, media_size=A4_SIZE, coding="mmr")
HEADER = "2026-11-28 09:30  From: Head office  To: +81 3 5555 0100"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.close()


async def fax(bench: Bench, path: Path, klass: RenditionClass = FAX) -> tuple[list[Image.Image], list[StoredFax]]:
    """The pages as libtiff decodes them, stretched to square dots, and what their fields say."""
    rendition = await bench.renderer.obtain([bench.store(path)], klass)
    with rendition.path.open("rb") as file:
        stored = list(read_fax(file))
    assert rendition.pages == len(stored)
    pages = []
    with Image.open(rendition.path) as image:
        for number, page in enumerate(stored):
            image.seek(number)
            across, down = page.facts.dpi
            pages.append(image.convert("L").resize((image.width, round(image.height * across / down))))
    return pages, stored


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("size", [(21000, 29700), (25700, 36400), (29700, 42000)])
async def test_lines_of_each_class(bench: Bench, tmp_path: Path, dpi: tuple[int, int], size: tuple[int, int]) -> None:
    path = made.make_pdf(tmp_path / "page.pdf", 2)
    pages, stored = await fax(bench, path, replace(FAX, dpi=dpi, media_size=size))
    width = LINE_WIDTHS[dpi[0]][[21000, 25700, 29700].index(size[0])]
    assert {(page.facts.width, page.facts.dpi) for page in stored} == {(width, dpi)}
    assert stored[0].facts.lines == size[1] * dpi[1] // 2540
    assert all(made.has_marks(page) for page in pages)


@pytest.mark.parametrize("coding", CODINGS)
async def test_codings_carry_the_same_dots(bench: Bench, tmp_path: Path, coding: str) -> None:
    path = made.make_pdf(tmp_path / "page.pdf", 2, kind="photo")
    pages, stored = await fax(bench, path, replace(FAX, coding=coding))
    assert {page.facts.coding for page in stored} == {coding}
    plain, _ = await fax(bench, path)
    assert all(np.array_equal(np.asarray(one), np.asarray(other)) for one, other in zip(pages, plain, strict=True))


async def test_profile_s_for_mail(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "page.pdf")
    _, stored = await fax(bench, path, replace(FAX, coding="mh", dpi=(204, 98)))
    assert [page.profile for page in stored] == ["S"]


async def test_landscape_is_turned_and_a3_reduced(bench: Bench, tmp_path: Path) -> None:
    wide = made.make_pdf(tmp_path / "wide.pdf", size=(841.89, 595.28))
    (turned,), _ = await fax(bench, wide)
    assert made.has_marks(turned.transpose(Image.Transpose.ROTATE_270))
    large = made.make_pdf(tmp_path / "large.pdf", size=made.A3)
    (reduced,), _ = await fax(bench, large)
    assert made.has_marks(reduced)
    ink = np.flatnonzero((np.asarray(reduced) < 128).any(axis=0))
    assert ink[-1] - ink[0] > 1500


async def test_long_pages_are_cut_and_legal_is_made_smaller(bench: Bench, tmp_path: Path) -> None:
    roll = made.make_pdf(tmp_path / "roll.pdf", 1, size=(226.0, 3000.0))
    pages, stored = await fax(bench, roll)
    assert [page.facts.lines for page in stored] == [2291] * 4
    assert all(np.asarray(page).min() == 0 for page in pages[:2])
    banner = made.make_pdf(tmp_path / "banner.pdf", 1, size=(3000.0, 226.0))
    assert len((await fax(bench, banner))[1]) == 4
    legal = made.make_pdf(tmp_path / "legal.pdf", size=(612.0, 1008.0))
    (page,), _ = await fax(bench, legal)
    assert made.has_marks(page)


async def test_nothing_is_lost_where_a_long_page_is_cut(bench: Bench, tmp_path: Path) -> None:
    """A ruler of one bar for each centimetre: all of them are there, those at a cut twice."""
    ruler = Image.new("1", (800, 8000), 1)
    for centimetre in range(100):
        ruler.paste(0, (100, centimetre * 80 + 20, 100 + 7 * centimetre, centimetre * 80 + 40))
    path = tmp_path / "ruler.tif"
    ruler.save(path, compression="group4", dpi=(203, 203))
    pages, _ = await fax(bench, path)
    lengths: list[int] = []
    for page in pages:
        rows = (np.asarray(page) < 128).sum(axis=1)
        lengths += [int(length) for length in rows if length]
    seen = {round((length / 204 * 203) / 7) for length in lengths}
    assert set(range(1, 100)) <= seen


async def test_header(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "page.pdf", 3)
    plain, _ = await fax(bench, path)
    for dpi in ((204, 98), (204, 196)):
        pages, stored = await fax(bench, path, replace(FAX, header=HEADER, dpi=dpi))
        assert len(stored) == 3
        assert all(made.has_marks(page.crop((0, 60, page.width, page.height))) for page in pages)
        tops = [np.asarray(page.crop((0, 0, page.width, 40))) for page in pages]
        assert all((top[:32, :900] < 128).any() for top in tops)
        assert np.array_equal(tops[0][:, :1500], tops[1][:, :1500])
        assert not np.array_equal(tops[0][:, 1500:], tops[1][:, 1500:])  # 1/3, 2/3
        assert not (np.asarray(plain[0])[:32] < 128).any()


async def test_header_in_japanese_and_too_long(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "page.pdf")
    (japanese,), _ = await fax(bench, path, replace(FAX, header="発信: 本社 → 東京営業所"))
    assert (np.asarray(japanese)[:32, :900] < 128).any()
    (long,), _ = await fax(bench, path, replace(FAX, header="very " * 200))
    assert not (np.asarray(long)[:32, 1590:1600] < 128).any()  # it does not run into the number


async def test_cover_sheet(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "covered.pdf", 2, kind="marks")
    cover = "To: 大阪営業所 // From: Head office // Subject: Prices // Please call back."
    pages, stored = await fax(bench, path, replace(FAX, cover=cover))
    assert [one.directory.fields[297][2] for one in stored] == [(0, 3), (1, 3), (2, 3)]
    assert [made.has_marks(page) for page in pages] == [False, True, True]
    assert 0.005 < (np.asarray(pages[0]) < 128).mean() < 0.05
    other, _ = await fax(bench, path, replace(FAX, cover=cover, header=HEADER))
    assert len(other) == 3
    assert (np.asarray(other[0])[:32, 1500:] < 128).any()  # 1/3


async def test_several_on_a_side_and_ranges(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "pages.pdf", 9)
    assert len((await fax(bench, path, replace(FAX, layout=Layout(number_up=4))))[1]) == 3
    assert len((await fax(bench, path, replace(FAX, page_ranges=((2, 4),))))[1]) == 3


async def test_one_conversion_a_class(bench: Bench, tmp_path: Path) -> None:
    path = made.make_pdf(tmp_path / "once.pdf", 2, title="once")
    document = bench.store(path)
    before = len(bench.ledger.lines())
    for _ in range(3):
        await bench.renderer.obtain([document], FAX)
    assert len(bench.ledger.lines()) == before + 1


async def test_hostile_documents_are_refused(bench: Bench, tmp_path: Path) -> None:
    circle = made.make_cyclic_tiff(tmp_path / "circle.tif")
    with pytest.raises(DocumentRefused):
        bench.store(circle)
    huge = made.make_huge_tiff(tmp_path / "huge.tif")
    with pytest.raises(DocumentRefused):
        bench.store(huge)

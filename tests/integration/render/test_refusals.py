"""Hostile and damaged files end in a clear refusal, and the next document prints (SPEC D4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distserver.errors import DocumentRefused
from distserver.model.documents import PDF, Document
from distserver.model.states import Reason
from distserver.render.contract import RenderLimits
from tests.support import documents as made
from tests.support.rendering import PWG_GREY, Bench

LIMITS = RenderLimits(parallel=2, pages=200, memory_mb=768, inspect_cpu_seconds=10)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"), LIMITS)
    yield bench
    bench.close()


def cut(maker: Callable[[Path], Path], share: float) -> Callable[[Path], Path]:
    """The file that `maker` makes, with only that share of its bytes."""

    def make(path: Path) -> Path:
        raw = maker(path).read_bytes()
        path.write_bytes(raw[: int(len(raw) * share)])
        return path

    return make


def write(data: bytes) -> Callable[[Path], Path]:
    """A file with these bytes."""

    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


HARM: dict[str, tuple[Callable[[Path], Path], str, Reason]] = {
    "password": (made.make_password_pdf, "password", Reason.DOCUMENT_PASSWORD),
    "empty": (write(b""), "empty", Reason.DOCUMENT_ERROR),
    "unknown": (write(b"PK\3\4" + bytes(100)), "send PDF, TIFF", Reason.FORMAT_NOT_SUPPORTED),
    "pdf of nothing": (write(b"%PDF-1.4\nnothing else"), "damaged", Reason.DOCUMENT_ERROR),
    "flate bomb": (lambda p: made.make_flate_bomb_pdf(p, 1200), "too complex", Reason.DOCUMENT_ERROR),
    "form that draws itself": (made.make_cyclic_form_pdf, "too complex", Reason.DOCUMENT_ERROR),
    "tiff in a circle": (made.make_cyclic_tiff, "circle", Reason.DOCUMENT_ERROR),
    "tiff without end": (made.make_endless_tiff, "200 is the most", Reason.DOCUMENT_ERROR),
    "tiff too large": (made.make_huge_tiff, "too large", Reason.DOCUMENT_ERROR),
    "tiff of nothing": (write(b"II*\0"), "damaged", Reason.DOCUMENT_ERROR),
    "tiff pointing outside": (write(b"II*\0\0\0\0\x70" + bytes(8)), "outside", Reason.DOCUMENT_ERROR),
    "tiff cut off": (cut(lambda p: made.make_tiff(p, mode="L", compression="raw"), 0.5), "TIFF", Reason.DOCUMENT_ERROR),
    "jpeg cut off": (cut(made.make_jpeg, 0.6), "damaged", Reason.DOCUMENT_ERROR),
    "png cut off": (cut(made.make_png, 0.6), "damaged", Reason.DOCUMENT_ERROR),
    "raster cut off": (write(b"RaS2PwgRaster\0" + bytes(3000)), "damaged", Reason.DOCUMENT_ERROR),
    "too many pages": (lambda p: made.make_pdf(p, 201, kind="marks"), "201 pages", Reason.DOCUMENT_ERROR),
}


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused_with_words(bench: Bench, tmp_path: Path, name: str):
    maker, words, reason = HARM[name]
    with pytest.raises(DocumentRefused, match=words) as error:
        bench.renderer.inspect(maker(tmp_path / "file"))
    assert error.value.reason is reason
    assert bench.renderer.inspect(made.make_pdf(tmp_path / "good.pdf")).pages == 1


async def test_a_refused_conversion_is_not_tried_again(bench: Bench, tmp_path: Path):
    """A hundred destinations do not cost a hundred times the trouble."""
    path = made.make_password_pdf(tmp_path / "secret.pdf")
    document = Document("refused", path.stat().st_size, PDF, "secret.pdf", 1)
    path.rename(bench.spool.document_path("refused"))
    before = len(bench.ledger.lines())
    for _ in range(3):
        with pytest.raises(DocumentRefused, match="password") as error:
            await bench.renderer.obtain([document], PWG_GREY)
        assert error.value.reason is Reason.DOCUMENT_PASSWORD
    assert [line["outcome"] for line in bench.ledger.lines()[before:]] == ["refused"]


async def test_a_missing_document_is_said_to_be_missing(bench: Bench):
    with pytest.raises(DocumentRefused) as error:
        await bench.renderer.obtain([Document("gone", 1, PDF, "gone.pdf", 1)], PWG_GREY)
    assert error.value.reason is Reason.DOCUMENT_MISSING


async def test_time_is_limited(tmp_path: Path):
    limits = RenderLimits(pages=5000, parallel=1, wall_seconds=0.3)
    bench = Bench(tmp_path, limits)
    try:
        document = bench.store(made.make_pdf(tmp_path / "long.pdf", 400))
        with pytest.raises(DocumentRefused, match=r"longer than 0\.3 s"):
            await bench.renderer.obtain([document], PWG_GREY)
    finally:
        bench.close()


async def test_output_is_limited(tmp_path: Path):
    bench = Bench(tmp_path, RenderLimits(pages=5000, parallel=1, output_mb=1))
    try:
        document = bench.store(made.make_pdf(tmp_path / "long.pdf", 60, kind="photo"))
        with pytest.raises(DocumentRefused, match="larger than 1 MB"):
            await bench.renderer.obtain([document], PWG_GREY)
        folder = next(bench.spool.rendition_dir.iterdir())
        assert not list(folder.glob("*.part"))
    finally:
        bench.close()

"""JPEG streams that are stored as they came."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from distwire.tiff import PageFacts, TiffPage, Tone, make_single
from mfp_client.memory.encoding import decode_page, encode_page
from mfp_client.memory.jpeg import take_plain
from mfp_client.memory.pdf import write_pdf
from mfp_client.memory.sources import read_pages

SIZE = (320, 200)


def _picture(mode: str = "RGB") -> Image.Image:
    ramp = Image.linear_gradient("L").resize(SIZE)
    return Image.merge("RGB", (ramp, ImageChops.invert(ramp), ramp)).convert(mode)


def _jpeg(mode: str = "RGB", **options: object) -> bytes:
    written = io.BytesIO()
    _picture(mode).save(written, "JPEG", quality=88, **options)  # type: ignore[arg-type]
    return written.getvalue()


@pytest.mark.parametrize(("mode", "tone"), [("RGB", Tone.COLOUR), ("L", Tone.GREY)])
def test_a_plain_stream_is_kept_to_the_dot(mode: str, tone: Tone) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    data = _jpeg(mode, exif=exif, comment=b"a secret word")
    plain = take_plain(data, SIZE)
    assert plain is not None
    assert b"secret" not in plain
    page = TiffPage(PageFacts(*SIZE, (100.0, 100.0), tone), plain)
    with Image.open(io.BytesIO(data)) as original:
        assert ImageChops.difference(decode_page(page), original).getbbox() is None
        with Image.open(io.BytesIO(make_single(page)), formats=("TIFF",)) as read_by_libtiff:
            difference = ImageChops.difference(read_by_libtiff.convert("RGB"), original.convert("RGB"))
    assert max(high for _, high in difference.getextrema()) < 8  # type: ignore[misc]
    written = io.BytesIO()
    write_pdf(written.write, [page], "it")
    assert plain in written.getvalue()


def test_what_a_camera_has_put_behind_the_picture_is_left_out() -> None:
    """A second picture (CIPA DC-007), with a place of its own; a maker's data with something like an end in it."""
    first, second = _jpeg(), _jpeg(comment=b"a secret place")
    alone = take_plain(first, SIZE)
    assert alone is not None
    for behind in (second, b"a secret trailer\xff\xd9"):
        assert take_plain(first + behind, SIZE) == alone


def test_restarts_are_part_of_the_picture() -> None:
    data = _jpeg(restart_marker_blocks=2)
    plain = take_plain(data, SIZE)
    assert plain is not None
    assert plain.count(b"\xff\xd0") > 1
    with Image.open(io.BytesIO(data)) as original, Image.open(io.BytesIO(plain)) as kept:
        assert ImageChops.difference(kept, original).getbbox() is None


def test_a_stream_that_was_cut_off_is_none() -> None:
    data = _jpeg()
    assert [take_plain(data[:length], SIZE) for length in range(0, len(data) - 1, 7)] == [None] * len(
        range(0, len(data) - 1, 7)
    )


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {"progressive": True}),
        ("RGB", {"subsampling": "4:4:4"}),
        ("RGB", {"subsampling": "4:2:2"}),
        ("RGB", {"keep_rgb": True}),
        ("CMYK", {}),
        ("L", {"subsampling": "4:2:0"}),
    ],
)
def test_what_not_every_reader_takes_is_not_kept(mode: str, options: dict[str, object]) -> None:
    assert take_plain(_jpeg(mode, **options), SIZE) is None


def test_a_stream_of_another_size_is_not_kept() -> None:
    assert take_plain(_jpeg(), (SIZE[0], SIZE[1] + 1)) is None


@given(st.binary(max_size=200), st.integers(0, 700))
def test_nonsense_is_not_kept_or_begins_and_ends_as_it_must(noise: bytes, place: int) -> None:
    data = _jpeg()
    for broken in (noise, b"\xff\xd8" + noise, data[:place] + noise, data[:place] + noise + data[place:]):
        kept = take_plain(broken, SIZE)
        assert kept is None or (kept.startswith(b"\xff\xd8\xff") and kept.endswith(b"\xff\xd9"))


@pytest.mark.parametrize(("tone", "kept"), [("auto", True), ("colour", True), ("grey", False), ("bilevel", False)])
def test_a_file_is_stored_as_it_came_unless_something_else_is_wanted(tmp_path: Path, tone: str, kept: bool) -> None:
    data = _jpeg(dpi=(200, 200))
    (tmp_path / "it.jpg").write_bytes(data)
    [page] = read_pages(tmp_path / "it.jpg", tone)
    assert (page.jpeg is not None) is kept
    assert (encode_page(page.image, page.dpi, page.jpeg).strip == take_plain(data, SIZE)) is kept

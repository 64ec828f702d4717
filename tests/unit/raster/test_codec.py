"""The raster codec reads back what it writes, and hostile bytes end in its own error (SPEC D4, N2)."""

from __future__ import annotations

import contextlib
import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distwire.raster import (
    PIXEL_TYPES,
    PageHeader,
    PwgWriter,
    RasterError,
    RasterLimits,
    UrfWriter,
    back_transform,
    find_pixel_type,
    read_pages,
)

TEXT = st.text(st.characters(codec="ascii", min_codepoint=32), max_size=40)


@st.composite
def pages(draw, types=tuple(kind.name for kind in PIXEL_TYPES)):
    """A header and pixels that look like print: runs, repeated rows, some noise."""
    kind = find_pixel_type(draw(st.sampled_from(types)))
    width, height = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = 2 if kind.bits == 1 else 1 << kind.bits
    shape = (height, width) if kind.colors == 1 else (height, width, kind.colors)
    pixels = rng.integers(0, top, shape).astype(np.uint16 if kind.bits == 16 else np.uint8)
    columns = np.sort(rng.integers(0, width, width)) if draw(st.booleans()) else np.arange(width)
    rows = np.sort(rng.integers(0, height, height)) if draw(st.booleans()) else np.arange(height)
    pixels = pixels[rows][:, columns]
    if draw(st.booleans()):
        pixels[:, width // 3 :] = pixels.flat[0]
    two_sided = draw(st.booleans())
    header = PageHeader(
        width,
        height,
        (draw(st.integers(72, 1200)),) * 2,
        kind.name,
        media=draw(TEXT),
        media_type=draw(st.sampled_from(["auto", "stationery", "labels"])),
        page_size=(draw(st.integers(1, 5000)), draw(st.integers(1, 5000))),
        duplex=two_sided,
        tumble=two_sided and draw(st.booleans()),
        total_pages=draw(st.integers(0, 2**32 - 1)),
        cross_feed=draw(st.sampled_from([1, -1])),
        feed=draw(st.sampled_from([1, -1])),
        image_box=(0, 0, draw(st.integers(1, width)), draw(st.integers(1, height))),
        quality=draw(st.sampled_from([0, 3, 4, 5])),
        copies=draw(st.integers(0, 99)),
        orientation=draw(st.integers(0, 3)),
        media_position=draw(st.integers(0, 20)),
        content=draw(TEXT),
        rendering_intent=draw(TEXT),
    )
    return header, pixels


def write(writer, sheets) -> bytes:
    stream = io.BytesIO()
    out = writer(stream)
    for header, pixels in sheets:
        out.write_page(header, pixels)
    return stream.getvalue()


class Trickle:
    """A stream that gives few bytes at a time, as a socket may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream = io.BytesIO(data)
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._step))


@settings(max_examples=60, deadline=None)
@given(st.lists(pages(), min_size=1, max_size=3), st.integers(100, 5000))
def test_pwg_raster_comes_back_as_it_was_written(sheets, step):
    read = list(read_pages(Trickle(write(PwgWriter, sheets), step)))
    assert [page.header for page in read] == [header for header, _ in sheets]
    for page, (_, pixels) in zip(read, sheets, strict=True):
        assert np.array_equal(page.pixels, pixels)


URF_TYPES = ("sgray_8", "srgb_8", "srgb_16", "adobe-rgb_8", "cmyk_8", "gray_8", "rgb_8")


@settings(max_examples=40, deadline=None)
@given(st.lists(pages(URF_TYPES), min_size=1, max_size=3))
def test_apple_raster_comes_back_as_it_was_written(sheets):
    read = list(read_pages(io.BytesIO(write(lambda stream: UrfWriter(stream, len(sheets)), sheets))))
    assert len(read) == len(sheets)
    for page, (header, pixels) in zip(read, sheets, strict=True):
        assert np.array_equal(page.pixels, pixels)
        said = page.header
        assert (said.type, said.dpi, said.duplex, said.tumble) == (
            header.type,
            header.dpi,
            header.duplex,
            header.tumble,
        )
        assert (said.total_pages, said.media_type, said.quality) == (len(sheets), header.media_type, header.quality)


LIMITS = RasterLimits(page_bytes=1 << 20, row_bytes=1 << 12, pages=20)


def drain(data: bytes) -> None:
    for page in read_pages(io.BytesIO(data), LIMITS):
        page.visible()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([b"", b"RaS2", b"UNIRAST\0\0\0\0\1", b"RaS2PwgRaster\0"]), st.binary(max_size=3000))
def test_hostile_bytes_raise_only_the_own_error(start, noise):
    with contextlib.suppress(RasterError):
        drain(start + noise)


@settings(max_examples=100, deadline=None)
@given(pages(), st.booleans(), st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=8), st.data())
def test_a_bent_stream_raises_only_the_own_error(sheet, as_urf, bends, data):
    if as_urf and find_pixel_type(sheet[0].type).urf is None:
        as_urf = False
    raw = bytearray(write(UrfWriter if as_urf else PwgWriter, [sheet]))
    for at, value in bends:
        raw[at % len(raw)] = value
    cut = data.draw(st.integers(0, len(raw)))
    with contextlib.suppress(RasterError):
        drain(bytes(raw[:cut]))


def test_a_page_that_claims_to_be_huge_is_refused_before_it_is_read():
    header = PageHeader(100, 100, (300, 300), "sgray_8")
    raw = bytearray(write(PwgWriter, [(header, np.zeros((100, 100), np.uint8))]))
    struct.pack_into(">2I", raw, 4 + 372, 60_000_000, 60_000_000)
    struct.pack_into(">I", raw, 4 + 392, 60_000_000)
    with pytest.raises(RasterError, match="beyond what is accepted"):
        list(read_pages(io.BytesIO(raw)))


def test_a_stream_that_ends_early_is_cut_off():
    header = PageHeader(50, 50, (300, 300), "srgb_8")
    raw = write(PwgWriter, [(header, np.arange(7500).reshape(50, 50, 3).astype(np.uint8))])
    with pytest.raises(RasterError, match="cut off"):
        list(read_pages(io.BytesIO(raw[:-10])))


def test_endless_pages_stop_at_the_limit():
    header = PageHeader(8, 8, (300, 300), "black_1")
    raw = write(PwgWriter, [(header, np.zeros((8, 8), np.uint8))] * 21)
    with pytest.raises(RasterError, match="more than 20 pages"):
        drain(raw)


def test_128_fills_the_rest_of_the_row_with_white():
    """Apple raster's third kind of token; CUPS writes none, devices may."""
    header = PageHeader(10, 1, (300, 300), "sgray_8")
    head = write(UrfWriter, [(header, np.zeros((1, 10), np.uint8))])[: 12 + 32]
    page = next(iter(read_pages(io.BytesIO(head + bytes([0, 1, 7, 128])))))
    assert page.pixels.tolist() == [[7, 7] + [255] * 8]


def test_visible_shows_every_type_alike():
    """Black ink, white paper, whatever way the type counts."""
    for name, black, white in [
        ("black_1", 1, 0),
        ("sgray_1", 0, 1),
        ("sgray_8", 0, 255),
        ("black_8", 255, 0),
        ("sgray_16", 0, 65535),
        ("srgb_8", [0, 0, 0], [255, 255, 255]),
        ("cmyk_8", [0, 0, 0, 255], [0, 0, 0, 0]),
    ]:
        kind = find_pixel_type(name)
        pixels = np.array([[black, white]], np.uint16 if kind.bits == 16 else np.uint8)
        page = next(iter(read_pages(io.BytesIO(write(PwgWriter, [(PageHeader(2, 1, (300, 300), name), pixels)])))))
        assert page.visible().reshape(2, -1).mean(axis=1).tolist() == [0, 255], name


@pytest.mark.parametrize(
    ("sheet_back", "tumble", "expected"),
    [
        ("normal", False, (1, 1)),
        ("normal", True, (1, 1)),
        ("flipped", False, (1, -1)),
        ("flipped", True, (-1, 1)),
        ("rotated", False, (-1, -1)),
        ("rotated", True, (1, 1)),
        ("manual-tumble", False, (1, 1)),
        ("manual-tumble", True, (-1, -1)),
    ],
)
def test_back_sides_follow_the_table_of_the_standard(sheet_back, tumble, expected):
    assert back_transform(sheet_back, tumble) == expected


def test_what_does_not_fit_is_refused():
    header = PageHeader(4, 4, (300, 600), "sgray_8")
    with pytest.raises(RasterError, match="one resolution"):
        write(UrfWriter, [(header, np.zeros((4, 4), np.uint8))])
    with pytest.raises(RasterError, match="shape"):
        write(PwgWriter, [(header, np.zeros((4, 5), np.uint8))])
    with pytest.raises(RasterError, match="no pixels of type"):
        write(UrfWriter, [(PageHeader(8, 1, (300, 300), "black_1"), np.zeros((1, 8), np.uint8))])

"""Pages as a fax has them: TIFF-F (RFC 3949, profile F) for tests, and what has arrived to compare with it."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageSequence

from distwire.tiff import PageFacts, TiffPage, Tone, append_page, begin_file

WIDTH, LENGTH = 1728, 1143
RESOLUTION = (204, 98)


def make_fax(pages: int, first: int = 1) -> bytes:
    """A TIFF-F of so many pages at standard resolution, each with its number in large and lines of text in small."""
    return save_fax([draw_page(number) for number in range(first, first + pages)])


def draw_page(number: int) -> Image.Image:
    """An A4 page that no other is like."""
    page = Image.new("1", (WIDTH, LENGTH), 1)
    pen = ImageDraw.Draw(page)
    for row, top in enumerate(range(80, LENGTH - 80, 28)):
        pen.text(
            (80, top),
            f"Page {number} line {row}  " + " ".join(str((row * 7919 + number) * k) for k in range(22)),
            fill=0,
        )
    pen.rectangle((1500, 60, 1500 + 20 * number, 100), fill=0)
    return page


def save_fax(pages: Sequence[Image.Image]) -> bytes:
    """Group 4, one strip a page, white is zero."""
    with tempfile.TemporaryFile() as file:
        tail = begin_file(file.fileno(), b"")
        for page in pages:
            facts = PageFacts(page.width, page.height, RESOLUTION, Tone.BILEVEL)
            tail = append_page(file.fileno(), tail, TiffPage(facts, _encode(page)))
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        return file.read()


def read_pages(file: Path | bytes) -> list[Image.Image]:
    """The pages of a TIFF, black and white."""
    source = io.BytesIO(file) if isinstance(file, bytes) else io.BytesIO(file.read_bytes())
    with Image.open(source) as image:
        return [frame.convert("1") for frame in ImageSequence.Iterator(image)]


def find_numbers(file: Path | bytes) -> list[int]:
    """Which pages of `make_fax` these are, by the bar in their corner; HylaFAX writes its line above it."""
    return [_measure(page) for page in read_pages(file)]


def _measure(page: Image.Image) -> int:
    row = [page.getpixel((x, 80)) for x in range(1490, WIDTH)]
    return round(sum(value == 0 for value in row) / 20)


def same_below_header(one: Image.Image, other: Image.Image, header: int = 24) -> bool:
    """Pixel for pixel, but for the rows on which HylaFAX writes who sent it, and a last row that T.6 may lose."""
    if one.width != other.width or abs(one.height - other.height) > 1:
        return False
    box = (0, header, one.width, min(one.height, other.height))
    return one.crop(box).tobytes() == other.crop(box).tobytes()


def _encode(page: Image.Image) -> bytes:
    out = io.BytesIO()
    inverted = page.convert("L").point(lambda value: 255 - value).convert("1")  # T.6 codes 0 as white
    inverted.save(out, "TIFF", compression="group4", strip_size=1 << 24)
    with Image.open(io.BytesIO(out.getvalue())) as saved:
        (start,), (length,) = saved.tag_v2[273], saved.tag_v2[279]  # type: ignore[attr-defined]
    return out.getvalue()[start : start + length]


def each_part(data: bytes, size: int = 65536) -> Iterator[bytes]:
    """A document bit by bit."""
    for start in range(0, len(data), size):
        yield data[start : start + size]

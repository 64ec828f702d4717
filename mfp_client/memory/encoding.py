"""Pixels ⇄ pages: black and white as Group 4, grey and colour as JPEG; and thumbnails."""

from __future__ import annotations

import io

from PIL import Image, ImageFilter

from distwire.tiff import PageFacts, TiffPage, Tone, make_single

THUMBNAIL = 256
"""Pixels of the longer side."""

_QUALITY, _THUMBNAIL_QUALITY = 90, 70
_STRIP_OFFSET, _STRIP_OCTETS = 273, 279
_INVERTED = [255] + [0] * 255  # of black and white, whatever number stands for white
_PLAIN = {"1": Tone.BILEVEL, "L": Tone.GREY, "RGB": Tone.COLOUR}


def encode_page(image: Image.Image, dpi: tuple[float, float], jpeg: bytes | None = None) -> TiffPage:
    """A page for the memory. `image` has mode `1`, `L` or `RGB`; `jpeg` is a stream of it that `take_plain` gave."""
    tone = _PLAIN[image.mode]
    strip = jpeg or (_encode_group4(image) if tone is Tone.BILEVEL else _encode_jpeg(image))
    return TiffPage(PageFacts(image.width, image.height, dpi, tone), strip)


def decode_page(page: TiffPage) -> Image.Image:
    """The pixels of a stored page. Raises OSError when it is damaged."""
    data = make_single(page) if page.facts.tone is Tone.BILEVEL else page.strip
    with Image.open(io.BytesIO(data), formats=("TIFF", "JPEG")) as image:
        image.load()
        return image.copy()


def make_thumbnail(image: Image.Image, dpi: tuple[float, float], longest: int = THUMBNAIL) -> bytes:
    """A small JPEG of a page, in its true proportions; `longest` is in pixels."""
    width, height = image.width / dpi[0], image.height / dpi[1]
    factor = longest / max(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    grey = image.convert("L") if image.mode == "1" else image
    small = grey.resize(size, Image.Resampling.BOX, reducing_gap=1.0)
    written = io.BytesIO()
    small.filter(ImageFilter.UnsharpMask(1, 80)).save(written, "JPEG", quality=_THUMBNAIL_QUALITY)
    return written.getvalue()


def _encode_group4(image: Image.Image) -> bytes:
    """T.6 data in which white is white, as fax machines have it; Pillow writes a TIFF of one strip around it."""
    written = io.BytesIO()
    strip_size = -(-image.width // 8) * image.height
    image.point(_INVERTED).save(written, "TIFF", compression="group4", strip_size=strip_size)
    written.seek(0)
    with Image.open(written, formats=("TIFF",)) as single:
        tags = single.tag_v2  # type: ignore[attr-defined]
        offset, octets = tags[_STRIP_OFFSET][0], tags[_STRIP_OCTETS][0]
    return written.getvalue()[offset : offset + octets]


def _encode_jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    subsampling = {} if image.mode == "L" else {"subsampling": "4:2:0"}
    image.save(written, "JPEG", quality=_QUALITY, **subsampling)
    return written.getvalue()

"""JPEG and PNG by Pillow: one page."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from PIL import Image, ImageOps, UnidentifiedImageError

from distserver.errors import DocumentRefused
from distserver.render.sources.page import Picture, SourceLimits, SourcePage
from distserver.render.sources.resolution import picture_dpi
from distserver.render.sources.tones import flatten_tones, to_srgb

# What Pillow's readers raise at bytes that are not what they should be.
PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
    UnidentifiedImageError,
)
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 274

Image.MAX_IMAGE_PIXELS = None  # our own limits are checked before anything is unpacked, and refuse in our own words


class PictureSource:
    """An open JPEG or PNG. Raises `DocumentRefused`."""

    def __init__(self, path: str, limits: SourceLimits) -> None:
        try:
            self._image = Image.open(path, formats=("JPEG", "PNG"))
        except PILLOW_ERRORS as error:
            raise DocumentRefused(f"the picture is damaged: {error}") from error
        limits.check_pixels(self._image.width, self._image.height, len(self._image.getbands()))

    @property
    def pages(self) -> int:
        """One."""
        return 1

    @property
    def oriented(self) -> bool:
        """See `PageSource.oriented`."""
        return False

    def read_pages(self, chosen: Sequence[int] | None = None) -> Iterator[SourcePage]:
        """See `PageSource.read_pages`."""
        if chosen is not None and not chosen:
            return
        image = self._image
        try:
            said = image.info.get("dpi")
            dpi = picture_dpi(image.size, (float(said[0]), float(said[1])) if said else None)
            orientation = image.getexif().get(_ORIENTATION, 1)
            image.load()
            upright = ImageOps.exif_transpose(image)
            plain = flatten_tones(to_srgb(upright))
        except PILLOW_ERRORS as error:
            raise DocumentRefused(f"the picture is damaged: {error}") from error
        yield Picture(plain, (dpi[1], dpi[0]) if orientation in _TURNED else dpi)

    def __enter__(self) -> PictureSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()

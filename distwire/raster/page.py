"""A page that was read: header, rows of bytes, and its pixels in more comfortable forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distwire.raster.errors import RasterError
from distwire.raster.header import PageHeader, PixelType, find_pixel_type


@dataclass(frozen=True, slots=True)
class RasterPage:
    """One page. `rows` is uint8 of shape (height, bytes per line), exactly as the stream holds them (16 bit colours
    are big-endian there; 1 bit pixels are packed, most significant bit first)."""

    header: PageHeader
    rows: NDArray[np.uint8]

    @property
    def kind(self) -> PixelType:
        """The page's pixel type."""
        kind = find_pixel_type(self.header.type)
        if kind is None:
            raise RasterError(f"'{self.header.type}' is not a pixel type")
        return kind

    @property
    def pixels(self) -> NDArray[Any]:
        """(height, width) for one colour, else (height, width, colours); uint8, or uint16 for 16 bit colours.

        1 bit pixels come as 0 and 1. What a value means is the type's affair: in `black_1` 1 is ink, in `sgray_8` 255
        is white.
        """
        kind, height, width = self.kind, self.header.height, self.header.width
        if kind.bits == 1:
            return np.unpackbits(self.rows, axis=1, count=width)
        flat: NDArray[Any] = self.rows
        if kind.bits == 16:
            flat = self.rows.view(">u2").astype(np.uint16)
        return flat if kind.colors == 1 else flat.reshape(height, width, kind.colors)

    def visible(self) -> NDArray[np.uint8]:
        """What a reader of the sheet sees: 8 bit grey (height, width) or RGB (height, width, 3), 255 is white.

        The transform of back sides that the header tells (PWG raster only) is undone. Device and Adobe RGB are shown
        as if they were sRGB, CMYK by the plain formula: good for looking at, not for colour proofs.
        """
        shown = _to_additive(self.pixels, self.kind)
        if self.header.cross_feed < 0:
            shown = shown[:, ::-1]
        if self.header.feed < 0:
            shown = shown[::-1]
        return np.ascontiguousarray(shown)


def _to_additive(pixels: NDArray[Any], kind: PixelType) -> NDArray[np.uint8]:
    if kind.bits == 1:
        pixels = pixels * np.uint8(255)
    elif kind.bits == 16:
        pixels = (pixels >> 8).astype(np.uint8)
    if kind.additive:
        return pixels
    inverse = 255 - pixels
    if kind.colors == 1:
        return inverse
    colors, key = inverse[:, :, :3].astype(np.uint16), inverse[:, :, 3:].astype(np.uint16)
    return (colors * key // 255).astype(np.uint8)

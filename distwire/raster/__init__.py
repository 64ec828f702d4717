"""PWG raster (PWG 5102.4) and Apple raster (URF), read and written page by page.

    for page in read_pages(stream):          # either format, told apart by its first bytes
        page.header, page.pixels             # what the page says of itself; its pixels as numpy array
        page.visible()                       # the same as 8 bit grey or RGB, 255 is white, right way up

    writer = PwgWriter(stream)               # or UrfWriter(stream, pages=3)
    writer.write_page(header, pixels)

Memory holds one page at a time. Hostile bytes raise `RasterError` and nothing else.
"""

from __future__ import annotations

from distwire.raster.errors import RasterError
from distwire.raster.header import (
    PIXEL_TYPES,
    PageHeader,
    PixelType,
    back_transform,
    find_pixel_type,
)
from distwire.raster.page import RasterPage
from distwire.raster.reader import RasterLimits, read_pages
from distwire.raster.writer import PageWriter, PwgWriter, UrfWriter

__all__ = [
    "PIXEL_TYPES",
    "PageHeader",
    "PageWriter",
    "PixelType",
    "PwgWriter",
    "RasterError",
    "RasterLimits",
    "RasterPage",
    "UrfWriter",
    "back_transform",
    "find_pixel_type",
    "read_pages",
]

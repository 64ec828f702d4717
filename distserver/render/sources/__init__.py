"""Documents opened for reading, page by page: PDF, pictures (TIFF, JPEG, PNG), raster."""

from __future__ import annotations

from distserver.model.documents import JPEG, PDF, PNG, TIFF
from distserver.render.sources.page import PageSource, Picture, SourceLimits, SourcePage, blank_page
from distserver.render.sources.pdf import PdfSource
from distserver.render.sources.picture import PictureSource
from distserver.render.sources.raster import RasterSource
from distserver.render.sources.tiff import TiffSource

__all__ = ["PageSource", "Picture", "SourceLimits", "SourcePage", "blank_page", "open_source"]


def open_source(path: str, name: str, limits: SourceLimits) -> PageSource:
    """Open a document of MIME type `name`. Raises `DocumentRefused`."""
    if name == PDF:
        return PdfSource(path, limits)
    if name == TIFF:
        return TiffSource(path, limits)
    if name in (JPEG, PNG):
        return PictureSource(path, limits)
    return RasterSource(path, limits)

"""TIFF (TIFF 6.0) page by page: a file that grows by a page at a time and is whole after each, and its pages again.

Beside it stands the TIFF of faxes (RFC 3949): `fax` writes it, `fax_reader` reads it, also those of others.
"""

from distwire.tiff.growth import Tail, TiffTooLarge, append_page, begin_file, end_at, find_tail, make_single
from distwire.tiff.page import PageFacts, PagePlace, TiffPage, Tone
from distwire.tiff.reader import DamagedTiff, read_strip, walk_pages

__all__ = [
    "DamagedTiff",
    "PageFacts",
    "PagePlace",
    "Tail",
    "TiffPage",
    "TiffTooLarge",
    "Tone",
    "append_page",
    "begin_file",
    "end_at",
    "find_tail",
    "make_single",
    "read_strip",
    "walk_pages",
]

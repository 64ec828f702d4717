"""Lays a sheet over page 1 of the stored document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image

from mfp_client.marksheet.drawing import Sheet
from mfp_client.marksheet.layout import MM_PER_INCH
from mfp_client.marksheet.scans import Scan, Unreadable, read_scans


def lay_on_page(sheet: Sheet, file: Path) -> Sheet:
    """The sheet with the file's first page below the mark, in its size. Raises ValueError when it cannot be read."""
    try:
        scan = next(read_scans(file), None)
    except Unreadable as error:
        raise ValueError(f"{file}: {error}") from error
    if scan is None or isinstance(scan, Unreadable):
        raise ValueError(f"{file}: {scan or 'the file has no pages'}")
    return lay_on_scan(sheet, scan)


def lay_on_scan(sheet: Sheet, scan: Scan) -> Sheet:
    """The same for a page that is read already."""
    height, width = scan.pixels.shape
    size = width / scan.dpi[0] * MM_PER_INCH, height / scan.dpi[1] * MM_PER_INCH
    return replace(sheet, page=Image.fromarray(scan.pixels), size=size)

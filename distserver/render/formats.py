"""Tell a document's format by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path

from distserver.errors import DocumentRefused
from distserver.model.documents import JPEG, PDF, PNG, PWG_RASTER, TIFF, URF
from distserver.model.states import Reason

_MAGIC = (
    (b"%PDF-", PDF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"RaS2PwgRaster", PWG_RASTER),
    (b"UNIRAST\0", URF),
)
_PDF_SEARCH = 1024
"""Bytes in which `%PDF-` may start (PDF 1.7 appendix H.3.4.1): mail gateways and printers' drivers put lines before."""

TAKEN = "PDF, TIFF, JPEG, PNG, PWG raster or Apple raster (URF)"


def detect_format(head: bytes) -> str | None:
    """MIME type by the first kilobyte, or None when it is none of ours."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return PDF if b"%PDF-" in head[:_PDF_SEARCH] else None


def read_format(path: Path) -> str:
    """MIME type of a file. Raises `DocumentRefused` for an empty file and for a format that is not taken."""
    with path.open("rb") as file:
        head = file.read(_PDF_SEARCH + 8)
    if not head:
        raise DocumentRefused("the file is empty: send it again")
    name = detect_format(head)
    if name is None:
        raise DocumentRefused(
            f"the file is not of a kind that can be printed: send {TAKEN}", Reason.FORMAT_NOT_SUPPORTED
        )
    return name

"""A scanner at the PC as a source: its sheets as one PDF."""

from __future__ import annotations

import tempfile
from pathlib import Path

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Color, ScanJob
from distwire.scan.faults import ScanError
from distwire.scan.output import write_pages
from distwire.scan.session import ScanOptions, ScanSession, end_here


class NotScanned(Exception):
    """Nothing came, or not all; the words say why."""


def scan_into(uri: str, target: Path, *, duplex: bool = False) -> int:
    """Scan what lies in the scanner into a PDF; how many pages. Raises `NotScanned`, also when it stopped before the
    last sheet: half a document is not sent."""
    with tempfile.TemporaryDirectory(prefix=".scan-", dir=target.parent) as folder:
        try:
            job = ScanJob(None, duplex, 300, Color.MONOCHROME)
            session = ScanSession(open_scanner(uri), job, ScanOptions(Path(folder), ask=end_here))
            for _ in session.run():
                pass
            if not session.pages:
                raise NotScanned("the scanner gave no pages")
            write_pages(session.pages, target)
        except ScanError as error:
            raise NotScanned(str(error)) from error
        if session.stopped_by is not None:
            target.unlink(missing_ok=True)
            raise NotScanned(f"{session.stopped_by}: nothing was sent, scan all sheets again")
    return len(session.pages)

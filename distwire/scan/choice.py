"""The scanner that a URI names: `http…` and `escl…` eSCL, `sane:NAME`, `folder:PATH`."""

from __future__ import annotations

from pathlib import Path

from distwire.scan.contract import Limits, Scanner
from distwire.scan.escl.address import read_address
from distwire.scan.escl.exchange import Trust
from distwire.scan.escl.scanner import EsclScanner
from distwire.scan.folder import FolderFeeder
from distwire.scan.sane.scanner import SaneScanner


def open_scanner(uri: str, *, fingerprint: str | None = None, limits: Limits | None = None) -> Scanner:
    """A scanner, not asked yet. Raises `SettingRefused` for what names none."""
    kind, _, rest = uri.partition(":")
    if kind == "sane":
        return SaneScanner(rest, limits)
    if kind == "folder":
        return FolderFeeder(Path(rest).expanduser())
    return EsclScanner(read_address(uri), Trust(fingerprint), limits)

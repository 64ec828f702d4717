"""Scanned pages as one file, TIFF or PDF: each keeps its own size, and the file appears whole or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from distwire.fence import start_child
from distwire.scan.binding import WRITERS, BoundPage
from distwire.scan.faults import BrokenAnswer, NoRoom, SettingRefused
from distwire.scan.session import ScannedPage

_MODULE = "distwire.scan.binding"
_WRITE_SECONDS = 3600.0


def write_pages(pages: Sequence[ScannedPage], target: Path) -> None:
    """Write `target` (`.tif`, `.tiff` or `.pdf`) whole, or leave what was there. Raises `ScanError`.

    A child does it: pages are decoded again for that, and memory here stays small.
    """
    check_target(target)
    made = target.with_name(f".{target.stem[:80]}.{uuid.uuid4().hex}")
    try:
        made.open("xb").close()
        _bind(pages, made, target)
        made.replace(target)
    except OSError as error:
        raise NoRoom(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Raises `SettingRefused` for a kind of file that is not written."""
    if target.suffix.lower() not in WRITERS:
        raise SettingRefused(f"{target.name} should end in .tif or .pdf")


def _bind(pages: Sequence[ScannedPage], made: Path, target: Path) -> None:
    bound = [dataclasses.asdict(_make_bound(page)) for page in pages]
    order = {"target": str(made), "suffix": target.suffix.lower(), "pages": bound}
    child = start_child(_MODULE)
    try:
        said, _ = child.communicate(json.dumps(order).encode(), _WRITE_SECONDS)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        child.kill()
        child.communicate()
    try:
        words = json.loads(said)["failed"]
    except (ValueError, TypeError, LookupError) as error:
        raise BrokenAnswer("the pages cannot be written: one of them takes too much memory or time") from error
    if words is not None:
        raise NoRoom(f"{target} cannot be written: {words}")


def _make_bound(page: ScannedPage) -> BoundPage:
    look = page.look
    size = look.width, look.height
    return BoundPage(str(page.raw.path), page.raw.frame, str(page.color), look.mode, look.format, size, look.resolution)

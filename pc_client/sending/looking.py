"""What a document is, how many pages it has, and what page 1 looks like; and the same as bitmap pages."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from distwire.fence import make_command, make_environment

PDF = "application/pdf"
BITMAPS = ("black", "grey")
_WIDTH = 700
_LOOK_SECONDS, _DRAW_SECONDS = 90.0, 3600.0


class NoBitmap(Exception):
    """The document cannot be made into bitmap pages; the words say why."""


@dataclass(frozen=True, slots=True)
class Look:
    """`pages` is 0 when nobody can say; `picture` is a PNG of page 1, if there is one."""

    format: str
    pages: int
    picture: Path | None


def look_at(document: Path, picture: Path) -> Look:
    """Look at a document; its page 1 is written to `picture`."""
    command = make_command("pc_client.sending.look_child", str(document), str(picture), str(_WIDTH))
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_LOOK_SECONDS, env=make_environment(), check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return Look("application/octet-stream", 0, None)
    kind, _, pages = done.stdout.strip().partition(" ")
    if done.returncode or not pages.isdecimal():
        return Look("application/octet-stream", 0, None)
    return Look(kind, int(pages), picture if picture.exists() else None)


def make_bitmap(document: Path, target: Path, kind: str) -> None:
    """Write the pages of a PDF as pictures of one TIFF: `black` or `grey`. Raises `NoBitmap`."""
    command = make_command("pc_client.sending.bitmap_child", str(document), str(target), kind)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_DRAW_SECONDS, env=make_environment(), check=False)
    except subprocess.TimeoutExpired as error:
        raise NoBitmap("its pages take too long to draw: send it as it is") from error
    if done.returncode or not target.exists():
        target.unlink(missing_ok=True)
        raise NoBitmap("its pages cannot be drawn: send it as it is")

"""Whether a file that somebody lays into a folder is there to its end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

ITSELF = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags of open(2) with which no link is followed and no pipe is waited for; Windows has neither."""
_TAIL = 1024


def is_whole(path: Path, opener: Callable[[str, int], int] | None = None) -> bool:
    """Whether a file ends as its kind does; for TIFF, whether its first directory is within it. It is opened by
    `opener` (see `open`)."""
    try:
        with open(path, "rb", opener=opener) as file:
            head = file.read(8)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read(_TAIL)
    except OSError:
        return False
    if head[:2] == b"\xff\xd8":
        return b"\xff\xd9" in tail
    if head[:5] == b"%PDF-":
        return b"%%EOF" in tail
    if head[:4] == b"\x89PNG":
        return b"IEND" in tail
    if head[:4] in (b"II*\0", b"MM\0*"):
        first = int.from_bytes(head[4:8], "little" if head[:2] == b"II" else "big")
        return 8 <= first < size
    return size > 0 and head.strip(b"\0") != b""

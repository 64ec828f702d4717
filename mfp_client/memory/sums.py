"""The sum by which a document is known again."""

from __future__ import annotations

import hashlib
import os

_PIECE = 1 << 20


def digest_of(file: int) -> str:
    """SHA-256 (hex) of an open file, from its beginning. Raises OSError."""
    found, offset = hashlib.sha256(), 0
    while piece := os.pread(file, _PIECE, offset):
        found.update(piece)
        offset += len(piece)
    return found.hexdigest()

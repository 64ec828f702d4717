"""How full the spool and its disk are."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from distserver.store.spool import Spool


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes: of documents and of renditions in the spool of this machine, and free on its disk."""

    documents: int
    renditions: int
    free: int


def measure(spool: Spool) -> Usage:
    """Add up what lies there now; what is erased meanwhile does not count."""
    return Usage(_add_up(spool.documents), _add_up(spool.rendition_dir), shutil.disk_usage(spool.root).free)


def _add_up(folder: Path) -> int:
    octets = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                octets += (Path(where) / name).stat().st_size
            except FileNotFoundError:
                continue
    return octets

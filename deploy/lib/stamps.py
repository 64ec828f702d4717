"""Stamps in .venv: which parts are ready, for which lists and interpreter. `environment.sh` compares the same text."""

from __future__ import annotations

import hashlib
from pathlib import Path

from deploy.lib.mends import ROOT, VENV

CUPS_HEADER = Path("/usr/include/cups/cups.h")


def compute_stamp(part: str) -> str:
    """Digest of all lists, the interpreter, and for pycups whether the headers are there: a change of any counts."""
    digest = hashlib.sha256()
    for pattern in ("constraints.txt", "debian-*.txt", "requirements*.txt"):
        for path in sorted((ROOT / "deploy").glob(pattern)):
            digest.update(path.read_bytes())
    headers = " headers" if part == "cups" and CUPS_HEADER.exists() else ""
    return f"{digest.hexdigest()} {(VENV / 'bin/python').resolve()}{headers}"


def is_ready(part: str) -> bool:
    """Whether `part` was made ready for just this state."""
    try:
        return _path(part).read_text() == compute_stamp(part)
    except OSError:
        return False


def mark_ready(part: str) -> None:
    """Remember that `part` has been seen to, so that the next start does not look again."""
    _path(part).write_text(compute_stamp(part))


def _path(part: str) -> Path:
    return VENV / f".ready-{part}"

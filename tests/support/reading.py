"""How well a machine reads what came out: tesseract's letters against those that were written."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image


def read_letters(page: Image.Image, dpi: int = 204) -> str:
    """What tesseract reads on a page of square dots."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        page.save(path, dpi=(dpi, dpi))
        command = ["tesseract", str(path), "-", "--dpi", str(dpi)]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=environment)
    return done.stdout


def accuracy(read: str, written: str) -> float:
    """The share of the written letters that were read: 1 less the edits it takes (Levenshtein), spaces made even."""
    one, other = (" ".join(text.split()) for text in (read, written))
    return max(0.0, 1 - count_edits(one, other) / max(1, len(other)))


def count_edits(one: str, other: str) -> int:
    """Levenshtein's distance, a row at a time."""
    letters = np.array([ord(letter) for letter in other], np.int64)
    places = np.arange(len(other) + 1)
    row = places.copy()
    for number, letter in enumerate(one, 1):
        changed = np.minimum(row[:-1] + (letters != ord(letter)), row[1:] + 1)
        row = np.minimum.accumulate(np.concatenate([[number], changed]) - places) + places
    return int(row[-1])

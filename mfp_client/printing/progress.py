"""How far a job has come on paper: a line for each printed side, kept through a power cut.

A printer that is switched on again goes on where its paper ends. The line is on the disk before the side is out;
whether it came out after that, the output knows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby, takewhile
from pathlib import Path

from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.rasterizer import PrintedPage

BACK = "back"


@dataclass(frozen=True, slots=True)
class Laid:
    """One printed side: what it shows, of which copy, on which sheet of it (both from 1), `front` or `back`."""

    copy: int
    page: PrintedPage
    sheet: int
    side: str

    @property
    def ends_sheet(self) -> bool:
        """True for a side after which its sheet leaves the mechanism."""
        return self.page.sides == ONE_SIDED or self.side == BACK


class Progress:
    """The lines in one file. `laid` are the sides that are out, in their order."""

    def __init__(self, path: Path, is_out: Callable[[Laid], bool] = lambda _: True) -> None:
        """Reads what a job has come to; sides from the first on that `is_out` denies are to be printed again."""
        self._path = path
        self.laid = list(takewhile(is_out, _read(path)))
        self._write(self.laid, "w")

    def note(self, laid: Laid) -> None:
        """A side is about to come out; that is on the disk when this returns. Raises OSError."""
        self._write([laid], "a")
        self.laid.append(laid)

    def _write(self, sides: Iterable[Laid], mode: str) -> None:
        with self._path.open(mode, encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(one)) + "\n" for one in sides)
            file.flush()
            os.fsync(file.fileno())


def count_sheets(laid: Iterable[Laid]) -> int:
    """Sheets that have left the mechanism; the last side of a copy that another follows ends its sheet."""
    count = 0
    open_sheet = False
    for _copy, sides in groupby(laid, key=lambda one: one.copy):
        count += open_sheet
        for one in sides:
            count += one.ends_sheet
            open_sheet = not one.ends_sheet
    return count


def _read(path: Path) -> Iterator[Laid]:
    """All whole lines; the half one of a power cut is left out, and what follows it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines(keepends=True):
        try:
            record = json.loads(line) if line.endswith("\n") else {}
            yield Laid(record["copy"], PrintedPage(**record["page"]), record["sheet"], record["side"])
        except (ValueError, TypeError, KeyError):
            return

"""One contract for scanners: what they can, what is asked of them, and pages that come one after the other.

Words are those of PWG 5100.17 (IPP Scan): `input-source`, `input-color-mode`; sizes are hundredths of a millimetre.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from distwire.scan.faults import ScanCanceled


class Source(StrEnum):
    """Where paper lies (PWG 5100.17, `input-source`)."""

    PLATEN = "platen"
    ADF = "adf"


class Color(StrEnum):
    """How pages are read (PWG 5100.17, `input-color-mode`)."""

    BI_LEVEL = "bi-level"
    MONOCHROME = "monochrome"
    COLOR = "color"


@dataclass(frozen=True, slots=True)
class Resolutions:
    """Dots per inch: these `values`, or anything from `low` to `high` (both 0: no range)."""

    values: tuple[int, ...] = ()
    low: int = 0
    high: int = 0

    def allows(self, dpi: int) -> bool:
        """Whether `dpi` can be asked for; of a scanner that names none, anything."""
        if not self.values and not self.high:
            return dpi > 0
        return dpi > 0 and (dpi in self.values or self.low <= dpi <= self.high)

    def describe(self) -> str:
        """For people: `100, 200, 300`, or `50 to 1200`."""
        parts = [", ".join(str(value) for value in self.values)] if self.values else []
        return " or ".join([*parts, f"{self.low} to {self.high}"] if self.high else parts)


@dataclass(frozen=True, slots=True)
class SourceAbility:
    """What one source can. `size` is the largest page, (width, height)."""

    source: Source
    colors: tuple[Color, ...]
    resolutions: Resolutions
    size: tuple[int, int]
    duplex: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A scanner as it describes itself. `uri` opens it again."""

    uri: str
    name: str
    sources: tuple[SourceAbility, ...]

    def find_source(self, source: Source) -> SourceAbility | None:
        """What that source can; None when there is none."""
        return next((one for one in self.sources if one.source is source), None)


@dataclass(frozen=True, slots=True)
class ScanJob:
    """What is asked for. `source` None: the feeder when paper lies in it, else the platen. `size` None: the largest."""

    source: Source | None = None
    duplex: bool = False
    resolution: int = 300
    color: Color = Color.MONOCHROME
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What no honest scanner comes near. Octets are those of the page as it is sent, pixels of what it opens to."""

    pages: int = 2000
    page_octets: int = 256 << 20
    total_octets: int = 8 << 30
    pixels: int = 80_000_000
    page_seconds: float = 300.0
    answer_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page file as the scanner made it. `resolution` is what was asked for; None: as the file says itself.

    `frame` counts the pages of a file that has several, from 0.
    """

    path: Path
    resolution: int | None
    frame: int = 0


@dataclass(frozen=True, slots=True)
class ScanOrder:
    """A job with where its pages go, how far anything may go, and an event that ends it early."""

    job: ScanJob
    folder: Path
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises `ScanCanceled` as soon as `stop` is set."""
        if self.stop.wait(seconds):
            raise ScanCanceled


class Scanner(Protocol):
    """A device, or a folder that stands for one."""

    @property
    def uri(self) -> str:
        """What opens it again."""

    def describe(self) -> Capabilities:
        """Ask it what it can. Raises `ScanError`."""

    def sense_source(self, capabilities: Capabilities) -> Source:
        """Where paper lies, as far as it can tell. Raises `ScanError`."""

    def scan(self, order: ScanOrder) -> Generator[RawPage, None, None]:
        """Pages as they are read, into the order's folder under names of the scanner's own, until none is left.

        What keeps it from going on is raised after the last whole page (`ScanError`); calling again goes on with
        what still lies in the feeder. Closing the iterator ends the scan at the device.
        """

"""Scans for tests: small pages, short patience, answers given beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from distwire.scan.contract import Limits, ScanJob, Scanner, Source
from distwire.scan.session import Answer, Ask, Interruption, ScannedPage, ScanOptions, ScanSession

LIMITS = Limits(pages=60, page_octets=4 << 20, pixels=4_000_000, page_seconds=20.0, answer_seconds=10.0)
FEEDER = ScanJob(Source.ADF, resolution=75)


@dataclass
class Person:
    """Stands at the device: does something about each interruption, then answers. What was asked is kept."""

    answers: list[Answer]
    act: Callable[[], None] = lambda: None
    asked: list[Interruption] = field(default_factory=list)

    def __call__(self, interruption: Interruption) -> Answer:
        self.asked.append(interruption)
        self.act()
        return self.answers.pop(0)


def make_session(
    scanner: Scanner, folder: Path, job: ScanJob = FEEDER, person: Ask | None = None, *, remove_blank: bool = False
) -> ScanSession:
    """A scan into a folder that is made for it."""
    folder.mkdir(exist_ok=True)
    options = ScanOptions(folder, remove_blank=remove_blank, limits=LIMITS)
    if person is not None:
        options = ScanOptions(folder, person, remove_blank, LIMITS)
    return ScanSession(scanner, job, options)


def millimetres(pages: list[ScannedPage]) -> list[tuple[int, int]]:
    """How large the pages are, rounded to full centimetres, in millimetres."""
    return [(round(page.look.size[0], -3) // 100, round(page.look.size[1], -3) // 100) for page in pages]

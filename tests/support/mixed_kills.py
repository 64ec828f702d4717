"""Broadcasts to every kind of destination while processes of the server are killed, and what came out (N4)."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.support.all_kinds import NAMES, AllKinds
from tests.support.numbered_faxes import read_pages
from tests.support.pressing import press
from tests.support.victims import keep_serving, kill_one

_JOBS = 6
"""Of one piece; a page tells by its blocks of which it is, for six there is room."""
_END_SECONDS = 400.0
_ENDED = ("completed", "aborted", "canceled")


@dataclass
class Findings:
    """`faults` are sentences; `again` counts mails that came a second time, under the name of the first."""

    kills: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    again: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.kills += other.kills
        self.jobs += other.jobs
        self.again += other.again
        self.faults += other.faults


class MixedCampaign:
    """The far sides stay; each piece has documents of its own."""

    def __init__(self, kinds: AllKinds, folder: Path, chance: random.Random) -> None:
        self._kinds = kinds
        self._folder = folder
        self._chance = chance
        self._pieces = 0
        self._faxes = 0
        self._mails = 0

    def run_piece(self, kills: int) -> Findings:
        """Send six jobs to all kinds, killing so many processes meanwhile; wait for the end, and compare."""
        self._pieces += 1
        found = Findings(jobs=_JOBS)
        documents, jobs = [], []
        for number in range(1, _JOBS + 1):
            title = f"Notice {self._pieces}.{number}"
            path = self._folder / f"{self._pieces}-{number}.pdf"
            _draw_blocks(number).save(path, resolution=100, title=title)
            documents.append(path.read_bytes())
            fields = {"group": "Osaka", "title": title}
            jobs.append(press(self._kinds.server, path, path.stem, fields, meanwhile=self._keep_serving))
            self._kill(found, len(jobs) * kills // _JOBS)
        for job in jobs:
            self._wait_for_end(job)
            for name, one in self._kinds.read_receipts(job).items():
                if one["state"] != "completed":
                    found.faults.append(f"{job}, {name}: {one['state']}, {one['message']}")
        self._compare(found, documents)
        return found

    def _kill(self, found: Findings, until: int) -> None:
        """Until so many have been killed in this piece."""
        while found.kills.total() < until:
            time.sleep(self._chance.uniform(0.1, 0.9))
            victim = kill_one(self._kinds.server, self._chance)
            if victim is not None:
                found.kills[victim] += 1
            self._keep_serving()

    def _keep_serving(self) -> None:
        """One that came back after a kill may have met what was dying yet, and have ended."""
        keep_serving(self._kinds.server)

    def _wait_for_end(self, job: str) -> None:
        until = time.monotonic() + _END_SECONDS
        while self._kinds.server.job(job)["state"] not in _ENDED and time.monotonic() < until:
            self._keep_serving()
            time.sleep(0.5)

    def _compare(self, found: Findings, documents: list[bytes]) -> None:
        """A second time only where the far side cannot be asked, and then under the name of the first."""
        kinds = self._kinds
        printed = [printer.read_documents() for printer in kinds.printers]
        stored = kinds.read_stored(len(documents))
        there = [*printed, kinds.queue.read_documents(), stored, list(kinds.archive.taken.values())]
        names = (*NAMES[:3], "PC", "Archive")
        for name, got in zip(names, there, strict=True):
            found.faults += _find_faults(name, Counter(got), documents)
        mails = kinds.mail.read_box("osaka")[self._mails :]
        self._mails += len(mails)
        attached = {str(mail["Message-ID"]): part.get_content() for mail in mails for part in mail.iter_attachments()}
        found.again += len(mails) - len(attached)
        found.faults += _find_faults("Mailbox", Counter(attached.values()), documents)
        faxes = kinds.list_faxes()[self._faxes :]
        self._faxes += len(faxes)
        faxed = Counter(_count_blocks(page) for fax in faxes for page in read_pages(fax))
        found.faults += _find_faults("Fax", faxed, range(1, _JOBS + 1))


def _find_faults(name: str, got: Counter[Any], wanted: Iterable[Any]) -> list[str]:
    times = {number: got[one] for number, one in enumerate(wanted, start=1)}
    return [f"{name} has document {number} {count} times" for number, count in times.items() if count != 1]


def _draw_blocks(number: int) -> Image.Image:
    """A page of A4 at 100 dots per inch with so many black blocks in a row."""
    page = Image.new("L", (827, 1169), 255)
    for left in range(100, 100 + 90 * number, 90):
        ImageDraw.Draw(page).rectangle((left, 500, left + 45, 600), fill=0)
    return page


def _count_blocks(page: Image.Image) -> int:
    """How many there are on a page as it was faxed."""
    row = page.convert("L").resize((827, 1169)).crop((0, 550, 827, 551)).tobytes()
    return sum(before > 127 >= after for before, after in itertools.pairwise(row))

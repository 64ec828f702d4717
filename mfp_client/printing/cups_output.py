"""Pages to paper through a local CUPS queue, by pycups; the pages of a job go there as one document."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from mfp_client.printing.job import Job
from mfp_client.printing.output import OutputFailed
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.rasterizer import PrintedPage

_LACKING = "printing on a CUPS queue needs pycups: install libcups2-dev, then pycups into the environment of mfp-client"


@dataclass(slots=True)
class CupsBin:
    """Pages of one job, collected until the job has ended; what CUPS does with them it does not tell us."""

    folder: Path
    queue: str
    connection: Any
    done: str = "queued-in-device"
    pages: list[PrintedPage] = field(default_factory=list)

    def put_page(self, page: PrintedPage, sheet: int, side: str) -> None:
        """Keep the page for the document."""
        del sheet, side
        self.pages.append(page)

    def finish(self, job: Job) -> None:
        """Give the pages that are out to the queue."""
        import cups

        document = self.folder / "job.pdf"
        options = {
            "copies": str(job.ticket.copies),
            "sides": self.pages[0].sides if self.pages else ONE_SIDED,
            "media": self.pages[0].media if self.pages else "iso_a4_210x297mm",
            "print-scaling": "none",
        }
        try:
            self._bind(document)
            self.connection.printFile(self.queue, str(document), job.name, options)
        except (cups.IPPError, RuntimeError, OSError) as error:
            raise OutputFailed(f"the queue {self.queue} does not take the job: {error}") from error
        self.discard()

    def discard(self) -> None:
        """Drop the pages."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _bind(self, document: Path) -> None:
        """One PDF with a page for each image, in its true size; one image in memory at a time."""
        for page in self.pages:
            with Image.open(self.folder / page.file) as image:
                dpi = image.info.get("dpi", (300, 300))[0]
                image.save(document, "PDF", resolution=dpi, append=document.exists())


class CupsOutput:
    """A queue of the CUPS server of this machine. Raises `OutputFailed` where it cannot be used."""

    def __init__(self, queue: str, work: Path) -> None:
        try:
            import cups
        except ImportError as error:
            raise OutputFailed(_LACKING) from error
        self._queue = queue
        self._work = work / "cups"
        self._work.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = cups.Connection()
            known = queue in self._connection.getPrinters()
        except (cups.IPPError, RuntimeError) as error:
            raise OutputFailed(f"the CUPS server does not answer: {error}") from error
        if not known:
            raise OutputFailed(f"CUPS has no queue '{queue}': lpstat -e lists them")

    def open_bin(self, job: Job) -> CupsBin:
        """Begin a job."""
        folder = self._work / f"{job.id:04d}-{job.uuid}"
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        except OSError as error:
            raise OutputFailed(f"the pages cannot be kept: {error}") from error
        return CupsBin(folder, self._queue, self._connection)

    def has(self, job: Job) -> bool:
        """Never: a title is no proof, so a job that a crash cut off is printed again."""
        del job
        return False
